// Whether a target is worth a request. Passive: after `failures` in a row it is ejected for `ejectMs`, then one
// request at a time may try it (half-open) until one succeeds. Active checks, when configured, overrule both.
// Pure state: time comes in as an argument.

export interface HealthOptions {
  /** Consecutive failures that eject; 0 switches passive health off. */
  readonly failures: number;
  readonly ejectMs: number;
}

export type HealthState = "healthy" | "ejected" | "half-open" | "unhealthy";

export class Health {
  readonly #options: HealthOptions;
  #failures = 0;
  #ejectedUntilMs = 0;
  #trialRunning = false;
  #checkFailed = false;
  /** For metrics. */
  ejections = 0;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  state(nowMs: number): HealthState {
    if (this.#checkFailed) return "unhealthy";
    if (this.#ejectedUntilMs === 0) return "healthy";
    return nowMs < this.#ejectedUntilMs ? "ejected" : "half-open";
  }

  accepts(nowMs: number): boolean {
    const state = this.state(nowMs);
    return state === "healthy" || (state === "half-open" && !this.#trialRunning);
  }

  /** A request is sent to it. */
  began(nowMs: number): void {
    if (this.state(nowMs) === "half-open") this.#trialRunning = true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#ejectedUntilMs = 0;
    this.#trialRunning = false;
  }

  /** `mayEject` is false for the last target standing: a doubtful answer beats a certain 503. */
  failed(nowMs: number, mayEject: boolean): void {
    this.#failures += 1;
    this.#trialRunning = false;
    const trips = this.#options.failures > 0 && this.#failures >= this.#options.failures;
    if (!trips || !mayEject) return;
    this.#ejectedUntilMs = nowMs + this.#options.ejectMs;
    this.ejections += 1;
  }

  /** Neither good nor bad: the client left, or the attempt was refused before it began. */
  abandoned(): void {
    this.#trialRunning = false;
  }

  /** The verdict of active checks. A good one also ends an ejection. */
  checked(healthy: boolean): void {
    this.#checkFailed = !healthy;
    if (healthy) this.succeeded();
  }
}
