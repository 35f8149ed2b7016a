/** Turns through an arena thread, as the gateway runs them: HandlerRun from its lease to the clean slot given back. */
import type { Image } from "../../../gateway/arena/images.ts";
import { HandlerRun, type RunEnd, type RunOwner } from "../../../gateway/handle/run.ts";
import { type CpuTime, cpuBetween, readCpu } from "../measure/cpu.ts";
import type { Lab } from "./lab.ts";
import { MEASURE_MS, type Times, WARM_UP_MS, timesOf } from "./timing.ts";

const US_PER_MS = 1000;
const LIMITS = { cpuMs: 1000, wallMs: 10_000 };

export interface TripTimes {
  /** From the lease to the clean slot, by the clock. */
  trip: Times;
  /** CPU time per trip, both threads. */
  cpu: CpuTime | null;
}

/** `depth` trips under way at a time. */
export async function timeTrips(lab: Lab, image: Image, head: string, depth: number): Promise<TripTimes> {
  await runTrips(lab, image, head, depth, WARM_UP_MS);
  const before = readCpu(process.pid);
  const us = await runTrips(lab, image, head, depth, MEASURE_MS);
  const cpu = cpuBetween(before, readCpu(process.pid));
  const count = us.length;
  const perTrip = cpu && { io: cpu.io / count, arena: cpu.arena / count, other: cpu.other / count };
  return { trip: timesOf(us), cpu: perTrip };
}

async function runTrips(lab: Lab, image: Image, head: string, depth: number, ms: number): Promise<number[]> {
  const us: number[] = [];
  const endMs = performance.now() + ms;
  const one = async (): Promise<void> => {
    for (let nowMs = 0; nowMs < endMs;) {
      const beganMs = performance.now();
      await new Promise<void>((resolve) => new Trip(lab, image, head, resolve));
      nowMs = performance.now();
      us.push((nowMs - beganMs) * US_PER_MS);
    }
  };
  await Promise.all(Array.from({ length: depth }, one));
  return us;
}

class Trip implements RunOwner {
  readonly awaited = false;
  readonly #run: HandlerRun;

  constructor({ arenas, pool, deadlines }: Lab, image: Image, head: string, onFree: () => void) {
    this.#run = new HandlerRun({ arenas, pool, image, deadlines }, LIMITS, this, onFree);
    this.#run.start(head, false);
  }

  effect(): void {}

  ended({ kind }: RunEnd): void {
    if (kind !== "complete") throw new Error(`the run was ${kind}`);
    this.#run.release();
  }
}
