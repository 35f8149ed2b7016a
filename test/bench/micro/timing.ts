/** Times of something short, done often. */
import { quantile } from "../measure/statistics.ts";

export interface Times {
  minUs: number;
  p50Us: number;
  p90Us: number;
}

const US_PER_MS = 1000;

/** Warms up, then takes the time of every single call; `prepare` is not counted. */
export function timed(count: number, action: () => void, prepare?: () => void): Times {
  const us = new Array<number>(count);
  for (let i = -count; i < count; i++) {
    prepare?.();
    const beganMs = performance.now();
    action();
    if (i >= 0) us[i] = (performance.now() - beganMs) * US_PER_MS;
  }
  return timesOf(us);
}

export function timesOf(us: readonly number[]): Times {
  return { minUs: Math.min(...us), p50Us: quantile(us, 0.5), p90Us: quantile(us, 0.9) };
}
