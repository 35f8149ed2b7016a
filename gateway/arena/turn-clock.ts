/**
 * How much CPU time a turn has used. The limit is in CPU time of this thread, so that a busy machine does not make an
 * innocent handler guilty. The wall clock is looked at first, because it is cheap to read and never shows less.
 *
 * Most turns end before the engine's first interrupt (10,000 steps); for those the wall clock is the account. From the
 * first interrupt on the kernel's scheduler is asked (schedstat, nanoseconds), or, where it does not tell,
 * process.threadCpuUsage, whose steps can be as coarse as a timer tick.
 */
import { openSync, readSync } from "node:fs";
import { ArenaAbort } from "./abort.ts";

const SCHEDSTAT_BYTES = 64;

export class TurnClock {
  #startMs = 0;
  #leftMs = 0;
  #nextCheckMs = 0;
  /** Thread CPU time when the turn began; -1 until the first interrupt. */
  #cpuAtStartMs = -1;
  readonly #schedstat: number | undefined = openSchedstat();
  readonly #line = Buffer.alloc(SCHEDSTAT_BYTES);

  /** Begins a turn that may use `leftUs` of CPU time. */
  start(leftUs: number): void {
    this.#startMs = performance.now();
    this.#leftMs = leftUs / 1000;
    this.#nextCheckMs = this.#startMs + this.#leftMs;
    this.#cpuAtStartMs = -1;
  }

  /** Called by the engine's interrupt; throws when the time is used up. */
  check(): void {
    const nowMs = performance.now();
    if (this.#cpuAtStartMs < 0) this.#cpuAtStartMs = this.#threadCpuMs() - (nowMs - this.#startMs);
    if (nowMs < this.#nextCheckMs) return;
    const usedMs = this.#threadCpuMs() - this.#cpuAtStartMs;
    if (usedMs >= this.#leftMs) throw new ArenaAbort("cpu");
    this.#nextCheckMs = nowMs + this.#leftMs - usedMs;
  }

  /** Ends the turn; returns what it used, in microseconds, reset included. */
  stop(): number {
    const usedMs =
      this.#cpuAtStartMs < 0 ? performance.now() - this.#startMs : this.#threadCpuMs() - this.#cpuAtStartMs;
    return Math.max(1, Math.min(Math.round(usedMs * 1000), 0x7fff_ffff));
  }

  #threadCpuMs(): number {
    if (this.#schedstat === undefined) {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    }
    const bytes = readSync(this.#schedstat, this.#line, 0, SCHEDSTAT_BYTES, 0);
    return Number.parseInt(this.#line.toString("latin1", 0, bytes), 10) / 1e6;
  }
}

/** Linux only (Documentation/scheduler/sched-stats.rst): time on the CPU, in nanoseconds, is the first number. */
function openSchedstat(): number | undefined {
  try {
    return openSync("/proc/thread-self/schedstat", "r");
  } catch {
    return undefined;
  }
}
