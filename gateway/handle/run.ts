/**
 * A run: one request in one slot, from waiting for the lease to the clean arena. It advances the handler turn by turn, holds back
 * events while a turn is under way, counts CPU and wall time, and sees to it that the slot comes back clean.
 *
 * Owner: the exchange that started it. Bound: one slot; queued events, at most one per outstanding body, subrequest,
 * write and timer. Released when the arena is clean and the owner has let go of what it was reading from it.
 */
import type { Arenas, Job, SlotHolder, SlotTenant } from "../arena/arenas.ts";
import { JOB, LETTER, OUTCOME, SLOT } from "../arena/control.ts";
import { type Frame, readFrames } from "../arena/frames.ts";
import type { Image } from "../arena/images.ts";
import type { Effect, Letter } from "../arena/letters.ts";
import { MAILBOX_BYTES, PAGE_BYTES } from "../arena/layout.ts";
import type { Slot, SlotPool } from "../arena/slots.ts";
import type { KillCause } from "../arena/watchdog.ts";
import type { Deadlines, Timed } from "../proxy/deadlines.ts";
import { assert } from "../shared/assert.ts";
import { matchesCanonical } from "./guest/url/canonical.ts";
import { EFFECT, EVENT, START_FLAG } from "./abi.ts";

/** A reset takes microseconds, a rebuild of the largest arena tens of milliseconds: the watchdog has no part in it. */
const RESET_CPU_US = 10_000_000;

const UNUSED_PAGE = Buffer.alloc(PAGE_BYTES);
/** Reading this much takes the I/O thread a few milliseconds at worst; of a larger arena the peak stays unknown. */
const MEASURED_BYTES_MAX = 64 * 1024 * 1024;

export interface TurnEvent {
  event: number;
  id: number;
  text?: string | undefined;
  data?: Uint8Array | undefined;
  flag?: number | undefined;
}

export type AbortCause = "memory" | "cpu" | "wall" | "stuck" | "effects" | "trapped";

export type RunEnd =
  { kind: "complete" } | { kind: "aborted"; cause: AbortCause; askedBytes: number; frames: Frame[] };

export interface RunOwner {
  /** For whom it runs; undefined where nobody asks. */
  readonly holder?: SlotHolder;
  /** In order, when a turn is over. What an effect points to is valid until the owner returns, or, if it `stays`, see `ended`. */
  effect(effect: Effect, stays: boolean): void;
  /** Whether something is under way that will become an event (a subrequest, a pull, a write). */
  readonly awaited: boolean;
  /**
   * No more turns. After "complete" what the last effects point to, if it stays, is valid until the owner calls `release()`,
   * which it must; after "aborted" nothing is, and the run releases itself.
   */
  ended(end: RunEnd, run: HandlerRun): void;
}

export interface RunLimits {
  cpuMs: number;
  wallMs: number;
}

export interface RunPlace {
  arenas: Arenas;
  pool: SlotPool;
  image: Image;
  deadlines: Deadlines;
}

type Phase = "idle" | "running" | "ended" | "resetting" | "over";

export class HandlerRun implements Timed, SlotTenant {
  place = -1;
  cpuUs = 0;
  peakBytes = 0;
  logsDropped = 0;
  readonly #place: RunPlace;
  readonly #owner: RunOwner;
  readonly #onFree: () => void;
  readonly #cpuLimitUs: number;
  readonly #wallDeadlineMs: number;
  /** The first one is that of the turn under way. */
  readonly #events: TurnEvent[] = [];
  #slot: Slot | null = null;
  /** The slot is ours, and not clean. */
  #holdsSlot = false;
  #job: Job | undefined;
  #phase: Phase = "idle";
  #askedBytes = 0;
  /** When its first turn was about to begin, as in LETTER.startedAtMs. */
  #startedAtMs = 0;
  #expired = false;
  #timer: NodeJS.Timeout | undefined;

  /** `onFree` is called once, when the run's slot is clean and given back. */
  constructor(place: RunPlace, limits: RunLimits, owner: RunOwner, onFree: () => void) {
    this.#place = place;
    this.#owner = owner;
    this.#onFree = onFree;
    this.#cpuLimitUs = limits.cpuMs * 1000;
    this.#wallDeadlineMs = performance.now() + limits.wallMs;
    place.deadlines.add(this);
  }

