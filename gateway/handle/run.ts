/**
 * A run: one request in one slot, from waiting for the lease to the clean arena. It advances the handler turn by turn, holds back
 * events while a turn is under way, counts CPU and wall time, and sees to it that the slot comes back clean.
 *
 * Owner: the exchange that started it. Bound: one slot; queued events, at most one per outstanding body, subrequest,
 * write and timer. Released when the arena is clean and the owner has let go of what it was reading from it.
 */
import type { Arenas, Image, SlotHolder, SlotTenant } from "../arena/arenas.ts";
import { JOB, MAILBOX, OUTCOME, SLOT } from "../arena/control.ts";
import { type Effect, readEffect } from "../arena/effects.ts";
import { type Frame, readFrames } from "../arena/frames.ts";
import { MAILBOX_BYTES, PAGE_BYTES } from "../arena/layout.ts";
import type { Slot, SlotPool } from "../arena/slots.ts";
import type { KillCause } from "../arena/watchdog.ts";
import type { Deadlines, Timed } from "../proxy/deadlines.ts";
import { assert } from "../shared/assert.ts";
import { matchesCanonical } from "./guest/url/canonical.ts";
import { EFFECT, EVENT, START_FLAG } from "./abi.ts";

/** The longest text or chunk that fits into the mailbox. */
export const EVENT_BYTES_MAX = MAILBOX_BYTES - MAILBOX.bytes;

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
  /** In order, when a turn is over. What an effect points to is valid until the owner returns; see `ended`. */
  effect(effect: Effect, run: HandlerRun): void;
  /** Whether something is under way that will become an event (a subrequest, a pull, a write). */
  readonly awaited: boolean;
  /**
   * No more turns. After "complete" what the last effects point to stays valid until the owner calls `release()`,
   * which it must; after "aborted" nothing does, and the run releases itself.
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

type Phase = "waiting" | "idle" | "running" | "ended" | "resetting" | "over";

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
  readonly #events: TurnEvent[] = [];
  #slot: Slot | null = null;
  #phase: Phase = "waiting";
  #clean = false;
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

  /** From the first turn on; somebody else's once it has been given back. */
  get slot(): Slot {
    assert(this.#slot, "a slot is leased");
    return this.#slot;
  }

  get holder(): SlotHolder | undefined {
    return this.#owner.holder;
  }

  /** Runs the handler on a request; `head` as in EVENT.start. */
  start(head: string, hasBody: boolean): void {
    const { arenas, pool, image } = this.#place;
    this.deliver({ event: EVENT.start, id: 0, text: head, flag: startFlags(head, hasBody) });
    arenas.enter(pool, image, this);
  }

  leased(slot: Slot): void {
    this.#slot = slot;
    slot.control[SLOT.image] = this.#place.image.span.offset;
    slot.startedAtMs[0] = performance.timeOrigin + performance.now();
    this.#submit(this.#events.shift()!);
  }

  /** Something happened outside; the handler hears of it in a turn of its own. Ignored once the run has ended. */
  deliver(event: TurnEvent): void {
    if (this.#phase === "running" || this.#phase === "waiting") this.#events.push(event);
    else if (this.#phase === "idle") this.#submit(event);
  }

  /** Ends the run now, whatever the handler is at. */
  abort(cause: "wall"): void {
    this.#expired = true;
    if (this.#phase === "waiting") this.#place.arenas.leave(this, this.#place.image);
    const isOver = this.#phase === "running" && this.#place.arenas.expire(this.slot);
    if (this.#phase === "idle" || this.#phase === "waiting" || isOver) this.#abort(cause, []);
  }

  /** The owner is done with what the last effects pointed to. */
  release(): void {
    if (this.#phase !== "ended") return;
    this.#reset();
  }

  checkDeadline(nowMs: number): void {
    if (nowMs < this.#wallDeadlineMs || this.#expired) return;
    this.abort("wall");
  }

  #submit({ event, id, text, data, flag }: TurnEvent): void {
    const { control, bytes, layout } = this.slot;
    const start = layout.mailboxStart + MAILBOX.bytes;
    assert((data?.length ?? 0) <= EVENT_BYTES_MAX, "a chunk fits into the mailbox");
    if (data) bytes.set(data, start);
    control[SLOT.job] = JOB.turn;
    control[SLOT.event] = event;
    control[SLOT.id] = id;
    control[SLOT.flag] = flag ?? 0;
    control[SLOT.textBytes] = text === undefined ? -1 : bytes.write(text, start, EVENT_BYTES_MAX, "utf8");
    control[SLOT.dataBytes] = data?.length ?? -1;
    control[SLOT.expired] = 0;
    control[SLOT.cpuLeftUs] = Math.max(1, this.#cpuLimitUs - this.cpuUs);
    this.#phase = "running";
    this.#place.arenas.submit(this.slot, this.#place.image.share);
  }

  jobDone(): void {
    const { control } = this.slot;
    if (control[SLOT.outcome] === OUTCOME.reset) return this.#free();
    this.#account();
    switch (control[SLOT.outcome]) {
      case OUTCOME.suspended:
        return this.#suspended();
      case OUTCOME.clean:
        return this.#complete(true);
      case OUTCOME.complete:
        return this.#complete(false);
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

  jobKilled(cause: KillCause): void {
    // A reset is ours and cannot hang; if its thread was killed for another slot it was only queued, not killed.
    assert(this.#phase === "running", "only a turn is killed");
    if (cause === "cpu") this.cpuUs = Math.max(this.cpuUs, this.#cpuLimitUs);
    // What the turn had used is gone with its thread; it was the limit at the most, and a few milliseconds of grace.
    this.#place.image.share.charge(this.#cpuLimitUs);
    this.#measure();
    this.#abort(cause, this.#frames());
  }

  #account(): void {
    const { control } = this.slot;
    this.cpuUs += control[SLOT.cpuUs]!;
    this.#place.image.share.charge(control[SLOT.cpuUs]!);
    this.logsDropped += control[SLOT.logsDropped]!;
    this.peakBytes = Math.max(this.peakBytes, control[SLOT.peakPages]! * PAGE_BYTES + MAILBOX_BYTES);
    this.slot.peakBytes = Math.max(this.slot.peakBytes, this.peakBytes);
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

  #effects(): void {
    const { words, layout, control } = this.slot;
    const count = control[SLOT.effects]!;
    for (let index = 0; index < count; index++) {
      const effect = readEffect(words, layout, index);
      if (effect.effect === EFFECT.timer) this.#setTimer(effect.a);
      else this.#owner.effect(effect, this);
    }
  }

  #suspended(): void {
    // Effects may deliver events at once; they are queued until all have been read, as a turn would overwrite them.
    this.#effects();
    this.#phase = "idle";
    // Before the next event: a handler that feeds itself always has one.
    if (this.#expired) return this.#abort("wall", []);
    const next = this.#events.shift();
    if (next) return this.#submit(next);
    if (!this.#timer && !this.#owner.awaited) this.#abort("stuck", []);
  }

  #complete(clean: boolean): void {
    this.#clean = clean;
    this.#effects();
    this.#end({ kind: "complete" });
  }

  #abort(cause: AbortCause, frames: Frame[]): void {
    const askedBytes = this.#slot?.control[SLOT.askedBytes] ?? 0;
    this.#end({ kind: "aborted", cause, frames, askedBytes });
    // An owner whose response had closed before has released it already, and a slot is in a ring at most once.
    if (this.#phase === "ended") this.#reset();
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
    if (this.#clean || this.#slot === null) return this.#free();
    this.#phase = "resetting";
    const { control } = this.#slot;
    if (control[SLOT.condemned]) this.#slot.condemnedTimes++;
    control[SLOT.job] = JOB.reset;
    control[SLOT.cpuLeftUs] = RESET_CPU_US;
    this.#place.arenas.submit(this.#slot);
  }

  #free(): void {
    this.#phase = "over";
    if (this.#slot) this.#place.arenas.give(this.#place.pool, this.#slot);
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
