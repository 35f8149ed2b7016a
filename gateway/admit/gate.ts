/**
 * The gate: bounded work, bounded waiting, bounded patience. It knows nothing of arenas.
 *
 * owner      the I/O thread; one gate per pool, one for proxied requests, one for upgrades
 * bound      `slots` permits out at once, `queueLength` waiters, `queueWaitMs` of waiting each
 * when full  acquire() is refused with ADMIT_QUEUE_FULL; a waiter past its time with ADMIT_WAIT_EXPIRED
 * released   by Permit.release(), exactly once, when what the permit stood for is clean again and the response is over
 * watched    counters()
 *
 * A free permit is handed out synchronously, so an idle gate costs a request neither a promise nor a microtask. Waiters
 * are served in order of arrival; only a waiter whose lane is at its cap is overtaken. One timer serves the whole queue.
 */
import { GatewayError } from "../errors.ts";
import { assert } from "../shared/assert.ts";
import { Lanes } from "./lane.ts";
import type { Lane, Share } from "./lane.ts";
import { Pace } from "./pace.ts";
import { Permit } from "./permit.ts";
import { Waiter } from "./waiters.ts";

export type { Share } from "./lane.ts";
export { Permit } from "./permit.ts";

export interface GateOptions {
  readonly slots: number;
  readonly queueLength: number;
  readonly queueWaitMs: number;
  /** By key (a route's name). The reserves together must not exceed `slots`. */
  readonly shares?: Readonly<Record<string, Share>>;
}

type Refusal = "ADMIT_QUEUE_FULL" | "ADMIT_WAIT_EXPIRED" | "ADMIT_DRAINING" | "ADMIT_CLIENT_GONE";

export interface GateCounters {
  readonly slots: number;
  readonly active: number;
  readonly waiting: number;
  /** The most permits ever out at once, and the most waiters. */
  readonly highWater: number;
  readonly waitingHighWater: number;
  /** Since the start: permits handed out, how many of them after waiting, and permits that came back. */
  readonly admitted: number;
  readonly admittedAfterWait: number;
  readonly released: number;
  readonly refused: Readonly<Record<Refusal, number>>;
}

