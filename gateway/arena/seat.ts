/**
 * A place for an arena thread and what it has to do: the jobs that were submitted to it, how long they are expected to take,
 * and since when the turn runs that it is in. The thread in it is replaced when it has to be killed.
 */
import type { ArenaThread } from "./arena-thread.ts";
import { LONG_US } from "./entrances.ts";

/**
 * So many turns may wait for a thread inside of arenas, as long as they are short (LONG_US); who comes then gets its arena when it
 * is its turn. Two reasons: an arena that is used again at once is still in the processor's caches (with 32 requests under
 * way, a turn in one of 64 arenas took half as long again as in one of four, `npm run bench`), and what has been submitted
 * can be overtaken neither by a shorter turn nor by a fairer one.
 */
export const TURNS_AHEAD = 4;

/** The turn that a thread is in. */
export interface Running {
  readonly mark: number;
  readonly sinceMs: number;
  /** The thread's CPU time when it was first looked at. */
  cpuNs: number | undefined;
}

export class Seat {
  /** Another one after a kill. */
  thread: ArenaThread;
  /** The turn that was running at the watchdog's last look. */
  running: Running | undefined;
  /** It has been in one turn for longer than a short one takes: nothing is submitted to it until that ends. */
  isHeldUp = false;
  /** By slot submitted and not yet done, in order: what it is expected to take, microseconds. */
  readonly #pending = new Map<number, number>();
  #backlogUs = 0;
  /** The one that is expected to be long. */
  #longSlot: number | undefined;

  readonly #start: (after?: Promise<void>) => ArenaThread;

  /** `start` makes a thread that starts when `after` is over. */
  constructor(start: (after?: Promise<void>) => ArenaThread) {
    this.#start = start;
    this.thread = start();
  }

  has(slot: number): boolean {
    return this.#pending.has(slot);
  }

  get load(): number {
    return this.#pending.size;
  }

  /** What is submitted is expected to take so long; none less than a microsecond. */
  get backlogUs(): number {
    return this.#pending.size + this.#backlogUs;
  }

  get isIdle(): boolean {
    return this.thread.isReady && this.#pending.size === 0;
  }

  /** Whether it can take another turn. */
  get hasTime(): boolean {
    if (!this.thread.isReady || this.isHeldUp) return false;
    return this.#pending.size === 0 || (this.#pending.size < TURNS_AHEAD && this.#backlogUs < LONG_US);
  }

  /** Whether nobody knows when it will have time: it is starting, or in a long turn. */
  get isAway(): boolean {
    return !this.thread.isReady || this.isHeldUp || this.#longSlot !== undefined;
  }

  submit(slot: number, expectedUs: number): void {
    this.#pending.set(slot, expectedUs);
    this.#backlogUs += expectedUs;
    this.thread.submit(slot);
  }

  /** A job that is expected to be long; nothing is submitted behind it. */
  submitLong(slot: number): void {
    this.#longSlot = slot;
    this.submit(slot, LONG_US);
  }

  /** Hands every finished slot to `take`. */
  drain(take: (slot: number) => void): void {
    this.thread.drain((slot) => {
      this.#forget(slot);
      this.isHeldUp = false;
      take(slot);
    });
  }

  /** Takes back whatever its thread has not begun. */
  takeBack(): number[] {
    const waiting = [...this.#pending.keys()].filter((slot) => this.thread.takeBack(slot));
    for (const slot of waiting) this.#forget(slot);
    return waiting;
  }

  /** Starts another thread when this one is gone, which was terminated in a turn; returns what it had not begun. */
  vacate(slot: number, gone: Promise<void>): number[] {
    this.#pending.delete(slot);
    const waiting = [...this.#pending.keys()];
    this.#pending.clear();
    this.#backlogUs = 0;
    this.#longSlot = undefined;
    this.isHeldUp = false;
    this.running = undefined;
    this.thread = this.#start(gone);
    return waiting;
  }

  #forget(slot: number): void {
    this.#backlogUs -= this.#pending.get(slot) ?? 0;
    this.#pending.delete(slot);
    if (this.#longSlot === slot) this.#longSlot = undefined;
    // Sums of fractions do not come out even.
    if (this.#pending.size === 0) this.#backlogUs = 0;
  }
}
