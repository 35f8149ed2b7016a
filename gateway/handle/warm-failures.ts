/**
 * Warm requests that came to nothing. The image is good without them, so they are no fault; but what they were to build
 * is built again by every request. `nea check` tells of them, and `nea serve` in its log, at the start and at reloads.
 */
import type { RouteConfig } from "../config/types.ts";
import type { LoadedHandlers } from "./handler-set.ts";
import { explainMissing } from "./missing-globals.ts";

export interface WarmFailure {
  readonly route: string;
  readonly handler: string;
  /** As the configuration has it: "GET /hello". */
  readonly request: string;
  readonly outcome: string;
}

export function warmFailures(routes: readonly RouteConfig[], loaded: LoadedHandlers): WarmFailure[] {
  return routes.flatMap(({ name: route, handler }) => {
    if (handler === null) return [];
    const { name, warmed } = loaded.get(route)!;
    return handler.warm.flatMap(({ method, target }, i) => {
      const outcome = warmed[i] ?? "no answer";
      if (/^[1-4]\d\d\b/.test(outcome)) return [];
      return [{ route, handler: name, request: `${method} ${target}`, outcome: explained(outcome) }];
    });
  });
}

function explained(outcome: string): string {
  const threw = "threw ";
  return outcome.startsWith(threw) ? threw + explainMissing(outcome.slice(threw.length)) : outcome;
}
