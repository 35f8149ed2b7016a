/**
 * What a handler has had of the threads' time, what is expected of its next turn, and its jobs that wait for one.
 *
 * Owner: its image (arenas.ts); a later image of the same handler takes it over.
 */
import type { Job } from "./arenas.ts";

/** How much of a turn goes into what is expected of the next one. */
const LEARNING = 0.25;

/** A turn that takes longer is long, and so are several that wait for one thread together. */
export const LONG_US = 5000;

/**
 * A handler's turns are short unless long ones take so much of a turn's time in the mean, over some LONG_MEMORY turns.
 * That is one turn of 16 ms, or three of 6 ms in a row; and then 60 short ones until they count as short again: who mixes
 * long turns with short ones holds up a quick thread seldom. One turn of 6 ms in a hundred (garbage was collected) is well
 * below it.
 */
const MOST_LONG_US = 250;
const LONG_MEMORY = 64;

/**
 * What is expected of a handler's next turn. Doubtful: there have been long ones, but the last few (by LEARNING) took less than
 * this in the mean, or nothing is known.
 */
export type Pace = "short" | "doubtful" | "long";
const DOUBTFUL_US = 1000;

export class Share {
  virtualUs = 0;
  /** What a turn has taken lately; 0 before the first. */
  expectedUs = 0;
  /** How many of its requests were over with their first turn, lately. */
  #atOnce = 0;
  /** What its long turns take of a turn in the mean. Nothing is known of the first one. */
  #longUs = MOST_LONG_US + 1;
  /** First turns, which have no slot yet. */
  readonly entering: Job[] = [];
  /** Jobs of those who have a slot already. */
  readonly turns: Job[] = [];

  get pace(): Pace {
    if (this.#longUs <= MOST_LONG_US) return "short";
    return this.expectedUs > DOUBTFUL_US ? "long" : "doubtful";
  }

  get isEmpty(): boolean {
    return this.entering.length === 0 && this.turns.length === 0;
  }

  /** Whether most requests are over with their first turn, and leave a clean arena. */
  get endsAtOnce(): boolean {
    return this.#atOnce > 0.5;
  }

  /** A first turn is over, and its request with it or not. */
  began(atOnce: boolean): void {
    this.#atOnce += (Number(atOnce) - this.#atOnce) * LEARNING;
  }

  /** A turn is over. */
  charge(cpuUs: number): void {
    this.virtualUs += cpuUs;
    this.expectedUs += (cpuUs - this.expectedUs) * LEARNING;
    this.#longUs += ((cpuUs > LONG_US ? cpuUs : 0) - this.#longUs) / LONG_MEMORY;
  }

  /** Of housekeeping, which nobody is charged for. */
  static ofCleaning(pace: "short" | "long"): Share {
    const share = new Share();
    share.#longUs = share.expectedUs = pace === "long" ? LONG_US : 0;
    return share;
  }
}
