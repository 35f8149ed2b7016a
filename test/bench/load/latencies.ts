/** Latencies of one run: exact up to `MOST`, of those that are over first (a bound, not a sample). */

const MOST = 2_000_000;

export class Latencies {
  readonly #ms = new Float64Array(MOST);
  #count = 0;
  maxMs = 0;

  add(ms: number): void {
    this.maxMs = Math.max(this.maxMs, ms);
    if (this.#count < MOST) this.#ms[this.#count++] = ms;
  }

  /** 0 of none. */
  percentiles(...parts: number[]): number[] {
    const sorted = this.#ms.subarray(0, this.#count).sort();
    return parts.map((part) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0);
  }
}
