/**
 * How much of its CPU time a turn has used. The limit is in CPU time of this thread, so that a busy machine does not
 * make an innocent handler guilty; the wall clock is looked at first, because it is cheaper to read.
 */
import { ArenaAbort } from "./abort.ts";

export class TurnClock {
  #cpuAtStartUs = 0;
  #leftUs = 0;
  #nextCheckMs = 0;
  #lastUs = 0;

  /** Begins a turn that may use `leftUs` of CPU time. */
  start(leftUs: number): void {
    this.#cpuAtStartUs = this.#lastUs || threadCpuUs();
    this.#leftUs = leftUs;
    this.#nextCheckMs = performance.now() + leftUs / 1000;
  }

  /** Called by the engine's interrupt; throws when the time is used up. */
  check(): void {
    if (performance.now() < this.#nextCheckMs) return;
    const usedUs = threadCpuUs() - this.#cpuAtStartUs;
    if (usedUs >= this.#leftUs) throw new ArenaAbort("cpu");
    this.#nextCheckMs = performance.now() + (this.#leftUs - usedUs) / 1000;
  }

  /** Ends the turn; returns what it used, reset included. Between turns the thread sleeps and uses nothing. */
  stop(): number {
    this.#lastUs = threadCpuUs();
    return Math.min(this.#lastUs - this.#cpuAtStartUs, 0x7fff_ffff);
  }
}

function threadCpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
