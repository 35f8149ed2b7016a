// Timeouts for everything that is under way, by one sweep instead of one timer per request: what is timed keeps a
// moment in a field and moves it by assignment as bytes flow. Bound: one entry per running call or blocked reply.
// A deadline is met late by at most SWEEP_MS. With nothing under way no timer runs.

export const SWEEP_MS = 50;

export interface Timed {
  /** Looks at its own moments and ends itself if one has passed. */
  checkDeadline(nowMs: number): void;
  /** Its place in the list below, which alone sets it. */
  place?: number;
}

/**
 * An array without order, and each entry knows its place. Not a Set: V8 makes a new table for one every few dozen
 * additions, and each table refers to the next. Once one of them is old and dead, all that follow, with every request in
 * them, live until the next full collection: three kilobytes and 15 microseconds of every request (--trace-gc-nvp).
 */
export class Deadlines {
  readonly #timed: Timed[] = [];
  #timer: NodeJS.Timeout | null = null;

  get size(): number {
    return this.#timed.length;
  }

  add(timed: Timed): void {
    if (this.#has(timed)) return;
    timed.place = this.#timed.push(timed) - 1;
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  delete(timed: Timed): void {
    if (!this.#has(timed)) return;
    const last = this.#timed.pop()!;
    if (last === timed) return;
    this.#timed[timed.place!] = last;
    last.place = timed.place!;
  }

  #has(timed: Timed): boolean {
    return timed.place !== undefined && this.#timed[timed.place] === timed;
  }

  #sweep(): void {
    if (this.#timed.length === 0) {
      if (this.#timer !== null) clearInterval(this.#timer);
      this.#timer = null;
      return;
    }
    const nowMs = performance.now();
    // From the end: whoever leaves meanwhile is replaced by one that has been looked at.
    for (let place = this.#timed.length - 1; place >= 0; place--) this.#timed[place]?.checkDeadline(nowMs);
  }
}
