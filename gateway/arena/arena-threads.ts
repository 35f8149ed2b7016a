/**
 * All arena threads: who runs which turn, and the watchdog, which sees to it that turns keep their limits.
 *
 *   quick     `threads` of them, for turns that are expected to be short
 *   patient   one, for turns that are expected to be long; it gives way to all others where the kernel allows that
 *   spare     makes images; stands in for a quick thread that is away: in a long turn after all, or starting
 *
 * Long and doubtful turns are for the patient thread first, and for quick ones only as far as some are left. A turn that
 * turns out to be long on a quick thread keeps nobody waiting but itself: what waits behind it is taken back.
 * A killed thread takes down exactly the turn it was in, and another one is started in its place. Any thread can run any
 * slot's turns; handlers that were between turns live in their arenas and notice nothing.
 *
 * Owner of: `threads` + 2 workers. Watched by: kills, and turns taken back.
 */
import { instancesOf, threadHeapMib } from "../plan/runtime-figures.ts";
import { assert } from "../shared/assert.ts";
import { BEHIND_IO_NICE } from "../shared/give-way.ts";
import { ArenaThread, type ArenaShared } from "./arena-thread.ts";
import { JOB, LETTER } from "./control.ts";
import { BELL } from "./layout.ts";
import type { Letter, Letters } from "./letters.ts";
import type { BuildResult, ImageRecipe } from "./image-builder.ts";
import { type Expectation, Seat } from "./seat.ts";
import type { Pace } from "./share.ts";
import type { Delays } from "./slots.ts";
import { type KillCause, Watchdog } from "./watchdog.ts";

/** Making an engine's instance for a slot's arena, where a thread has none: microseconds (measured at rest). */
const INSTANCE_US = 400;

/**
 * The same where the thread has not had the arena before: V8 counts shared memories as if each thread had its own, and searches
 * a thread's heap for garbage for every few of them, 5 ms each time.
 */
const ARENA_US = 2500;

/**
 * How much the patient thread gives way: a tenth of the weight of a thread that does not (sched(7), nice). On one processor that
 * halves what innocents wait in a storm (gateway/README.md, "Decisions").
 */
const PATIENT_NICE = 10;

/** When there has been no short turn for this long, none is expected. */
const REMEMBERED_MS = 1000;

type BuildEnd = "built" | "returned" | KillCause;

export interface ThreadEvents {
  /** A thread has time, as far as one can tell. */
  free(): void;
  /** A job came to its end; the letter says how. */
  done(letter: Letter): void;
  /** A job that was submitted has not begun, and is to be submitted again. */
  returned(letter: Letter): void;
  /** The turn of this letter was ended by terminating its thread, which is gone. */
  killed(letter: Letter, cause: KillCause): void;
  /** A thread ended for no reason of ours; the gateway cannot go on. */
  lost(error: Error | undefined): void;
}

export class ArenaThreads {
  readonly #shared: ArenaShared;
  readonly #letters: readonly Letter[];
  readonly #events: ThreadEvents;
  readonly #quick: readonly Seat[];
  readonly #patient: Seat;
  readonly #spare: Seat;
  readonly #all: readonly Seat[];
  /** In order of preference. */
  readonly #forShort: readonly Seat[];
  readonly #forLong: readonly Seat[];
  /** By slot: where its last job is, or was. */
  readonly #seatOf: (Seat | undefined)[];
  readonly #scratch: number;
  /** For making images. */
  readonly #recipeLetter: Letter;
  readonly #watchdog: Watchdog;
  #buildEnd: ((end: BuildEnd) => void) | undefined;
  #shortAtMs = -Infinity;
  #closing = false;
  kills = 0;
  /** Turns that waited behind one that was long or killed, and ran elsewhere. */
  requeued = 0;

