// Keeps retries from doubling the load of an upstream that is failing because of load: every request earns a
// fifth of a retry, and at most BURST are saved up.

const EARNED_PER_REQUEST = 0.2;
const BURST = 10;

export class RetryBudget {
  #saved = BURST;

  earn(): void {
    this.#saved = Math.min(BURST, this.#saved + EARNED_PER_REQUEST);
  }

  take(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
