/**
 * All arena threads: which thread runs which slot, and the watchdog that ends a turn the engine cannot end itself
 * (a native loop: sort, split, a regular expression).
 *
 * A killed thread takes down exactly the turn it was in. What waited in its ring goes to a spare thread that is kept
 * warm for this; handlers that were between turns live in their arenas and notice nothing.
 *
 * Owner of: `threads` + 1 workers. Watched by: kills, and the time the spare takes.
 */
import { threadHeapMib } from "../plan/runtime-figures.ts";
import { ArenaThread, type ArenaShared } from "./arena-thread.ts";
import { JOB, SLOT, SLOT_WORDS } from "./control.ts";
import { LONG_US } from "./entrances.ts";
import type { BuildResult, ImageRecipe } from "./image-builder.ts";

/**
 * So many turns may wait for a thread inside of arenas, as long as they are short (LONG_US); who comes then gets its arena when it
 * is its turn. Two reasons: an arena that is used again at once is still in the processor's caches (with 32 requests under
 * way, a turn in one of 64 arenas took half as long again as in one of four, `npm run bench`), and what has been submitted
 * cannot be overtaken any more, neither by a shorter turn nor by a fairer one.
 */
export const TURNS_AHEAD = 4;

/** What a thread that is only starting is behind: 60 ms with 14 slots of 4Mi, 160 to 200 ms with 64 (measured at rest). */
const START_US = 100_000;

/** The interrupt sees CPU time first; the watchdog acts when a turn is this much past its limit. */
const GRACE_MS = 10;
const TICK_MS = 5;

export type KillCause = "cpu" | "wall";

export interface ThreadEvents {
  /** A thread has started and can take turns. */
  ready(): void;
  /** A job came to its end; the slot's block says how. */
  done(slot: number): void;
  /** The turn that this slot was in was ended by terminating its thread, which is gone; the slot is condemned. */
  killed(slot: number, cause: KillCause): void;
  /** A thread ended for no reason of ours; the gateway cannot go on. */
  lost(error: Error | undefined): void;
}

interface Running {
  mark: number;
  sinceMs: number;
  cpuNs: number | undefined;
}

interface Seat {
  thread: ArenaThread;
  /** Slots submitted and not yet done, in order. */
  pending: Set<number>;
  /** What they are expected to take together. */
  backlogUs: number;
  running: Running | undefined;
}

export class ArenaThreads {
  readonly #shared: ArenaShared & { heapMib: number };
  readonly #events: ThreadEvents;
  readonly #seats: Seat[] = [];
  readonly #expired = new Set<number>();
  /** By slot: what its job is expected to take. */
  readonly #expectedUs: Float64Array;
  readonly #scratch: number;
  #spare: Seat;
  #timer: NodeJS.Timeout | undefined;
  #buildDone: ((killed: KillCause | undefined) => void) | undefined;
  #closing = false;
  kills = 0;
  /** Turns that waited for a thread that was killed, and ran on its heir. */
  requeued = 0;

  /** `shared.memories` ends with the scratch arena. */
  constructor(shared: ArenaShared, threads: number, events: ThreadEvents) {
    this.#shared = { ...shared, heapMib: threadHeapMib(shared.memories.length, threads) };
    this.#events = events;
    this.#scratch = shared.memories.length - 1;
    this.#expectedUs = new Float64Array(shared.memories.length);
    for (let i = 0; i < threads; i++) this.#seats.push(this.#newSeat());
    this.#spare = this.#newSeat();
  }

