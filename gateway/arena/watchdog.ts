/**
 * Looks at the turns that are running, every few milliseconds while any is: at how long they have been, and whether they are past
 * a limit that the engine itself cannot keep (a native loop does not reach its interrupt).
 */
import { ArenaThread } from "./arena-thread.ts";
import type { Running, Seat } from "./seat.ts";

/** The interrupt sees CPU time first; the watchdog acts when a turn is this much past its limit. */
const GRACE_MS = 10;
/** A turn that is still the same at the second look has been running for as long as this, or twice as long. */
const TICK_MS = 2;

export type KillCause = "cpu" | "wall";

export interface Watch {
  /** Turns that ended while another one waited behind them have not been announced. */
  drain(seat: Seat): void;
  /** Microseconds of CPU time that the slot's turn may use. */
  cpuLimitUs(slot: number): number;
  /** It is in a turn that is not short. */
  heldUp(seat: Seat): void;
  /** The turn of this mark is to be ended. */
  overdue(seat: Seat, slot: number, mark: number, cause: KillCause): void;
}

export class Watchdog {
  readonly #seats: readonly Seat[];
  readonly #watch: Watch;
  /** Slots whose turn is to end whatever it has used. */
  readonly #expired = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(seats: readonly Seat[], watch: Watch) {
    this.#seats = seats;
    this.#watch = watch;
  }

  /** Something was submitted. */
  start(): void {
    this.#timer ??= setInterval(() => this.#look(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  expire(slot: number): void {
    this.#expired.add(slot);
  }

  /** The slot's job is over, or taken back. */
  forget(slot: number): void {
    this.#expired.delete(slot);
  }

  #look(): void {
    for (const seat of this.#seats) {
      if (seat.load > 0) this.#watch.drain(seat);
      this.#inspect(seat);
    }
    if (this.#seats.every(({ load }) => load === 0)) this.stop();
  }

  #inspect(seat: Seat): void {
    const mark = seat.load > 0 ? seat.thread.running() : 0;
    if (mark <= 0) {
      seat.running = undefined;
      return;
    }
    const slot = ArenaThread.slotOf(mark);
    if (this.#expired.has(slot)) return this.#watch.overdue(seat, slot, mark, "wall");
    const nowMs = performance.now();
    if (seat.running?.mark !== mark) {
      seat.running = { mark, sinceMs: nowMs, cpuNs: undefined };
      return;
    }
    if (!seat.isHeldUp) this.#watch.heldUp(seat);
    if (this.#overCpu(seat, seat.running, slot, nowMs)) this.#watch.overdue(seat, slot, mark, "cpu");
  }

  /** Whether the turn has used up its CPU time: by the kernel's account, or by the clock where there is none. */
  #overCpu({ thread }: Seat, running: Running, slot: number, nowMs: number): boolean {
    const limitMs = this.#watch.cpuLimitUs(slot) / 1000 + GRACE_MS;
    if (nowMs - running.sinceMs < limitMs) {
      running.cpuNs ??= thread.cpuNs();
      return false;
    }
    const usedNs = thread.cpuNs();
    if (usedNs === undefined || running.cpuNs === undefined) return true;
    // It was asked for the first time at the second look, when the turn had been running for up to two ticks.
    return (usedNs - running.cpuNs) / 1e6 >= limitMs - 2 * TICK_MS;
  }
}
