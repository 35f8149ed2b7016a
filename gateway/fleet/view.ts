/** The fleet as it is shown: what each gateway said last, how long ago, and what all of them have together. */
import type { Report } from "./replica.ts";

/** What another gateway said, and how old that was when it was read. */
export interface Known {
  readonly report: Report;
  readonly ageMs: number;
}

export interface ReplicaView extends Report {
  readonly self: boolean;
  readonly ageMs: number;
  /** It has missed its turn to report more than STALE_INTERVALS times. */
  readonly stale: boolean;
}

export interface FleetTotals {
  readonly live: number;
  readonly stale: number;
  readonly requestsPerSecond: number;
  readonly refusedPerSecond: number;
  readonly pools: readonly FleetPool[];
}

export interface FleetPool {
  readonly name: string;
  readonly slots: number;
  readonly inUse: number;
  readonly waiting: number;
}

export interface FleetView {
  readonly name: string;
  readonly redis: {
    readonly place: string;
    /** Null: all is well. */
    readonly error: string | null;
    /** When the view was last known to be true; null: not yet. */
    readonly trueAt: string | null;
  };
  /** The view is old: figures of other gateways are the last known ones. */
  readonly stale: boolean;
  readonly replicas: readonly ReplicaView[];
  readonly totals: FleetTotals;
}

const STALE_INTERVALS = 3;
/** Reading takes a moment, and a round can be late. */
const SLACK_MS = 500;

export interface FleetState {
  readonly name: string;
  readonly own: Report;
  readonly others: readonly Known[];
  readonly readAgoMs: number;
  readonly trueAgoMs: number;
  readonly redis: FleetView["redis"];
}

export function viewOf({ name, own, others, readAgoMs, trueAgoMs, redis }: FleetState): FleetView {
  const stale = isStale(trueAgoMs, own.intervalMs);
  const replicas = [
    { ...own, self: true, ageMs: 0, stale: false },
    ...others.map(({ report, ageMs }) => ({
      ...report,
      self: false,
      ageMs: Math.round(ageMs + readAgoMs),
      // Judged by the age at reading: a large fleet is read less often, and that is no replica's fault.
      stale: stale || isStale(ageMs, report.intervalMs),
    })),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { name, redis, stale, replicas, totals: totalsOf(replicas) };
}

function isStale(ageMs: number, intervalMs: number): boolean {
  return ageMs > STALE_INTERVALS * intervalMs + SLACK_MS;
}

function totalsOf(replicas: readonly ReplicaView[]): FleetTotals {
  const live = replicas.filter(({ stale }) => !stale);
  const sum = (pick: (report: Report) => number) => live.reduce((total, report) => total + pick(report), 0);
  return {
    live: live.length,
    stale: replicas.length - live.length,
    requestsPerSecond: sum(({ requestsPerSecond }) => requestsPerSecond),
    refusedPerSecond: sum(({ refusedPerSecond }) => refusedPerSecond),
    pools: poolsOf(live),
  };
}

function poolsOf(live: readonly Report[]): FleetPool[] {
  const pools = new Map<string, FleetPool>();
  for (const pool of live.flatMap(({ pools }) => pools)) {
    const { slots, inUse, waiting } = pools.get(pool.name) ?? { slots: 0, inUse: 0, waiting: 0 };
    pools.set(pool.name, {
      name: pool.name,
      slots: slots + pool.slots,
      inUse: inUse + pool.inUse,
      waiting: waiting + pool.waiting,
    });
  }
  return [...pools.values()];
}