export class Gate {
  #options: GateOptions;
  readonly #lanes = new Lanes();
  readonly #pace = new Pace();
  #active = 0;
  #waiting = 0;
  #arrivals = 0;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;
  #highWater = 0;
  #waitingHighWater = 0;
  #admitted = 0;
  #admittedAfterWait = 0;
  #released = 0;
  readonly #refused: Record<Refusal, number> = {
    ADMIT_QUEUE_FULL: 0,
    ADMIT_WAIT_EXPIRED: 0,
    ADMIT_DRAINING: 0,
    ADMIT_CLIENT_GONE: 0,
  };

  constructor(options: GateOptions) {
    this.#options = options;
    this.#lanes.shareOut(options.slots, options.shares ?? {});
  }

  get options(): GateOptions {
    return this.#options;
  }

  /** A permit if there is one now, else null: the way of nearly every request, which needs no signal to leave a queue. */
  take(key?: string): Permit | null {
    const lane = this.#lanes.of(key);
    return !this.#closed && this.#lanes.canTake(lane) ? this.#enter(lane, 0) : null;
  }

  /**
   * A permit at once, or a promise of one that rejects with a GatewayError. `signal` is the client's presence: when it
   * aborts, the place in the queue goes to the next. `key` chooses the share, if the gate has one of that name.
   */
  acquire(signal?: AbortSignal, key?: string): Permit | Promise<Permit> {
    const lane = this.#lanes.of(key);
    const { slots, queueLength } = this.#options;
    if (this.#closed) return Promise.reject(this.#refusal("ADMIT_DRAINING"));
    if (signal?.aborted) return Promise.reject(this.#refusal("ADMIT_CLIENT_GONE"));
    if (this.#lanes.canTake(lane)) return this.#enter(lane, 0);
    const room = this.#waiting < queueLength && lane.mayWait(slots, queueLength);
    return room ? this.#wait(lane, signal) : Promise.reject(this.#refusal("ADMIT_QUEUE_FULL"));
  }

  /**
   * New numbers for a running gate (reload). Permits that are out stay out, so after a cut more than `slots` can be
   * active until enough have come back; waiters keep their places, and their deadlines unless the new wait is shorter.
   */
  reconfigure(options: GateOptions): void {
    this.#options = options;
    const latestMs = performance.now() + options.queueWaitMs;
    for (const lane of this.#lanes.all) {
      for (const waiter of lane.waiters) waiter.deadlineMs = Math.min(waiter.deadlineMs, latestMs);
    }
    this.#lanes.shareOut(options.slots, options.shares ?? {});
    this.#admitWaiters();
    this.#rearm();
  }

  /** Refuses everybody who waits and everybody who comes from now on. Permits that are out come back as usual. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.all) {
      for (const waiter of lane.waiters) this.#dismiss(lane, waiter, "ADMIT_DRAINING");
    }
    this.#rearm();
  }

  counters(): GateCounters {
    return {
      slots: this.#options.slots,
      active: this.#active,
      waiting: this.#waiting,
      highWater: this.#highWater,
      waitingHighWater: this.#waitingHighWater,
      admitted: this.#admitted,
      admittedAfterWait: this.#admittedAfterWait,
      released: this.#released,
      refused: { ...this.#refused },
    };
  }

  #enter(lane: Lane, waitedMs: number): Permit {
    this.#lanes.take(lane);
    this.#active++;
    this.#admitted++;
    if (this.#active > this.#highWater) this.#highWater = this.#active;
    return new Permit(lane, waitedMs, this.#giveBack);
  }

  readonly #giveBack = (lane: Lane): void => {
    this.#lanes.giveBack(lane);
    this.#active--;
    this.#released++;
    this.#admitWaiters();
  };

  #wait(lane: Lane, signal: AbortSignal | undefined): Promise<Permit> {
    const nowMs = performance.now();
    if (this.#waiting === 0) this.#pace.begin(nowMs, this.#released);
    const waiter = new Waiter(this.#arrivals++, nowMs, nowMs + this.#options.queueWaitMs);
    lane.waiters.append(waiter);
    this.#waiting++;
    if (this.#waiting > this.#waitingHighWater) this.#waitingHighWater = this.#waiting;
    if (signal !== undefined) this.#leaveOnAbort(lane, waiter, signal);
    if (this.#timer === null) this.#rearm();
    return waiter.promise;
  }

  #leaveOnAbort(lane: Lane, waiter: Waiter, signal: AbortSignal): void {
    const onAbort = () => this.#dismiss(lane, waiter, "ADMIT_CLIENT_GONE");
    signal.addEventListener("abort", onAbort, { once: true });
    waiter.forget = () => signal.removeEventListener("abort", onAbort);
  }

  #admitWaiters(): void {
    if (this.#waiting === 0) return;
    const nowMs = performance.now();
    // A waiter whose time is over must not be served late only because the timer has not had its turn yet.
    this.#expire(nowMs);
    for (let lane = this.#lanes.next(); lane !== null; lane = this.#lanes.next()) {
      const waiter = lane.waiters.first;
      assert(waiter !== null, "a lane is next only if somebody waits in it");
      this.#unqueue(lane, waiter);
      this.#admittedAfterWait++;
      waiter.resolve(this.#enter(lane, nowMs - waiter.sinceMs));
    }
  }

  #expire(nowMs: number): void {
    for (const lane of this.#lanes.all) {
      for (const waiter of lane.waiters) {
        // Within a lane, deadlines are in order of arrival (reconfigure() keeps it so).
        if (waiter.deadlineMs > nowMs) break;
        this.#dismiss(lane, waiter, "ADMIT_WAIT_EXPIRED");
      }
    }
  }

  #dismiss(lane: Lane, waiter: Waiter, code: Refusal): void {
    const error = this.#refusal(code);
    this.#unqueue(lane, waiter);
    waiter.reject(error);
  }

  #unqueue(lane: Lane, waiter: Waiter): void {
    lane.waiters.remove(waiter);
    waiter.forget();
    this.#waiting--;
  }

  #refusal(code: Refusal): GatewayError {
    this.#refused[code]++;
    const detail = `${this.#active} of ${this.#options.slots} slots taken, ${this.#waiting} waiting`;
    if (code === "ADMIT_CLIENT_GONE") return new GatewayError(code, detail);
    const retryAfterS = this.#pace.retryAfterS(performance.now(), this.#released, this.#waiting);
    return new GatewayError(code, detail, { retryAfterS });
  }

  /**
   * Sets the timer for the earliest deadline, or none. Waiters that leave earlier do not touch it: it then fires once
   * for nothing and is set anew, which is cheaper than one timer per waiter. A waiting request keeps its socket, and so
   * the process; the timer need not.
   */
  #rearm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting === 0) return;
    const deadlines = this.#lanes.all.map(
      ({ waiters }) => waiters.first?.deadlineMs ?? Number.POSITIVE_INFINITY,
    );
    const delayMs = Math.max(0, Math.ceil(Math.min(...deadlines) - performance.now()));
    this.#timer = setTimeout(() => {
      this.#expire(performance.now());
      this.#rearm();
    }, delayMs).unref();
  }
}
