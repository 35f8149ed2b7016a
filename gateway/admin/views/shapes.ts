/** The JSON of the admin API, for both its ends. No imports, as the page is compiled for browsers. */

/** A slot as one letter, for the page's cells. */
export const SLOT_LETTERS = { free: "f", running: "r", resetting: "w", condemned: "c" } as const;
export type SlotState = keyof typeof SLOT_LETTERS;

export interface SlotView {
  readonly index: number;
  readonly state: SlotState;
  /** Of the request in it, as of its last turn; 0 in a free slot. */
  readonly usedBytes: number;
  /** The most that any request used in this slot. */
  readonly peakBytes: number;
  readonly condemnedTimes: number;
  readonly requestId: string | null;
  readonly route: string | null;
  readonly heldMs: number | null;
}

export interface GateView {
  readonly name: string;
  readonly slots: number;
  readonly inUse: number;
  readonly highWater: number;
  readonly waiting: number;
  readonly waitingHighWater: number;
  readonly queueLength: number;
  readonly queueWaitMs: number;
  readonly admitted: number;
  readonly admittedAfterWait: number;
  readonly refusedQueueFull: number;
  readonly refusedWaitExpired: number;
}

export interface PoolView extends GateView {
  readonly arenaBytes: number;
  readonly slotList: readonly SlotView[];
}

export interface SlotsView {
  readonly pools: readonly PoolView[];
  /** Gates without arenas. */
  readonly gates: readonly GateView[];
}

export interface FailureView {
  readonly id: number;
  readonly time: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly method: string;
  readonly path: string;
  readonly route: string | null;
  readonly handler: string | null;
  readonly pool: string | null;
  readonly code: string | null;
  readonly cause: string;
  readonly reason: string | null;
  readonly at: string | null;
  readonly function: string | null;
  readonly precision: string | null;
  readonly stack: readonly string[];
  readonly codeFrame: string;
  readonly askedBytes: number;
  readonly arenaBytes: number;
  readonly arenaPeakBytes: number;
  readonly cpuMs: number;
}

export interface FailureGroupView {
  readonly route: string | null;
  readonly handler: string | null;
  readonly pool: string | null;
  readonly cause: string;
  readonly code: string | null;
  readonly at: string | null;
  readonly function: string | null;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly count: number;
  readonly askedBytes: number;
  readonly arenaPeakBytes: number;
  readonly last: FailureView;
}

export interface OverflowsView {
  /** All failures since the start. */
  readonly count: number;
  readonly groups: readonly FailureGroupView[];
  /** Groups that had to make room for newer ones. */
  readonly groupsForgotten: number;
  readonly latest: readonly FailureView[];
}

export interface TermView {
  readonly name: string;
  readonly bytes: number;
  readonly owner: string;
  readonly reason: string;
}

export interface PlanView {
  readonly terms: readonly TermView[];
  readonly totalBytes: number;
  /** Null: nothing limits the process. */
  readonly limitBytes: number | null;
  readonly limitSource: string | null;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  readonly cgroupBytes: number | null;
}

export interface RouteView {
  readonly name: string;
  readonly requests: number;
  readonly failed5xx: number;
  /** closed, open or half-open; null for a route without one. */
  readonly breaker: string | null;
  readonly handler: {
    readonly file: string;
    readonly pool: string;
    readonly arenaBytes: number;
    readonly highestPeakBytes: number;
    /** How many requests peaked in each equal part of the arena. */
    readonly marks: readonly number[];
    readonly failures: Readonly<Record<string, number>>;
  } | null;
}

export interface TargetView {
  readonly upstream: string;
  readonly target: string;
  /** healthy, ejected, half-open or unhealthy. */
  readonly state: string;
  readonly running: number;
  readonly waiting: number;
  readonly connections: number;
  readonly requests: number;
  readonly failures: number;
}

export interface UpstreamView {
  readonly name: string;
  readonly targets: number;
  readonly healthy: number;
}

/** One second. Counts are those of that second; times are of the ten before its end, null without requests. */
export interface PointView {
  readonly requests: number;
  readonly refused: number;
  readonly failures: number;
  readonly inUse: number;
  readonly waiting: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface RatesView {
  readonly requestsPerSecond: number;
  readonly refusedPerSecond: number;
  readonly failuresPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly waitP99Ms: number | null;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  /** The part of the last second in which the I/O thread was busy. */
  readonly loopBusy: number;
  /** The gates that refused somebody in the last ten seconds. */
  readonly shedding: readonly string[];
}

/** A pool for the page: each slot is one letter and two numbers instead of an object. */
export interface LivePool extends GateView {
  readonly arenaBytes: number;
  readonly states: string;
  /** Per slot, percent of the arena. */
  readonly usedPercent: readonly number[];
  readonly peakPercent: readonly number[];
}

export interface HeldSlotView {
  readonly pool: string;
  readonly slot: number;
  readonly route: string | null;
  readonly requestId: string | null;
  readonly heldMs: number;
}

export interface ReplicaShape {
  readonly id: string;
  readonly self: boolean;
  readonly stale: boolean;
  readonly ageMs: number;
  readonly version: string;
  readonly startedAt: string;
  readonly ready: boolean;
  readonly reloadFailed: boolean;
  readonly planBytes: number;
  readonly limitBytes: number | null;
  readonly rssBytes: number;
  readonly pools: readonly {
    readonly name: string;
    readonly slots: number;
    readonly inUse: number;
    readonly waiting: number;
  }[];
  readonly requestsPerSecond: number;
  readonly refusedPerSecond: number;
  readonly failures: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface FleetShape {
  readonly name: string;
  readonly redis: { readonly place: string; readonly error: string | null; readonly trueAt: string | null };
  readonly stale: boolean;
  readonly replicas: readonly ReplicaShape[];
  readonly totals: {
    readonly live: number;
    readonly stale: number;
    readonly requestsPerSecond: number;
    readonly pools: readonly {
      readonly name: string;
      readonly slots: number;
      readonly inUse: number;
      readonly waiting: number;
    }[];
  };
}

export interface GatewayShape {
  readonly host: string;
  readonly version: string;
  readonly startedAt: string;
  readonly uptimeMs: number;
  readonly ready: boolean;
  readonly connections: number;
  readonly connectionsMax: number;
  readonly inFlight: number;
  readonly threadKills: number;
  readonly logLinesDropped: number;
  readonly generation: number;
  readonly lastReloadAt: string | null;
  readonly lastReloadError: string | null;
}

/** What /api/live sends once a second. */
export interface LiveView {
  readonly time: string;
  readonly gateway: GatewayShape;
  readonly rates: RatesView;
  /** Oldest first; the last one is the second that has just ended. */
  readonly points: readonly PointView[];
  readonly pools: readonly LivePool[];
  readonly gates: readonly GateView[];
  readonly longestHeld: readonly HeldSlotView[];
  /** By highest use of their arena; those without a handler by requests. */
  readonly routes: readonly RouteView[];
  readonly routesInAll: number;
  readonly failures: OverflowsView;
  readonly upstreams: readonly UpstreamView[];
  /** The doubtful ones first. */
  readonly targets: readonly TargetView[];
  readonly targetsInAll: number;
  readonly plan: PlanView;
  /** Null: no fleet is configured. */
  readonly fleet: FleetShape | null;
}
