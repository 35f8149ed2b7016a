/**
 * Which jobs wait for a thread, and which is next: of all handlers that somebody waits for, the one that has used the least
 * computing time; its requests in order of arrival. A handler that keeps the threads busy waits for itself, and the others'
 * short turns go in between.
 *
 * Every handler has a virtual time, which is the CPU time that its turns have taken. One that comes back after a pause
 * starts at the time of whoever was let in last: what it did not use is not saved up. Source: P. Goyal, H. Vin, H. Cheng,
 * "Start-time Fair Queueing" (SIGCOMM 1996), with equal weights.
 *
 * Turns that are expected to be long have threads of their own (arena-threads.ts), so who is next is asked for each pace.
 *
 * Bound: who waits here holds a permit of its pool (admit/gate.ts).
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

/** What a handler has had so far, and who waits for it. */
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

export class Entrances {
  /** Shares that somebody waits for. */
  readonly #shares: Share[] = [];
  #clockUs = 0;

  get isEmpty(): boolean {
    return this.#shares.length === 0;
  }

  add(job: Job): void {
    this.#wait(job.share);
    lineOf(job).push(job);
  }

  /** One that had been let go before those who wait now. */
  putBack(job: Job): void {
    this.#wait(job.share);
    lineOf(job).unshift(job);
  }

  /**
   * The share that is next, of those for whose pace a thread `hasTime`; what it is let in for is to be taken off it by
   * `take`. Undefined: nobody of such a pace waits.
   */
  next(hasTime: (pace: Pace) => boolean): Share | undefined {
    let least: Share | undefined;
    for (const share of this.#shares) {
      if (share.virtualUs >= (least?.virtualUs ?? Infinity)) continue;
      if (hasTime(share.pace)) least = share;
    }
    if (least) this.#clockUs = Math.max(this.#clockUs, least.virtualUs);
    return least;
  }

  /** Whoever is first in line for this share; those who have a slot go before those who have none. */
  take(share: Share): Job {
    const first = share.turns.shift() ?? share.entering.shift();
    this.#forgetIfEmpty(share);
    return first!;
  }

  /** Takes one out of the line that no longer wants to; false: it is not here. */
  remove(job: Job): boolean {
    const line = lineOf(job);
    const place = line.indexOf(job);
    if (place === -1) return false;
    line.splice(place, 1);
    this.#forgetIfEmpty(job.share);
    return true;
  }

  #wait(share: Share): void {
    if (!share.isEmpty) return;
    share.virtualUs = Math.max(share.virtualUs, this.#clockUs);
    this.#shares.push(share);
  }

  #forgetIfEmpty(share: Share): void {
    if (share.isEmpty) this.#shares.splice(this.#shares.indexOf(share), 1);
  }
}

function lineOf({ share, slot }: Job): Job[] {
  return slot ? share.turns : share.entering;
}