  async ready(): Promise<void> {
    await Promise.all([...this.#seats, this.#spare].map(({ thread }) => thread.ready));
  }

  get threads(): number {
    return this.#seats.length;
  }

  /** The thread that runs a slot's turns: fixed, so that its instance is made once. */
  seatOf(slot: number): number {
    return slot % this.#seats.length;
  }

  /** How many jobs wait for a thread or run on it. */
  load(seat: number): number {
    return this.#seats[seat]!.pending.size;
  }

  /** How long they are expected to take, for choosing among free slots: microseconds, none less than one. */
  backlogUs(seat: number): number {
    const { thread, pending, backlogUs } = this.#seats[seat]!;
    return (thread.isReady ? 0 : START_US) + pending.size + backlogUs;
  }

  get leastBacklogUs(): number {
    let least = Infinity;
    for (let seat = 0; seat < this.#seats.length; seat++) least = Math.min(least, this.backlogUs(seat));
    return least;
  }

  /** Whether a thread can take another turn. */
  get haveTime(): boolean {
    return this.#seats.some(
      ({ thread, pending, backlogUs }) =>
        thread.isReady && (pending.size === 0 || (pending.size < TURNS_AHEAD && backlogUs < LONG_US)),
    );
  }

  /** Threads that have long turns to do, or have not started yet. */
  get busyForLong(): number {
    return this.#seats.filter(({ thread, backlogUs }) => !thread.isReady || backlogUs >= LONG_US).length;
  }

  submit(slot: number, expectedUs: number): void {
    this.#expectedUs[slot] = expectedUs;
    this.#submit(this.#seats[this.seatOf(slot)]!, slot);
  }

  /** Ends the slot's turn if it is running (wall limit); one that only waits for its thread runs to its next check. */
  expire(slot: number): void {
    if (this.#seats[this.seatOf(slot)]!.pending.has(slot)) this.#expired.add(slot);
  }

  /** Makes an image in the scratch arena, on the spare thread, so that nobody waits for it. One at a time. */
  async build(recipe: ImageRecipe): Promise<BuildResult | KillCause> {
    await this.#spare.thread.ready;
    const { thread } = this.#spare;
    const result = thread.build(recipe);
    const finished = new Promise<KillCause | undefined>((resolve) => (this.#buildDone = resolve));
    const words = this.#words(this.#scratch);
    words[SLOT.job] = JOB.build;
    words[SLOT.cpuLeftUs] = recipe.cpuUs * (2 + recipe.platform.length + recipe.warm.length);
    this.#submit(this.#spare, this.#scratch);
    return (await finished) ?? (await result);
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#seats, this.#spare].map(({ thread }) => thread.terminate()));
  }

  #newSeat(after?: Promise<void>): Seat {
    const seat: Seat = {
      thread: undefined as unknown as ArenaThread,
      pending: new Set(),
      backlogUs: 0,
      running: undefined,
    };
    seat.thread = new ArenaThread(
      this.#shared,
      () => this.#drain(seat),
      (error) => {
        if (!this.#closing) this.#events.lost(error);
      },
      after,
    );
    // A thread that cannot start is reported by `lost`.
    seat.thread.ready.then(
      () => this.#events.ready(),
      () => {},
    );
    return seat;
  }

  #submit(seat: Seat, slot: number): void {
    seat.pending.add(slot);
    seat.backlogUs += this.#expectedUs[slot]!;
    seat.thread.submit(slot);
    this.#timer ??= setInterval(() => this.#watch(), TICK_MS);
  }

  #drain(seat: Seat): void {
    seat.thread.drain((slot) => {
      seat.pending.delete(slot);
      seat.backlogUs = seat.pending.size === 0 ? 0 : seat.backlogUs - this.#expectedUs[slot]!;
      this.#expired.delete(slot);
      if (slot === this.#scratch) this.#buildDone?.(undefined);
      else this.#events.done(slot);
    });
  }

  #words(slot: number): Int32Array {
    return this.#shared.control.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
  }

  /** Every few milliseconds while anything runs. */
  #watch(): void {
    let busy = false;
    for (const seat of [...this.#seats, this.#spare]) {
      if (seat.pending.size === 0) {
        seat.running = undefined;
        continue;
      }
      busy = true;
      // Turns that ended while another waited behind them have not been announced.
      this.#drain(seat);
      this.#inspect(seat);
    }
    if (!busy) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #inspect(seat: Seat): void {
    const mark = seat.thread.running();
    if (mark <= 0) {
      seat.running = undefined;
      return;
    }
    if (seat.running?.mark !== mark) {
      seat.running = { mark, sinceMs: performance.now(), cpuNs: undefined };
    }
    const slot = ArenaThread.slotOf(mark);
    if (this.#expired.has(slot)) this.#kill(seat, slot, mark, "wall");
    else if (this.#overCpu(seat, seat.running, slot)) this.#kill(seat, slot, mark, "cpu");
  }

  /** Whether the turn has used up its CPU time: by the kernel's account, or by the clock where there is none. */
  #overCpu({ thread }: Seat, running: Running, slot: number): boolean {
    const limitMs = this.#words(slot)[SLOT.cpuLeftUs]! / 1000 + GRACE_MS;
    if (performance.now() - running.sinceMs < limitMs) {
      running.cpuNs ??= thread.cpuNs();
      return false;
    }
    const now = thread.cpuNs();
    if (now === undefined || running.cpuNs === undefined) return true;
    return (now - running.cpuNs) / 1e6 >= limitMs - TICK_MS;
  }

  #kill(seat: Seat, slot: number, mark: number, cause: KillCause): void {
    if (!seat.thread.claim(mark)) return;
    this.kills++;
    // Jobs that ended before the claim are done, whatever the state of their wake-up.
    this.#drain(seat);
    seat.pending.delete(slot);
    this.#expired.delete(slot);
    const gone = seat.thread.terminate();
    const heir = this.#replace(seat, gone);
    this.requeued += seat.pending.size;
    for (const waiting of seat.pending) this.#submit(heir, waiting);
    // Until the thread is gone it may write on into its arena, so nobody may reset that before.
    void gone.then(() => this.#killed(slot, cause));
  }

  #killed(slot: number, cause: KillCause): void {
    if (this.#closing) return;
    this.#words(slot)[SLOT.condemned] = 1;
    this.#words(slot)[SLOT.cleanImage] = 0;
    if (slot === this.#scratch) this.#buildDone?.(cause);
    else this.#events.killed(slot, cause);
  }

  /**
   * Puts the spare thread in the killed one's place. The new spare starts when the killed thread is gone, so that there
   * are never more threads than the plan counts. Returns the heir.
   */
  #replace(seat: Seat, gone: Promise<void>): Seat {
    const fresh = this.#newSeat(gone);
    if (seat === this.#spare) return (this.#spare = fresh);
    // A spare that is making an image stays at that: what waits would have to wait for the image as well.
    const heir = this.#spare.pending.size === 0 ? this.#spare : fresh;
    if (heir === this.#spare) this.#spare = fresh;
    this.#seats[this.#seats.indexOf(seat)] = heir;
    return heir;
  }
}
