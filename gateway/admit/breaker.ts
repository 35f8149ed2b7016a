/**
 * A route's breaker: a handler that keeps being aborted rests for a while, so that it does not take slots and processor
 * time from the others of its pool only to fail again.
 *
 *   closed    everybody passes; aborts are counted over `windowMs`
 *   open      nobody passes, for `cooldownMs`
 *   half-open one request passes, the probe; its end closes the breaker or opens it again
 *
 * Owner: the route of one generation (a reload starts with it closed: the handler may have been repaired). Bound: SLICES
 * counters. Watched through `state`, `trips` and `refused`.
 */
import type { BreakerConfig } from "../config/types.ts";

export type BreakerState = "closed" | "open" | "half-open";

/** What became of a request: `neither` where it never got as far as the handler (its client left, the queue was full). */
export type PassageEnd = "well" | "aborted" | "neither";

/** The window moves on in steps of a sixteenth, so that its aborts need no list of their times. */
const SLICES = 16;

/** By which a request got past the breaker; whoever has one must say how the request ended, once. */
export class Passage {
  readonly #onEnd: (end: PassageEnd, nowMs: number) => void;

  constructor(onEnd: (end: PassageEnd, nowMs: number) => void) {
    this.#onEnd = onEnd;
  }

  ended(end: PassageEnd, nowMs: number): void {
    this.#onEnd(end, nowMs);
  }
}

export class Breaker {
  /** Since the start: how often it opened, and requests it did not let through. */
  trips = 0;
  refused = 0;
  readonly #config: BreakerConfig;
  readonly #sliceMs: number;
  readonly #aborts = new Uint32Array(SLICES);
  /** Number of the slice that `#aborts` ends with, counted from the beginning of time. */
  #slice = 0;
  #openUntilMs = 0;
  #open = false;
  #probing = false;
  // One each for all requests: passing costs no allocation.
  readonly #usual = new Passage((end, nowMs) => this.#usualEnded(end, nowMs));
  readonly #probe = new Passage((end, nowMs) => this.#probeEnded(end, nowMs));

  constructor(config: BreakerConfig) {
    this.#config = config;
    this.#sliceMs = config.windowMs / SLICES;
  }

  state(nowMs: number): BreakerState {
    if (!this.#open) return "closed";
    return nowMs < this.#openUntilMs ? "open" : "half-open";
  }

  /** Null: the route is resting. */
  pass(nowMs: number): Passage | null {
    if (!this.#open) return this.#usual;
    if (nowMs < this.#openUntilMs || this.#probing) {
      this.refused++;
      return null;
    }
    this.#probing = true;
    return this.#probe;
  }

  /** Whole seconds until the next request may be let through. */
  retryAfterS(nowMs: number): number {
    return Math.max(1, Math.ceil((this.#openUntilMs - nowMs) / 1000));
  }

  #usualEnded(end: PassageEnd, nowMs: number): void {
    // While it is open this one began before: it says nothing about how things are now.
    if (end === "aborted" && !this.#open) this.#count(nowMs);
  }

  #probeEnded(end: PassageEnd, nowMs: number): void {
    this.#probing = false;
    if (end === "aborted") this.#trip(nowMs);
    else if (end === "well") this.#close();
  }

  #count(nowMs: number): void {
    const slice = Math.floor(nowMs / this.#sliceMs);
    if (slice - this.#slice >= SLICES) this.#aborts.fill(0);
    else while (this.#slice < slice) this.#aborts[++this.#slice % SLICES] = 0;
    this.#slice = slice;
    this.#aborts[slice % SLICES]!++;
    const counted = this.#aborts.reduce((sum, aborts) => sum + aborts, 0);
    if (counted >= this.#config.failures) this.#trip(nowMs);
  }

  #trip(nowMs: number): void {
    this.trips++;
    this.#open = true;
    this.#openUntilMs = nowMs + this.#config.cooldownMs;
  }

  #close(): void {
    this.#open = false;
    this.#aborts.fill(0);
  }
}
