/**
 * Looks at the turns that are running, each millisecond while any is, and at how long they have been. Who is not done at the
 * second look is rung for: the engine asks its interrupt at the next loop or native call (module/bell-sites.ts), and the turn
 * steps aside for a moment, or ends itself if it is past a limit. Who does not hear that although it is (a loop over each byte
 * of a large arena, cryptography of the host's) is ended from outside.
 */
import { ArenaThread } from "./arena-thread.ts";
import type { Running, Seat } from "./seat.ts";

/**
 * So much CPU time a turn that is past its limit has to hear the bell, and to end. Nobody waits for it meanwhile, and to
 * replace its thread takes 54 ms of CPU time (its start, instances, code that is compiled anew), so to kill sooner would cost everybody
 * more than it spares (the ski rental problem; Karlin et al., Competitive Snoopy Caching, Algorithmica 3, 1988).
 */
const GRACE_MS = 30;
/** Nobody waits longer for a thread that does not even use CPU time. */
const DEAF_MS = 1000;
/**
 * A turn that is still the same at the second look has been running for as long as this, or twice as long. With 1 instead of 2 an
 * innocent's turn took 4.5 ms (p99) in a storm instead of 4.8, and a hello request as much CPU time (measured when a turn that was seen
 * twice was held up as well).
 */
const TICK_MS = 1;
/**
 * A turn that has been seen for so long keeps others waiting, and another thread takes its place meanwhile. On one processor a turn also
 * goes on while the I/O thread has it: with 1 instead of 2 a request of 0.2 ms of computing takes 355 us of CPU time instead of
 * 208, and one of 10 KB of JSON 204 instead of 150, for threads that take one another's place (`npm run bench -- --only csv,json`).
 */
const HELD_UP_MS = 2;

export type KillCause = "cpu" | "wall";

export interface Watch {
  /** Turns that ended while another one waited behind them have not been announced. */
  drain(seat: Seat): void;
  /** Microseconds of CPU time that the letter's turn may use. */
  cpuLimitUs(letter: number): number;
  /** It is in a turn that is not short. */
  heldUp(seat: Seat): void;
  /** The letter's turn is to look at its clock. */
  ring(letter: number): void;
  /** The turn of this mark is to be ended. */
  overdue(seat: Seat, letter: number, mark: number, cause: KillCause): void;
}

export class Watchdog {
  readonly #seats: readonly Seat[];
  readonly #watch: Watch;
  /** Letters whose turn is to end whatever it has used. */
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

  expire(letter: number): void {
    this.#expired.add(letter);
  }

  /** Its job is over, or taken back. */
  forget(letter: number): void {
    this.#expired.delete(letter);
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
    const nowMs = performance.now();
    const isSeenAgain = seat.running?.mark === mark;
    const running = isSeenAgain ? seat.running! : (seat.running = { mark, sinceMs: nowMs });
    if (nowMs - running.sinceMs >= HELD_UP_MS && !seat.isHeldUp) this.#watch.heldUp(seat);
    const letter = ArenaThread.letterOf(mark);
    const isExpired = this.#expired.has(letter);
    const limitMs = this.#watch.cpuLimitUs(letter) / 1000;
    if (isExpired || nowMs - running.sinceMs >= limitMs)
      this.#remind(seat, running, limitMs, nowMs, isExpired);
    else if (isSeenAgain) {
      running.cpuNs ??= seat.thread.cpuNs();
      // It is not short: a native loop steps aside as well (turn-clock.ts).
      this.#watch.ring(letter);
    }
  }

  /** Rings for a turn that is past a limit, or may be: its own clock knows best, and decides. Who does not hear that is ended. */
  #remind(seat: Seat, running: Running, limitMs: number, nowMs: number, isExpired: boolean): void {
    const letter = ArenaThread.letterOf(running.mark);
    this.#watch.ring(letter);
    const cpuNs = seat.thread.cpuNs();
    if (!isExpired && !isOverCpu(running, cpuNs, limitMs)) return;
    running.rung ??= { atMs: nowMs, cpuNs };
    if (!isDeaf(running.rung, cpuNs, nowMs)) return;
    this.#watch.overdue(seat, letter, running.mark, isExpired ? "wall" : "cpu");
  }
}

/** Whether the turn has used up its CPU time: by the kernel's account, or, where there is none, by the clock that has been looked at. */
function isOverCpu({ cpuNs: firstNs }: Running, cpuNs: number | undefined, limitMs: number): boolean {
  if (cpuNs === undefined || firstNs === undefined) return true;
  // It was asked for the first time at the second look, when the turn had been running for up to two ticks.
  return (cpuNs - firstNs) / 1e6 >= limitMs - 2 * TICK_MS;
}

function isDeaf(rung: NonNullable<Running["rung"]>, cpuNs: number | undefined, nowMs: number): boolean {
  const waitedMs = nowMs - rung.atMs;
  const usedMs = cpuNs === undefined || rung.cpuNs === undefined ? waitedMs : (cpuNs - rung.cpuNs) / 1e6;
  return usedMs >= GRACE_MS || waitedMs >= DEAF_MS;
}
