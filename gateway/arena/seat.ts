/**
 * A place for an arena thread and what it has to do: the jobs that were submitted to it, how long they are expected to take,
 * and since when the turn runs that it is in. The thread in it is replaced when it has to be killed.
 */
import type { ArenaThread } from "./arena-thread.ts";
import type { Pace } from "./entrances.ts";

/**
 * So many turns, and of so much time together, may wait for a thread inside of arenas; who comes then gets its arena when it is its
 * turn. Many, because a change from one thread to the other and back costs 12 us where they share a processor, and comes once for
 * all that stand in a ring: with 4 a hello request takes 74 us of CPU time, with 12 it takes 58. No more than these, because each
 * has an arena, and an arena that is used again at once is still in the processor's caches: with 16 it takes 73 us again, with 32
 * 100. And not for long, because what has been submitted can be overtaken neither by a shorter turn nor by a fairer one.
 */
export const TURNS_AHEAD = 12;
const AHEAD_US = 1000;

/** The turn that a thread is in. */
export interface Running {
  readonly mark: number;
  readonly sinceMs: number;
  /** The thread's CPU time when it was first looked at. */
  cpuNs?: number | undefined;
  /** When it was first rung for because its wall time is over, and the thread's CPU time then. */
  rung?: { readonly atMs: number; readonly cpuNs: number | undefined };
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
  /** The one that is expected to be long, and the one of which nobody knows. */
  #longSlot: number | undefined;
  #doubtfulSlot: number | undefined;

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
    if (this.isAway) return false;
    return this.#pending.size === 0 || (this.#pending.size < TURNS_AHEAD && this.#backlogUs < AHEAD_US);
  }

  /** Whether nobody knows when it will have time: it is starting, or in a long turn. */
  get isAway(): boolean {
    return !this.thread.isReady || this.isHeldUp || this.#longSlot !== undefined;
  }

  /** Whether it is away, or will be if a doubtful turn turns out to be long. */
  get isAtStake(): boolean {
    return this.isAway || this.#doubtfulSlot !== undefined;
  }

  submit(slot: number, expectedUs: number, pace: Pace): void {
    if (pace === "long") this.#longSlot = slot;
    if (pace === "doubtful") this.#doubtfulSlot = slot;
    this.#pending.set(slot, expectedUs);
    this.#backlogUs += expectedUs;
    this.thread.submit(slot);
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
    this.#doubtfulSlot = undefined;
    this.isHeldUp = false;
    this.running = undefined;
    this.thread = this.#start(gone);
    return waiting;
  }

  #forget(slot: number): void {
    this.#backlogUs -= this.#pending.get(slot) ?? 0;
    this.#pending.delete(slot);
    if (this.#longSlot === slot) this.#longSlot = undefined;
    if (this.#doubtfulSlot === slot) this.#doubtfulSlot = undefined;
    // Sums of fractions do not come out even.
    if (this.#pending.size === 0) this.#backlogUs = 0;
  }
}
