// Asks for things that the upstream answers with a fault: through the proxy, and through a handler that passes on.
import { visit, type Client } from "./visit.ts";

export const upstreamFault: Client = async (site, random) => {
  const faults = [`reset/${random.below(20_100)}`, "reset/0", "hang", "slow", `garbage/${random.below(1e6)}`];
  const path = random.pick([...faults.map((fault) => `/fault/${fault}`), "/refuse"]);
  await visit(site, random.below(3) === 0 ? `/passed${path}` : path);
};