  /** From the end of the first turn on; somebody else's once it has been given back. */
  get slot(): Slot {
    assert(this.#slot, "a slot is leased");
    return this.#slot;
  }

  get holder(): SlotHolder | undefined {
    return this.#owner.holder;
  }

  /** Whether a turn or a reset is under way, or waits for a thread. */
  get isBusy(): boolean {
    return this.#phase === "running" || this.#phase === "resetting";
  }

  /** Runs the handler on a request; `head` as in EVENT.start. */
  start(head: string, hasBody: boolean): void {
    this.deliver({ event: EVENT.start, id: 0, text: head, flag: startFlags(head, hasBody) });
  }

  /** Something happened outside; the handler hears of it in a turn of its own. Ignored once the run has ended. */
  deliver(event: TurnEvent): void {
    if (this.#phase !== "idle" && this.#phase !== "running") return;
    this.#events.push(event);
    if (this.#phase === "idle") this.#next();
  }

  /** Ends the run now, whatever the handler is at. */
  abort(cause: "wall"): void {
    this.#expired = true;
    const isOver = this.#phase === "running" && this.#place.arenas.expire(this.#job!);
    if (this.#phase === "idle" || isOver) this.#abort(cause, []);
  }

  /** The owner is done with what the last effects pointed to. */
  release(): void {
    if (this.#phase === "ended") this.#reset();
  }

  checkDeadline(nowMs: number): void {
    if (nowMs < this.#wallDeadlineMs || this.#expired) return;
    this.abort("wall");
  }

  /** The next event's turn. */
  #next(): void {
    const { arenas, pool, image } = this.#place;
    this.#phase = "running";
    this.#job = arenas.turn(pool, image, this, this.#holdsSlot ? this.#slot : null);
  }

  write(letter: Letter): void {
    const { words, startedAtMs } = letter;
    if (this.#phase === "resetting") {
      words[LETTER.job] = JOB.reset;
      words[LETTER.cpuLeftUs] = RESET_CPU_US;
      return;
    }
    const { event, id, text, data, flag = 0 } = this.#events[0]!;
    this.#startedAtMs ||= performance.timeOrigin + performance.now();
    startedAtMs[0] = this.#startedAtMs;
    words[LETTER.job] = JOB.turn;
    words[LETTER.event] = event;
    words[LETTER.id] = id;
    words[LETTER.flag] = flag;
    words[LETTER.expired] = Number(this.#expired);
    words[LETTER.cpuLeftUs] = Math.max(1, this.#cpuLimitUs - this.cpuUs);
    letter.putEvent(text, data);
  }

  jobDone(letter: Letter, slot: Slot): void {
    const outcome = letter.words[LETTER.outcome];
    if (outcome === OUTCOME.reset) return this.#free();
    this.#events.shift();
    this.#slot = slot;
    this.#holdsSlot = outcome !== OUTCOME.clean;
    this.#account(letter);
    switch (outcome) {
      case OUTCOME.suspended:
        return this.#suspended(letter);
      case OUTCOME.clean:
        this.#place.arenas.give(this.#place.pool, slot);
        return this.#complete(letter, letter.bytes, false);
      case OUTCOME.complete:
        return this.#complete(letter, slot.bytes, true);
      case OUTCOME.memory:
        return this.#abort("memory", this.#frames());
      case OUTCOME.cpu:
        return this.#abort("cpu", this.#frames());
      case OUTCOME.wall:
        return this.#abort("wall", this.#frames());
      case OUTCOME.effects:
        return this.#abort("effects", this.#frames());
      default:
        return this.#abort("trapped", this.#frames());
    }
  }

  jobKilled(cause: KillCause, slot: Slot): void {
    // A reset is ours and cannot hang; if its thread was killed for another slot it was only queued, not killed.
    assert(this.#phase === "running", "only a turn is killed");
    this.#slot = slot;
    this.#holdsSlot = true;
    if (cause === "cpu") this.cpuUs = Math.max(this.cpuUs, this.#cpuLimitUs);
    // What the turn had used is gone with its thread; it was the limit at the most, and a few milliseconds of grace.
    this.#place.image.share.charge(this.#cpuLimitUs);
    this.#measure();
    this.#abort(cause, this.#frames());
  }

  #account({ words }: Letter): void {
    this.cpuUs += words[LETTER.cpuUs]!;
    this.#place.image.share.charge(words[LETTER.cpuUs]!);
    this.logsDropped += words[LETTER.logsDropped]!;
    this.#askedBytes = words[LETTER.askedBytes]!;
    this.peakBytes = Math.max(this.peakBytes, words[LETTER.peakPages]! * PAGE_BYTES + MAILBOX_BYTES);
  }

  /** A killed thread takes the arena's top with it; above the top nothing has ever been written. */
  #measure(): void {
    const { bytes, layout } = this.slot;
    if (layout.arenaBytes > MEASURED_BYTES_MAX) return;
    let top = layout.limitPages;
    while (top > 0 && UNUSED_PAGE.equals(bytes.subarray((top - 1) * PAGE_BYTES, top * PAGE_BYTES))) top--;
    this.peakBytes = Math.max(this.peakBytes, top * PAGE_BYTES + MAILBOX_BYTES);
    this.slot.peakBytes = Math.max(this.slot.peakBytes, this.peakBytes);
  }

  #effects(letter: Letter, bytes: Buffer, stay: boolean): void {
    const count = letter.words[LETTER.effects]!;
    for (let index = 0; index < count; index++) {
      const effect = letter.effect(index, bytes);
      if (effect.effect === EFFECT.timer) this.#setTimer(effect.a);
      else this.#owner.effect(effect, stay);
    }
  }

  #suspended(letter: Letter): void {
    // Effects may deliver events at once; they are queued until all have been read, as a turn would free what they refer to.
    this.#effects(letter, this.slot.bytes, false);
    this.#phase = "idle";
    // Before the next event: a handler that feeds itself always has one.
    if (this.#expired) return this.#abort("wall", []);
    if (this.#events.length > 0) return this.#next();
    if (!this.#timer && !this.#owner.awaited) this.#abort("stuck", []);
  }

  #complete(letter: Letter, bytes: Buffer, stay: boolean): void {
    this.#effects(letter, bytes, stay);
    this.#end({ kind: "complete" });
    if (!stay) this.release();
  }

  #abort(cause: AbortCause, frames: Frame[]): void {
    this.#end({ kind: "aborted", cause, frames, askedBytes: this.#askedBytes });
    // An owner whose response had closed before has released it already.
    this.release();
  }

  #end(end: RunEnd): void {
    this.#phase = "ended";
    clearTimeout(this.#timer);
    this.#place.deadlines.delete(this);
    this.#events.length = 0;
    this.#owner.ended(end, this);
  }

  #frames(): Frame[] {
    return readFrames(this.slot.words, this.slot.bytes, this.#place.image);
  }

  #setTimer(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (delayMs < 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.deliver({ event: EVENT.timer, id: 0 });
    }, delayMs);
  }

  #reset(): void {
    if (!this.#holdsSlot) return this.#free();
    const { arenas, pool, image } = this.#place;
    if (this.slot.control[SLOT.condemned]) this.slot.condemnedTimes++;
    this.#phase = "resetting";
    this.#job = arenas.reset(pool, image, this, this.slot);
  }

  #free(): void {
    this.#phase = "over";
    if (this.#holdsSlot) this.#place.arenas.give(this.#place.pool, this.slot);
    this.#holdsSlot = false;
    this.#onFree();
  }
}

/** What goes with a head, as in EVENT.start. */
export function startFlags(head: string, hasBody: boolean): number {
  const start = head.indexOf("\n") + 1;
  const end = head.indexOf("\n", start);
  const isCanonical = matchesCanonical(end < 0 ? head.slice(start) : head.slice(start, end));
  return (hasBody ? START_FLAG.body : 0) | (isCanonical ? START_FLAG.canonicalUrl : 0);
}
