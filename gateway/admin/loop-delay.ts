/**
 * How late the I/O thread comes to its work: a timer that should fire every STEP_MS tells by how much it did not. The
 * runtime's own monitor (perf_hooks.monitorEventLoopDelay) counts its interval as delay, which hides what is small.
 *
 * Forty looks a second, while there is anybody to be late for; at rest the pulse's own timer is the only one.
 */
import { LatencyWindow } from "./latency-window.ts";

const STEP_MS = 25;

export class LoopDelay {
  readonly window = new LatencyWindow();
  #expectedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** There are requests: from here on it looks closely. */
  awake(): void {
    if (this.#timer !== undefined) return;
    this.#expectedMs = performance.now() + STEP_MS;
    this.#timer = setInterval(() => this.#tick(), STEP_MS).unref();
  }

  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const nowMs = performance.now();
    this.window.observe(Math.max(0, nowMs - this.#expectedMs));
    this.#expectedMs = nowMs + STEP_MS;
  }
}
