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
import type { Pace, Share } from "./share.ts";

export class Line {
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
