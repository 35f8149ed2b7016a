/** Why a handler was stopped, in words that name the setting that stopped it. For the log, never for a client. */
import { MAX_EFFECTS } from "../arena/control.ts";
import type { RouteLimits } from "../config/types.ts";
import { formatDurationMs, formatSizeBytes } from "../shared/units.ts";
import type { AbortCause } from "./run.ts";

export interface AbortFigures {
  limits: RouteLimits;
  pool: string;
  arenaBytes: number;
  askedBytes: number;
}

export function abortWords(cause: AbortCause, figures: AbortFigures): string {
  const { limits, pool, arenaBytes, askedBytes } = figures;
  switch (cause) {
    case "memory":
      return `it asked for ${askedBytes} bytes more than fit into an arena of pool ${pool} (${formatSizeBytes(arenaBytes)})`;
    case "cpu":
      return `it used up its CPU time (limits.cpu: ${formatDurationMs(limits.cpuMs)})`;
    case "wall":
      return `it was not done in time (limits.wall: ${formatDurationMs(limits.wallMs)})`;
    case "stuck":
      return "it waits for something that never comes: no timer, subrequest or body is under way";
    case "effects":
      return `it asked the gateway for more than ${MAX_EFFECTS} things at once`;
    case "trapped":
      return "the engine trapped: native code ran out of stack, or has a fault";
  }
}
