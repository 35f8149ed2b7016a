// Timeouts for everything that is under way, by one sweep instead of one timer per request: what is timed keeps a
// moment in a field and moves it by assignment as bytes flow. Bound: one entry per running call or blocked reply.
// A deadline is met late by at most SWEEP_MS. With nothing under way no timer runs.

export const SWEEP_MS = 50;

export interface Timed {
  /** Looks at its own moments and ends itself if one has passed. */
  checkDeadline(nowMs: number): void;
}

export class Deadlines {
  readonly #timed = new Set<Timed>();
  #timer: NodeJS.Timeout | null = null;

  get size(): number {
    return this.#timed.size;
  }

  add(timed: Timed): void {
    this.#timed.add(timed);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  delete(timed: Timed): void {
    this.#timed.delete(timed);
  }

  #sweep(): void {
    if (this.#timed.size === 0) {
      if (this.#timer !== null) clearInterval(this.#timer);
      this.#timer = null;
      return;
    }
    const nowMs = performance.now();
    for (const timed of this.#timed) timed.checkDeadline(nowMs);
  }
}
