/**
 * Percentiles of the last seconds, for people who look at now. Owner: the figures. Bound: SLICES arrays of BUCKETS
 * counts, 12 KiB in all. A slice is one second; the oldest is dropped when `advance` is called.
 *
 * Buckets grow by 2^(1/8): a percentile is off by at most 9 %, whether it is 50 microseconds or a minute.
 */
const SLICES = 10;
const PER_DOUBLING = 8;
const BUCKETS = 288;
/** The first bucket ends here; 36 doublings on, at 190 hours, is the last. */
const SMALLEST_MS = 0.01;

export class LatencyWindow {
  readonly #slices = Array.from({ length: SLICES }, () => new Uint32Array(BUCKETS));
  readonly #sums = new Uint32Array(BUCKETS);
  #current = 0;

  observe(ms: number): void {
    this.#slices[this.#current]![bucketOf(ms)]!++;
  }

  /** Begins the next slice. */
  advance(): void {
    this.#current = (this.#current + 1) % SLICES;
    this.#slices[this.#current]!.fill(0);
  }

  /** In milliseconds, by the parts asked for (0.5, 0.99), ascending; null where nothing was observed. */
  percentiles(parts: readonly number[]): (number | null)[] {
    this.#sums.fill(0);
    let total = 0;
    for (const slice of this.#slices) {
      for (let i = 0; i < BUCKETS; i++) {
        this.#sums[i]! += slice[i]!;
        total += slice[i]!;
      }
    }
    return parts.map((part) => (total === 0 ? null : this.#at(Math.ceil(part * total))));
  }

  #at(rank: number): number {
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#sums[i]!;
      if (seen >= rank) return SMALLEST_MS * 2 ** (i / PER_DOUBLING);
    }
    return SMALLEST_MS * 2 ** (BUCKETS / PER_DOUBLING);
  }
}

function bucketOf(ms: number): number {
  if (ms <= SMALLEST_MS) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / SMALLEST_MS) * PER_DOUBLING));
}