  /** `shared.memories` ends with the scratch arena. */
  constructor(shared: ArenaShared, letters: Letters, threads: number, events: ThreadEvents) {
    this.#shared = shared;
    this.#letters = letters.byIndex;
    this.#recipeLetter = letters.take();
    this.#events = events;
    this.#scratch = shared.memories.length - 1;
    this.#seatOf = shared.memories.map(() => undefined);
    const { quick, patient, spare } = instancesOf(this.#scratch, threads);
    this.#quick = Array.from({ length: threads }, () => this.#newSeat(quick, BEHIND_IO_NICE));
    this.#patient = this.#newSeat(patient, PATIENT_NICE);
    this.#spare = this.#newSeat(spare, BEHIND_IO_NICE);
    this.#all = [...this.#quick, this.#patient, this.#spare];
    this.#forShort = [...this.#quick, this.#spare, this.#patient];
    this.#forLong = [this.#patient, ...this.#quick];
    this.#watchdog = new Watchdog(this.#all, {
      drain: (seat) => this.#drain(seat),
      cpuLimitUs: (letter) => this.#letters[letter]!.words[LETTER.cpuLeftUs]!,
      heldUp: (seat) => this.#heldUp(seat),
      ring: (letter) => this.#ring(this.#letters[letter]!),
      overdue: (seat, letter, mark, cause) => this.#kill(seat, this.#letters[letter]!, mark, cause),
    });
  }

  async ready(): Promise<void> {
    await Promise.all(this.#all.map(({ thread }) => thread.ready));
  }

  get threads(): number {
    return this.#quick.length;
  }

  /** How many jobs wait for a thread or run on it; the patient one comes last. */
  get loads(): number[] {
    return this.#all.filter((seat) => seat !== this.#spare).map(({ load }) => load);
  }

  /** Whether a thread has time for such a turn. */
  hasTime(pace: Pace): boolean {
    return this.#seatsFor(pace).some((seat) => this.#admits(seat, pace));
  }

  delays(pace: Pace): Delays {
    const ofSlotUs = (slot?: number): number => {
      const seat = this.#best(pace, slot);
      return seat ? this.#delayUs(seat, slot) : Infinity;
    };
    return { leastUs: ofSlotUs(), ofSlotUs };
  }

  /** To be called when there is time for it. */
  submit(letter: Letter, expectation: Expectation): void {
    const { pace } = expectation;
    const slot = letter.words[LETTER.slot]!;
    const seat = this.#best(pace, slot);
    assert(seat, "a turn is submitted when a thread has time");
    this.#seatOf[slot] = seat;
    seat.submit(letter.index, slot, expectation);
    if (pace === "short") this.#shortAtMs = performance.now();
    this.#watchdog.start();
  }

  /** Ends the turn if it is running (wall limit); one that only waits for its thread runs to its next check. */
  expire({ index, words }: Letter): void {
    Atomics.store(words, LETTER.expired, 1);
    this.#watchdog.expire(index);
  }

  /** Makes an image in the scratch arena, on the spare thread, so that nobody waits for it. One at a time. */
  async build(recipe: ImageRecipe): Promise<BuildResult | KillCause> {
    for (;;) {
      await this.#spare.thread.ready;
      const result = this.#spare.thread.build(recipe);
      const end = new Promise<BuildEnd>((resolve) => (this.#buildEnd = resolve));
      const { words, index } = this.#recipeLetter;
      words[LETTER.job] = JOB.build;
      words[LETTER.slot] = this.#scratch;
      words[LETTER.cpuLeftUs] = recipe.cpuUs * (2 + recipe.platform.length + recipe.warm.length);
      this.#spare.submit(index, this.#scratch, {
        expectedUs: recipe.cpuUs,
        pace: "long",
        sharesArena: false,
      });
      this.#watchdog.start();
      const how = await end;
      if (how === "built") return result;
      if (how !== "returned") return how;
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#watchdog.stop();
    await Promise.all(this.#all.map(({ thread }) => thread.terminate()));
  }

  #newSeat(mostInstances: number, nice: number): Seat {
    const traits = { mostInstances, nice, heapMib: threadHeapMib(mostInstances) };
    const start = (after?: Promise<void>): ArenaThread => {
      const thread = new ArenaThread(
        this.#shared,
        traits,
        () => this.#drain(seat),
        (error) => this.#lost(error),
        after,
      );
      // A thread that cannot start is reported by `lost`.
      thread.ready.then(() => this.#events.free()).catch(() => {});
      return thread;
    };
    const seat: Seat = new Seat(start);
    return seat;
  }

  #lost(error: Error | undefined): void {
    if (!this.#closing) this.#events.lost(error);
  }

  #seatsFor(pace: Pace): readonly Seat[] {
    return pace === "short" ? this.#forShort : this.#forLong;
  }

  /** When the slot's turn would begin there; undefined: in the slot that suits it best. */
  #delayUs(seat: Seat, slot: number | undefined): number {
    if (slot === undefined) return seat.backlogUs;
    if (!seat.thread.hasArena(slot)) return seat.backlogUs + ARENA_US;
    return seat.backlogUs + (seat === this.#seatOf[slot] ? 0 : INSTANCE_US);
  }

  #best(pace: Pace, slot: number | undefined): Seat | undefined {
    let best: Seat | undefined;
    let bestUs = Infinity;
    for (const seat of this.#seatsFor(pace)) {
      if (!this.#admits(seat, pace)) continue;
      const delayUs = this.#delayUs(seat, slot);
      if (delayUs >= bestUs) continue;
      best = seat;
      bestUs = delayUs;
    }
    return best;
  }

  /** Whether such a turn may be submitted there now. */
  #admits(seat: Seat, pace: Pace): boolean {
    if (!seat.hasTime) return false;
    if (pace === "short") return this.#admitsShort(seat);
    if (!seat.isIdle) return false;
    if (seat === this.#patient) return true;
    return (
      !this.#patient.isIdle && (pace === "long" ? this.#canSpareForLong() : this.#canSpareForDoubtful(seat))
    );
  }

  #admitsShort(seat: Seat): boolean {
    if (seat === this.#spare) return this.#quick.some(({ isAway }) => isAway);
    if (seat === this.#patient) return seat.isIdle && this.#quick.every(({ isAway }) => isAway);
    return true;
  }

  /** With the patient thread's there are no more long turns at a time than `threads`, and while short ones are about one fewer. */
  #canSpareForLong(): boolean {
    const areShortAbout = performance.now() - this.#shortAtMs < REMEMBERED_MS;
    return this.#atStake() + 1 < this.threads - (areShortAbout ? 1 : 0);
  }

  /** Most doubtful turns are short. If this one is not, there is somebody else for those that are. */
  #canSpareForDoubtful(seat: Seat): boolean {
    if (this.#atStake() + 1 > Math.max(1, this.threads - 1)) return false;
    return this.#spare.isIdle || this.#quick.some((other) => other !== seat && !other.isAtStake);
  }

  /** How many quick threads are away, or may be before long. */
  #atStake(): number {
    return this.#quick.filter(({ isAtStake }) => isAtStake).length;
  }

  #drain(seat: Seat): void {
    seat.drain((index) => {
      const letter = this.#letters[index]!;
      this.#watchdog.forget(index);
      if (letter === this.#recipeLetter) return this.#buildEnd?.("built");
      this.#seatOf[letter.words[LETTER.slot]!] = seat;
      this.#events.done(letter);
    });
  }

  #heldUp(seat: Seat): void {
    seat.isHeldUp = true;
    this.#return(seat.takeBack());
  }

  #return(letters: readonly number[]): void {
    this.requeued += letters.length;
    // In reverse, so that each goes before those that came after it.
    for (const index of letters.toReversed()) {
      const letter = this.#letters[index]!;
      this.#watchdog.forget(index);
      if (letter === this.#recipeLetter) this.#buildEnd?.("returned");
      else this.#events.returned(letter);
    }
    this.#events.free();
  }

  #ring({ words }: Letter): void {
    const { buffer } = this.#shared.memories[words[LETTER.slot]!]!;
    Atomics.store(new Int32Array(buffer), BELL, 1);
  }

  #kill(seat: Seat, letter: Letter, mark: number, cause: KillCause): void {
    const { thread } = seat;
    if (!thread.claim(mark)) return;
    this.kills++;
    // Jobs that ended before the claim are done, whatever the state of their wake-up.
    this.#drain(seat);
    this.#watchdog.forget(letter.index);
    const gone = thread.terminate();
    // Another thread starts when this one is gone, so that there are never more of them than the plan counts.
    const waiting = seat.vacate(letter.index, gone);
    // Until the thread is gone it may write on into its arena, so nobody may reset that before.
    void gone.then(() => this.#killed(letter, cause));
    this.#return(waiting);
  }

  #killed(letter: Letter, cause: KillCause): void {
    if (this.#closing) return;
    // Its wall time may have ended meanwhile, and the letter is somebody else's next.
    this.#watchdog.forget(letter.index);
    if (letter === this.#recipeLetter) this.#buildEnd?.(cause);
    else this.#events.killed(letter, cause);
  }
}
