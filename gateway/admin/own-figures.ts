/** What this gateway tells the fleet about itself. */
import type { OwnFigures } from "../fleet/replica.ts";
import type { Sources } from "./sources.ts";
import { gateView } from "./views/slots-view.ts";

export function ownFigures(sources: Sources): OwnFigures {
  const { gateway, figures, identity, limit, memory, plan, pulse, ready, reloader } = sources;
  const { requestsPerSecond, refusedPerSecond, p50Ms, p99Ms } = pulse.rates;
  return {
    version: identity.version,
    startedAt: identity.startedAt,
    ready: ready(),
    generation: reloader.generation,
    reloadFailed: reloader.last?.ok === false,
    planBytes: plan.totalBytes,
    limitBytes: limit?.bytes ?? null,
    rssBytes: memory.read().rssBytes,
    pools: [...gateway.gates].map(([name, gate]) => {
      const { slots, inUse, waiting, queueLength } = gateView(name, gate);
      return { name, slots, inUse, waiting, queueLength };
    }),
    requestsPerSecond,
    refusedPerSecond,
    failures: figures.failures.count,
    p50Ms,
    p99Ms,
  };
}
