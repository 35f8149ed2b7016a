/**
 * The gateway once a second: rates and percentiles of the last ten seconds, and the last two minutes as points to draw.
 * Owner: the admin side. Bound: POINTS points of a dozen numbers. Costs a few microseconds a second, nothing per request.
 */
import type { Gate } from "../admit/gate.ts";
import type { Figures } from "./figures.ts";
import type { PointView, RatesView } from "./views/shapes.ts";

const TICK_MS = 1000;
export const POINTS = 120;
/** Rates are over this many ticks. */
const RATE_TICKS = 10;

interface Totals {
  readonly requests: number;
  readonly refused: number;
  readonly failures: number;
}

const NO_RATES: RatesView = {
  requestsPerSecond: 0,
  refusedPerSecond: 0,
  failuresPerSecond: 0,
  p50Ms: null,
  p99Ms: null,
  waitP99Ms: null,
  loopDelayP99Ms: 0,
  loopDelayMaxMs: 0,
  loopBusy: 0,
  shedding: [],
};

/** A gate, and how long ago it refused somebody. */
interface Seen {
  readonly name: string;
  readonly gate: Gate;
  refused: number;
  quietTicks: number;
}

export class Pulse {
  readonly #figures: Figures;
  readonly #gates: readonly Seen[];
  readonly #points: PointView[] = [];
  #utilization = performance.eventLoopUtilization();
  #before: Totals;
  #timer: NodeJS.Timeout;
  #rates = NO_RATES;
  #expectedMs = performance.now() + TICK_MS;

  /** `onTick` is told after every tick. */
  constructor(figures: Figures, gates: Iterable<readonly [string, Gate]>, onTick: () => void) {
    this.#figures = figures;
    this.#gates = Array.from(gates, ([name, gate]) => ({ name, gate, refused: 0, quietTicks: RATE_TICKS }));
    this.#before = this.#totals();
    this.#timer = setInterval(() => {
      this.#tick();
      onTick();
    }, TICK_MS).unref();
  }

  get rates(): RatesView {
    return this.#rates;
  }

  /** Oldest first. */
  get points(): readonly PointView[] {
    return this.#points;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#figures.loopDelay.rest();
  }

  #tick(): void {
    const { loopDelay } = this.#figures;
    const nowMs = performance.now();
    loopDelay.window.observe(Math.max(0, nowMs - this.#expectedMs));
    this.#expectedMs = nowMs + TICK_MS;
    const [p50Ms = null, p99Ms = null] = this.#figures.window.percentiles([0.5, 0.99]);
    this.#addPoint(p50Ms, p99Ms);
    const [waitP99Ms = null] = this.#figures.waitWindow.percentiles([0.99]);
    const [loopP99 = null, loopMax = null] = loopDelay.window.percentiles([0.99, 1]);
    const utilization = performance.eventLoopUtilization();
    this.#rates = {
      requestsPerSecond: this.#rate("requests"),
      refusedPerSecond: this.#rate("refused"),
      failuresPerSecond: this.#rate("failures"),
      p50Ms,
      p99Ms,
      waitP99Ms,
      loopDelayP99Ms: loopP99 ?? 0,
      loopDelayMaxMs: loopMax ?? 0,
      loopBusy: performance.eventLoopUtilization(utilization, this.#utilization).utilization,
      shedding: this.#gates.filter(({ quietTicks }) => quietTicks < RATE_TICKS).map(({ name }) => name),
    };
    this.#utilization = utilization;
    this.#figures.window.advance();
    this.#figures.waitWindow.advance();
    loopDelay.window.advance();
  }

  #addPoint(p50Ms: number | null, p99Ms: number | null): void {
    const now = this.#totals();
    const before = this.#before;
    this.#before = now;
    let inUse = 0;
    let waiting = 0;
    for (const { gate } of this.#gates) {
      const { active, waiting: queued } = gate.counters();
      inUse += active;
      waiting += queued;
    }
    if (inUse > 0 || now.requests > before.requests) this.#figures.loopDelay.awake();
    else this.#figures.loopDelay.rest();
    this.#points.push({
      requests: now.requests - before.requests,
      refused: now.refused - before.refused,
      failures: now.failures - before.failures,
      inUse,
      waiting,
      p50Ms,
      p99Ms,
    });
    if (this.#points.length > POINTS) this.#points.shift();
  }

  #rate(what: keyof Totals): number {
    const last = this.#points.slice(-RATE_TICKS);
    return last.reduce((sum, point) => sum + point[what], 0) / last.length;
  }

  #totals(): Totals {
    let refused = 0;
    for (const seen of this.#gates) {
      const counts = seen.gate.counters().refused;
      const own = counts.ADMIT_QUEUE_FULL + counts.ADMIT_WAIT_EXPIRED + counts.ADMIT_DRAINING;
      seen.quietTicks = own > seen.refused ? 0 : seen.quietTicks + 1;
      seen.refused = own;
      refused += own;
    }
    return { requests: this.#figures.requests, refused, failures: this.#figures.failures.count };
  }
}
