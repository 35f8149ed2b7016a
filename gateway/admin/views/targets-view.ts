/** Where requests can go, and whether it is well. */
import type { Sources } from "../sources.ts";
import type { TargetView } from "./shapes.ts";

export function targetsView({ gateway }: Sources): TargetView[] {
  return [...gateway.generation.upstreams.values()].flatMap((upstream) =>
    upstream.stats().map(({ target, state, running, waiting, connections, requests, failures }) => ({
      upstream: upstream.name,
      target,
      state,
      running,
      waiting,
      connections,
      requests,
      failures,
    })),
  );
}
