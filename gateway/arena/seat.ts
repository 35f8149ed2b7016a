/**
 * A place for an arena thread and what it has to do: the jobs that were submitted to it, how long they are expected to take,
 * and since when the turn runs that it is in. The thread in it is replaced when it has to be killed.
 */
import type { ArenaThread } from "./arena-thread.ts";
import type { Pace } from "./share.ts";

/**
 * So many turns, and of so much time together, may wait for a thread; who comes then waits in the line. Many, because a change
 * from one thread to the other and back costs 12 us where they share a processor, and the caches; it comes once for all that stand in
 * a ring. And not for long, because what has been submitted can be overtaken neither by a shorter turn nor by a fairer one.
 *
 * A turn in an arena of its own counts double: a dozen arenas stay in the processor's caches until they are used again, two dozen
 * do not. (Hello requests that all have their own take 58 us of CPU time with 12 ahead, 73 with 16, 100 with 32; those that
 * share one, 50 with 24.)
 */
export const TURNS_AHEAD = 24;
const AHEAD_US = 2500;
const OWN_ARENA = 2;

/** Letters besides: the patient thread's one; the spare's and its that have been killed; the one being read; the one for images. */
export const MORE_LETTERS = 5;

/**
 * Most letters that are on their way with so many quick threads: those and the spare have TURNS_AHEAD each, and a killed thread
 * has the one that it was in until it is gone, while another one sits in its place.
 */
export function lettersOf(threads: number): number {
  return (threads + 1) * TURNS_AHEAD + threads + MORE_LETTERS;
}

/** What is known of a job before it is done. */
export interface Expectation {
  readonly expectedUs: number;
  readonly pace: Pace;
  /** It will probably leave its arena clean, to the next one. */
  readonly sharesArena: boolean;
}

interface Pending {
  readonly expectedUs: number;
  readonly places: number;
}

/** The turn that a thread is in. */
export interface Running {
  readonly mark: number;
  readonly sinceMs: number;
  /** The thread's CPU time when it was first looked at. */
  cpuNs?: number | undefined;
  /** When it was first rung for while past a limit, and the thread's CPU time then. */
  rung?: { readonly atMs: number; readonly cpuNs: number | undefined };
}

export class Seat {
  /** Another one after a kill. */
  thread: ArenaThread;
  /** The turn that was running at the watchdog's last look. */
  running: Running | undefined;
  /** It has been in one turn for longer than a short one takes: nothing is submitted to it until that ends. */
  isHeldUp = false;
  /** By letter submitted and not yet done, in order. */
  readonly #pending = new Map<number, Pending>();
  #backlogUs = 0;
  /** Of TURNS_AHEAD, and of AHEAD_US. */
  #places = 0;
  #placesUs = 0;
  /** The one that is expected to be long, and the one of which nobody knows. */
  #longOne: number | undefined;
  #doubtfulOne: number | undefined;

  readonly #start: (after?: Promise<void>) => ArenaThread;

  /** `start` makes a thread that starts when `after` is over. */
  constructor(start: (after?: Promise<void>) => ArenaThread) {
    this.#start = start;
    this.thread = start();
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
    return this.#pending.size === 0 || (this.#places < TURNS_AHEAD && this.#placesUs < AHEAD_US);
  }

  /** Whether nobody knows when it will have time: it is starting, or in a long turn. */
  get isAway(): boolean {
    return !this.thread.isReady || this.isHeldUp || this.#longOne !== undefined;
  }

  /** Whether it is away, or will be if a doubtful turn turns out to be long. */
  get isAtStake(): boolean {
    return this.isAway || this.#doubtfulOne !== undefined;
  }

  submit(letter: number, slot: number, { expectedUs, pace, sharesArena }: Expectation): void {
    if (pace === "long") this.#longOne = letter;
    if (pace === "doubtful") this.#doubtfulOne = letter;
    const pending = { expectedUs, places: sharesArena ? 1 : OWN_ARENA };
    this.#pending.set(letter, pending);
    this.#count(pending, 1);
    this.thread.submit(letter, slot);
  }

  /** Hands every letter that is done to `take`. */
  drain(take: (letter: number) => void): void {
    this.thread.drain((letter) => {
      this.#forget(letter);
      this.isHeldUp = false;
      take(letter);
    });
  }

  /** Takes back whatever its thread has not begun. */
  takeBack(): number[] {
    const waiting = [...this.#pending.keys()].filter((letter) => this.thread.takeBack(letter));
    for (const letter of waiting) this.#forget(letter);
    return waiting;
  }

  /** Starts another thread when this one is gone, which was terminated in a turn; returns what it had not begun. */
  vacate(letter: number, gone: Promise<void>): number[] {
    this.#pending.delete(letter);
    const waiting = [...this.#pending.keys()];
    this.#pending.clear();
    this.#backlogUs = this.#places = this.#placesUs = 0;
    this.#longOne = undefined;
    this.#doubtfulOne = undefined;
    this.isHeldUp = false;
    this.running = undefined;
    this.thread = this.#start(gone);
    return waiting;
  }

  #forget(letter: number): void {
    const pending = this.#pending.get(letter);
    if (pending) this.#count(pending, -1);
    this.#pending.delete(letter);
    if (this.#longOne === letter) this.#longOne = undefined;
    if (this.#doubtfulOne === letter) this.#doubtfulOne = undefined;
    // Sums of fractions do not come out even.
    if (this.#pending.size === 0) this.#backlogUs = this.#placesUs = 0;
  }

  #count({ expectedUs, places }: Pending, sign: 1 | -1): void {
    this.#backlogUs += sign * expectedUs;
    this.#places += sign * places;
    this.#placesUs += sign * places * expectedUs;
  }
}
