/** How long a refused request should stay away: an estimate from how fast permits came back since the queue began. */
import { RETRY_AFTER_MAX_S, RETRY_AFTER_MIN_S } from "../limits.ts";

export class Pace {
  #sinceMs = 0;
  #releasedBefore = 0;

  /** The queue goes from empty to not. Measured from here and not per release, so that an idle gate never asks the time. */
  begin(nowMs: number, released: number): void {
    this.#sinceMs = nowMs;
    this.#releasedBefore = released;
  }

  /** Whole seconds until `waiting` requests are likely to have been served. */
  retryAfterS(nowMs: number, released: number, waiting: number): number {
    if (waiting === 0) return RETRY_AFTER_MIN_S;
    const perPermitMs = (nowMs - this.#sinceMs) / Math.max(1, released - this.#releasedBefore);
    const seconds = Math.ceil((waiting * perPermitMs) / 1000);
    return Math.min(Math.max(seconds, RETRY_AFTER_MIN_S), RETRY_AFTER_MAX_S);
  }
}
