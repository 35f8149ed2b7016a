/**
 * A thread's engine instances, one for each slot whose turns it has run lately. Any thread can run any slot's turns, but an
 * instance for an arena takes 0.4 ms to make and 256 KiB to keep (plan/runtime-figures.ts).
 *
 * Bound: `most`; the one that was not used for longest goes.
 */
export class Instances<T> {
  readonly #most: number;
  readonly #bySlot = new Map<number, { readonly instance: T; usedAt: number }>();
  #uses = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** The slot's instance, which is made if there is none. */
  of(slot: number, make: () => T): T {
    const kept = this.#bySlot.get(slot) ?? this.#add(slot, make);
    kept.usedAt = ++this.#uses;
    return kept.instance;
  }

  #add(slot: number, make: () => T): { readonly instance: T; usedAt: number } {
    if (this.#bySlot.size >= this.#most) this.#bySlot.delete(this.#oldest());
    const kept = { instance: make(), usedAt: 0 };
    this.#bySlot.set(slot, kept);
    return kept;
  }

  #oldest(): number {
    let oldest = -1;
    let leastUsedAt = Infinity;
    for (const [slot, { usedAt }] of this.#bySlot) {
      if (usedAt > leastUsedAt) continue;
      oldest = slot;
      leastUsedAt = usedAt;
    }
    return oldest;
  }
}
