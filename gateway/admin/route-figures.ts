/**
 * What is counted about one route. Owner: the figures (figures.ts). Bound: about 1.5 KiB per route, limits.ts says how
 * many routes there can be.
 */
import type { RouteConfig } from "../config/types.ts";
import type { FailureCause, RequestRecord, TakenOverBy } from "../observer.ts";
import { ARENA_BOUNDS_BYTES, DURATION_BOUNDS_S, Histogram } from "../shared/histogram.ts";

/** Parts of an arena that are told apart in the marks: fine enough to see whether half of it would do. */
export const PEAK_MARKS = 32;

/** Status classes: index 0 is a request that ended without a status (the client left first). */
export const STATUS_CLASSES = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

export class RouteFigures {
  readonly name: string;
  /** Null for a route without a handler. */
  readonly handler: HandlerFigures | null;
  readonly byClass = new Float64Array(STATUS_CLASSES.length);
  readonly duration = new Histogram(DURATION_BOUNDS_S);
  bytesIn = 0;
  bytesOut = 0;

  constructor(name: string, handler: HandlerFigures | null) {
    this.name = name;
    this.handler = handler;
  }

  get requests(): number {
    return this.byClass.reduce((sum, count) => sum + count, 0);
  }

  ended(record: RequestRecord, durationMs: number): void {
    const { status, bytesIn, bytesOut, handlerMs, arenaPeakBytes, cpuMs } = record;
    this.byClass[classOf(status)]!++;
    if (isTimed(record)) this.duration.observe(durationMs / 1000);
    this.bytesIn += bytesIn;
    this.bytesOut += bytesOut;
    if (arenaPeakBytes !== null) this.handler?.ended(handlerMs ?? 0, cpuMs ?? 0, arenaPeakBytes);
  }
}

export class HandlerFigures {
  readonly file: string;
  readonly pool: string;
  readonly arenaBytes: number;
  readonly duration = new Histogram(DURATION_BOUNDS_S);
  readonly peak = new Histogram(ARENA_BOUNDS_BYTES);
  /** How often a request's peak fell into each part of the arena. */
  readonly marks = new Float64Array(PEAK_MARKS);
  readonly failures = new Map<FailureCause, number>();
  /** Failures that clients did not get to see. */
  readonly takenOver: Record<TakenOverBy, number> = { retry_pool: 0, upstream: 0 };
  highestPeakBytes = 0;
  cpuMs = 0;

  constructor(file: string, pool: string, arenaBytes: number) {
    this.file = file;
    this.pool = pool;
    this.arenaBytes = arenaBytes;
  }

  ended(handlerMs: number, cpuMs: number, peakBytes: number): void {
    this.duration.observe(handlerMs / 1000);
    this.peak.observe(peakBytes);
    this.cpuMs += cpuMs;
    if (peakBytes > this.highestPeakBytes) this.highestPeakBytes = peakBytes;
    const part = Math.ceil((peakBytes / this.arenaBytes) * PEAK_MARKS) - 1;
    this.marks[Math.max(0, Math.min(PEAK_MARKS - 1, part))]!++;
  }

  failed(cause: FailureCause): void {
    this.failures.set(cause, (this.failures.get(cause) ?? 0) + 1);
  }
}

/** Whether counts of the one can go on under the other: same route, same handler, same arena. */
export function isSameRoute(figures: RouteFigures, { handler }: RouteConfig): boolean {
  if (figures.handler === null || handler === null) return figures.handler === null && handler === null;
  return figures.handler.file === handler.file && figures.handler.pool === handler.pool;
}

/** How long an upgraded connection lasts says nothing about how fast requests are. */
export function isTimed({ status }: RequestRecord): boolean {
  return status !== 101;
}

function classOf(status: number): number {
  return status >= 100 && status < 600 ? Math.trunc(status / 100) : 0;
}
