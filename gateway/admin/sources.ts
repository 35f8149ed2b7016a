/** Where the admin side gets its figures from. It reads; nothing of the gateway waits for it. */
import type { Gate } from "../admit/gate.ts";
import type { Arenas } from "../arena/arenas.ts";
import type { Gateway } from "../gateway.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { PROXY_GATE } from "../observer.ts";
import type { Plan } from "../plan.ts";
import type { Log } from "../shared/log.ts";
import type { MemoryLimit } from "../shared/memory-limit.ts";
import type { Figures } from "./figures.ts";
import type { ProcessMemory } from "./process-memory.ts";
import type { Pulse } from "./pulse.ts";
import type { Reloads } from "./reloads.ts";

export interface Sources {
  readonly gateway: Gateway;
  readonly arenas: Arenas;
  readonly figures: Figures;
  readonly pulse: Pulse;
  readonly memory: ProcessMemory;
  readonly reloads: Reloads;
  readonly log: Log;
  readonly plan: Plan;
  /** Undefined: nothing limits the process. */
  readonly limit: MemoryLimit | undefined;
  /** Null: the configuration names no fleet. */
  readonly fleet: Fleet | null;
  readonly ready: () => boolean;
}

/** Every gate by the name that metrics and the page give it. */
export function gatesOf({ gates, proxyGate }: Gateway): [name: string, gate: Gate][] {
  return [...gates, [PROXY_GATE, proxyGate]];
}
