/**
 * Counts of values by upper bound, in the form in which Prometheus wants them. Numbers in a typed array and nothing
 * else: observing costs no allocation. Owner: whoever counts. Bound: its bounds, fixed when it is made.
 */

/** From a tenth of a millisecond, which is what a small handler takes, to ten seconds, the default wall limit. */
export const DURATION_BOUNDS_S: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

const KIB = 1024;
/** Powers of two from 256 Ki, below which no handler fits, to 1 Gi, the largest arena. */
export const ARENA_BOUNDS_BYTES: readonly number[] = Array.from({ length: 13 }, (_, i) => 256 * KIB * 2 ** i);

export class Histogram {
  readonly bounds: readonly number[];
  /** One more than there are bounds: the last counts what is above all of them. Not cumulative. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    counts[at]!++;
    this.sum += value;
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}
