/**
 * How much CPU time a turn has used. The limit is in CPU time of this thread, so that a busy machine does not make an
 * innocent handler guilty. The wall clock is looked at first, because it is cheap to read and never shows less.
 *
 * Most turns end before the engine's first interrupt (10,000 steps) and within a millisecond; for those the wall clock is
 * the account. Otherwise the kernel's scheduler is asked (schedstat, nanoseconds), or, where it does not tell,
 * process.threadCpuUsage, whose steps can be as coarse as a timer tick. The question costs microseconds, so it is asked
 * at a turn's start only if the last answer is older than a millisecond: what the thread used since bounds what the turn
 * used, however long it was kept waiting for a processor.
 *
 * A turn that is not short steps aside each millisecond, for whoever waits for its processor.
 */
import { openSync, readSync } from "node:fs";
import { stepAside } from "../shared/give-way.ts";
import { ArenaAbort } from "./abort.ts";

const SCHEDSTAT_BYTES = 64;

/** An answer this fresh will do. */
const FRESH_MS = 1;

/** A turn runs for so long before it steps aside: longer than most take, and much shorter than a tick of the kernel's (4 ms). */
const ASIDE_AFTER_MS = 1;

/** Opened once per thread, not per clock: every image that is made has a clock of its own, and nobody closes the file. */
let schedstat: { readonly file: number | undefined } | undefined;

export class TurnClock {
  /** Thread CPU time as last heard, and when. */
  #knownCpuMs = 0;
  #knownAtMs = -Infinity;
  #startMs = 0;
  #leftMs = 0;
  /** Never, between turns: a bell that is rung too late, or while the next image's arena boots, finds nothing used up. */
  #nextCheckMs = Infinity;
  #asideAtMs = Infinity;
  /** Thread CPU time when the turn began; -1 until the first interrupt. */
  #cpuAtStartMs = -1;
  readonly #schedstat = (schedstat ??= { file: openSchedstat() }).file;
  readonly #line = Buffer.alloc(SCHEDSTAT_BYTES);

  /** Begins a turn that may use `leftUs` of CPU time. */
  start(leftUs: number): void {
    this.#startMs = performance.now();
    this.#leftMs = leftUs / 1000;
    this.#nextCheckMs = this.#startMs + this.#leftMs;
    this.#asideAtMs = this.#startMs + ASIDE_AFTER_MS;
    this.#cpuAtStartMs = -1;
    if (this.#startMs - this.#knownAtMs > FRESH_MS) this.#threadCpuMs();
  }

  /** Called by the engine's interrupt; throws when the time is used up, and else steps aside when it is time to. */
  check(): void {
    const nowMs = performance.now();
    if (this.#cpuAtStartMs < 0) this.#estimateStart(nowMs);
    this.#checkTime(nowMs);
    if (nowMs < this.#asideAtMs) return;
    stepAside();
    this.#asideAtMs = performance.now() + ASIDE_AFTER_MS;
  }

  #checkTime(nowMs: number): void {
    if (nowMs < this.#nextCheckMs) return;
    const usedMs = this.#threadCpuMs() - this.#cpuAtStartMs;
    if (usedMs >= this.#leftMs) throw new ArenaAbort("cpu");
    this.#nextCheckMs = nowMs + this.#leftMs - usedMs;
  }

  /** Ends the turn; returns what it used, in microseconds, reset included. */
  stop(): number {
    const nowMs = performance.now();
    if (this.#cpuAtStartMs < 0 && nowMs - this.#startMs > FRESH_MS) this.#estimateStart(nowMs);
    this.#nextCheckMs = this.#asideAtMs = Infinity;
    const usedMs = this.#cpuAtStartMs < 0 ? nowMs - this.#startMs : this.#threadCpuMs() - this.#cpuAtStartMs;
    return Math.max(1, Math.min(Math.round(usedMs * 1000), 0x7fff_ffff));
  }

  /** The turn has used no more than the time that has passed, and no more than the thread has since it was last asked. */
  #estimateStart(nowMs: number): void {
    const before = this.#knownCpuMs;
    this.#cpuAtStartMs = Math.max(this.#threadCpuMs() - (nowMs - this.#startMs), before);
  }

  #threadCpuMs(): number {
    this.#knownAtMs = performance.now();
    return (this.#knownCpuMs = this.#ask());
  }

  #ask(): number {
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
