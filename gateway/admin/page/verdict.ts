/** What needs attention, in sentences: the first thing a person reads. A pure function of one event. */
import type { GateView, LiveView, PointView } from "../views/shapes.ts";
import { bytes, clock, duration, plural } from "./format.ts";

export interface Remark {
  readonly level: "bad" | "warn";
  readonly text: string;
  /** The section that says more. */
  readonly section: string;
}

/** Above this, the I/O thread itself is what makes requests slow. */
const LATE_MS = 100;
const NEARLY_FULL = 0.9;

/** The worst first. Empty: all is well. */
export function remarks(view: LiveView): Remark[] {
  const all = [
    ...onReadiness(view),
    ...onLoad(view),
    ...onHandlers(view),
    ...onTargets(view),
    ...onMemory(view),
    ...onProcess(view),
    ...onFleet(view),
  ];
  return all.sort((a, b) => Number(a.level === "warn") - Number(b.level === "warn"));
}

function bad(section: string, text: string): Remark {
  return { level: "bad", section, text };
}

function warn(section: string, text: string): Remark {
  return { level: "warn", section, text };
}

function* onReadiness({ gateway }: LiveView): Generator<Remark> {
  if (!gateway.ready)
    yield warn("attention", "Not ready: it is draining. Load balancers should send nothing new.");
  if (gateway.lastReloadError !== null) {
    const when = gateway.lastReloadAt === null ? "" : ` at ${clock(gateway.lastReloadAt)} UTC`;
    const [first = ""] = gateway.lastReloadError.split("\n");
    yield warn(
      "attention",
      `The change${when} was not taken over, the configuration before it serves on: ${first}`,
    );
  }
}

function* onLoad({ points, rates, pools, gates }: LiveView): Generator<Remark> {
  const all = [...pools, ...gates];
  const refused = lately(points, ({ refused }) => refused);
  const full = all.filter(({ inUse, slots }) => slots > 0 && inUse >= slots);
  if (refused > 0) {
    const shedding = all.filter(({ name }) => rates.shedding.includes(name));
    const where = shedding.map(fullness).join("; ");
    yield bad(
      "pools",
      `Shedding load: ${plural(refused, "request")} refused in the last 10 seconds. ${where}.`,
    );
  } else if (full.length > 0) {
    yield warn("pools", `No slot free: ${full.map(fullness).join("; ")}.`);
  }
}

/** Ten points are ten seconds. */
function lately(points: readonly PointView[], pick: (point: PointView) => number): number {
  return points.slice(-10).reduce((sum, point) => sum + pick(point), 0);
}

function fullness({ name, slots, inUse, waiting, queueLength }: GateView): string {
  return `Now in ${name}: ${inUse} of ${slots} taken, ${waiting} of ${queueLength} waiting`;
}

function* onHandlers({ points, failures, routes }: LiveView): Generator<Remark> {
  for (const { name, breaker } of routes) {
    if (breaker === "open") yield bad("routes", `Route ${name} rests: its handler was aborted too often.`);
    if (breaker === "half-open") yield warn("routes", `Route ${name} is tried again after its rest.`);
  }
  const failed = lately(points, ({ failures }) => failures);
  if (failed === 0) return;
  const [last] = failures.groups;
  const where = last
    ? ` The latest: ${CAUSES[last.cause] ?? last.cause} in ${last.at ?? last.handler ?? "?"}.`
    : "";
  yield bad("failures", `Handlers fail: ${plural(failed, "time")} in the last 10 seconds.${where}`);
}

export const CAUSES: Readonly<Record<string, string>> = {
  memory: "arena full",
  cpu: "CPU time used up",
  wall: "took too long",
  stuck: "waited for nothing",
  effects: "too many effects",
  trapped: "engine trap",
  threw: "threw",
};

function* onTargets({ upstreams }: LiveView): Generator<Remark> {
  for (const { name, targets, healthy } of upstreams) {
    const out = targets - healthy;
    if (healthy === 0) yield bad("upstreams", `Upstream ${name}: no healthy target.`);
    else if (out > 0)
      yield warn("upstreams", `Upstream ${name}: ${out} of ${plural(targets, "target")} out.`);
  }
}

function* onMemory({ plan }: LiveView): Generator<Remark> {
  const { peakRssBytes, totalBytes, rssBytes, limitBytes } = plan;
  if (peakRssBytes > totalBytes) {
    yield bad(
      "memory",
      `Used more than the plan (${bytes(peakRssBytes)} of ${bytes(totalBytes)}): a fault of the gateway, please report it.`,
    );
  }
  if (limitBytes !== null && rssBytes > limitBytes * NEARLY_FULL) {
    yield bad("memory", `${bytes(rssBytes)} of the container's ${bytes(limitBytes)} are in use.`);
  }
}

function* onProcess({ rates, gateway }: LiveView): Generator<Remark> {
  const { connections, connectionsMax, logLinesDropped } = gateway;
  if (rates.loopDelayP99Ms > LATE_MS)
    yield warn("attention", `The I/O thread is late by ${duration(rates.loopDelayP99Ms)}: not enough CPU.`);
  if (connections > connectionsMax * NEARLY_FULL)
    yield warn("attention", `${connections} of ${connectionsMax} connections are open.`);
  if (logLinesDropped > 0)
    yield warn(
      "attention",
      `${plural(logLinesDropped, "log line")} lost: standard output is not read fast enough.`,
    );
}

function* onFleet({ fleet }: LiveView): Generator<Remark> {
  if (!fleet) return;
  if (fleet.stale) {
    yield warn(
      "fleet",
      `Nothing known of the fleet since ${since(fleet.redis.trueAt)}: ${fleet.redis.error ?? "Redis is silent"}.`,
    );
  } else {
    if (fleet.redis.error !== null)
      yield warn("fleet", `This gateway is missing in the others' view: ${fleet.redis.error}.`);
    if (fleet.totals.stale > 0)
      yield warn("fleet", `${plural(fleet.totals.stale, "gateway")} of the fleet stopped reporting.`);
  }
}

/** When it was last otherwise. */
export function since(time: string | null): string {
  return time === null ? "the start" : `${clock(time)} UTC`;
}
