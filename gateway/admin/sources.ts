/** Where the admin side gets its figures from. It reads; nothing of the gateway waits for it. */
import type { Arenas } from "../arena/arenas.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Gateway } from "../gateway.ts";
import type { Plan } from "../plan.ts";
import type { Reloader } from "../reload.ts";
import type { Log } from "../shared/log.ts";
import type { MemoryLimit } from "../shared/memory-limit.ts";
import type { MemoryPressure } from "../shared/memory-pressure.ts";
import type { Figures } from "./figures.ts";
import type { Identity } from "./identity.ts";
import type { ProcessMemory } from "./process-memory.ts";
import type { Pulse } from "./pulse.ts";

/** The gateway as the admin side sees it; all of it is there before the admin port says more than /livez. */
export interface Watched {
  readonly gateway: Gateway;
  readonly arenas: Arenas;
  readonly reloader: Reloader;
  readonly ready: () => boolean;
  readonly pressure: Pick<MemoryPressure, "note">;
}

export interface Sources extends Watched {
  readonly identity: Identity;
  readonly figures: Figures;
  readonly pulse: Pulse;
  readonly memory: ProcessMemory;
  readonly log: Log;
  readonly plan: Plan;
  /** Undefined: nothing limits the process. */
  readonly limit: MemoryLimit | undefined;
  /** Null: the configuration names no fleet. */
  readonly fleet: Fleet | null;
}
