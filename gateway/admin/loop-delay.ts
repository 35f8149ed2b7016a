/**
 * How late the I/O thread comes to its work: a timer that should fire every STEP_MS tells by how much it did not. The
 * runtime's own monitor (perf_hooks.monitorEventLoopDelay) counts its interval as delay, which hides what is small.
 */
import { LatencyWindow } from "./latency-window.ts";

const STEP_MS = 25;

export class LoopDelay {
  readonly window = new LatencyWindow();
  #expectedMs = performance.now() + STEP_MS;
  readonly #timer = setInterval(() => this.#tick(), STEP_MS).unref();

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.window.observe(Math.max(0, nowMs - this.#expectedMs));
    this.#expectedMs = nowMs + STEP_MS;
  }
}
