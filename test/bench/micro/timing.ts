/** Times of something short, done often: as often as it goes in MEASURE_MS, which bounds the whole of a slow thing. */
import { quantile } from "../measure/statistics.ts";

export interface Times {
  minUs: number;
  p50Us: number;
  p90Us: number;
}

/** Long enough for the optimizing compiler to be done with what runs hot. */
export const WARM_UP_MS = 150;
export const MEASURE_MS = 250;
const US_PER_MS = 1000;

/** Warms up, then takes the time of every single call; `prepare` is not counted. */
export function timed(action: () => void, prepare?: () => void): Times {
  timesFor(WARM_UP_MS, action, prepare);
  return timesOf(timesFor(MEASURE_MS, action, prepare));
}

function timesFor(ms: number, action: () => void, prepare?: () => void): number[] {
  const us: number[] = [];
  const endMs = performance.now() + ms;
  for (let nowMs = 0; nowMs < endMs;) {
    prepare?.();
    const beganMs = performance.now();
    action();
    nowMs = performance.now();
    us.push((nowMs - beganMs) * US_PER_MS);
  }
  return us;
}

export function timesOf(us: readonly number[]): Times {
  return { minUs: us.reduce((a, b) => Math.min(a, b)), p50Us: quantile(us, 0.5), p90Us: quantile(us, 0.9) };
}
