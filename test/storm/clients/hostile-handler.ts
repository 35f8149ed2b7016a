// Asks for hostile handlers, and stays to the end.
import { visit, type Client } from "./visit.ts";

const BODY = "x".repeat(300_000);

export const hostileHandler: Client = async (site, random) => {
  const path = random.pick(site.hostilePaths());
  if (path.includes("alloc-body")) await visit(site, path, { method: "POST", body: BODY });
  else await visit(site, path);
};
