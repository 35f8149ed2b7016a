/**
 * What the page is told once a second. Bound: the cuts below, and one letter and two numbers per slot; about 10 KiB for
 * a usual gateway, 200 KiB for the largest.
 */
import type { BreakerState } from "../../admit/breaker.ts";
import type { Route } from "../../generation.ts";
import type { RouteFigures } from "../route-figures.ts";
import type { Sources } from "../sources.ts";
import { overflowsView } from "./overflows-view.ts";
import { planView } from "./plan-view.ts";
import {
  type GatewayShape,
  type HeldSlotView,
  type LivePool,
  type LiveView,
  type OverflowsView,
  type PoolView,
  type RouteView,
  SLOT_LETTERS,
  type TargetView,
  type UpstreamView,
} from "./shapes.ts";
import { slotsView } from "./slots-view.ts";
import { targetsView } from "./targets-view.ts";

const ROUTES_SHOWN = 24;
const GROUPS_SHOWN = 12;
const TARGETS_SHOWN = 48;
const HELD_SHOWN = 6;
const PROBLEM_CHARACTERS = 2000;

export function liveView(sources: Sources): LiveView {
  const { pulse, figures, fleet, gateway } = sources;
  const breakers = breakerStates(gateway.generation.routes);
  const { pools, gates } = slotsView(sources);
  const routes = [...figures.routes];
  const targets = targetsView(sources);
  return {
    time: new Date().toISOString(),
    gateway: gatewayShape(sources),
    rates: pulse.rates,
    points: pulse.points,
    pools: pools.map(livePool),
    gates,
    longestHeld: longestHeld(pools),
    routes: routes
      .sort((a, b) => byNeed(a, b, breakers))
      .slice(0, ROUTES_SHOWN)
      .map((route) => routeView(route, breakers)),
    routesInAll: routes.length,
    failures: latestGroups(overflowsView(figures.failures)),
    upstreams: upstreamViews([...gateway.generation.upstreams.keys()], targets),
    targets: targets.sort(byDoubt).slice(0, TARGETS_SHOWN),
    targetsInAll: targets.length,
    plan: planView(sources),
    fleet: fleet?.view() ?? null,
  };
}

function gatewayShape({ gateway, arenas, reloader, log, ready, identity }: Sources): GatewayShape {
  const { generation, last } = reloader;
  return {
    ...identity,
    uptimeMs: Math.round(performance.now()),
    ready: ready(),
    connections: gateway.listener.connections,
    connectionsMax: gateway.generation.config.limits.connections,
    inFlight: gateway.active,
    threadKills: arenas.threads.kills,
    logLinesDropped: log.dropped,
    generation,
    lastReloadAt: last?.at ?? null,
    // The log has all of it.
    lastReloadError: last?.ok === false ? last.problem.slice(0, PROBLEM_CHARACTERS) : null,
  };
}

function livePool({ slotList, ...pool }: PoolView): LivePool {
  const percent = (bytes: number) => Math.round((bytes / pool.arenaBytes) * 100);
  return {
    ...pool,
    states: slotList.map(({ state }) => SLOT_LETTERS[state]).join(""),
    usedPercent: slotList.map(({ usedBytes }) => percent(usedBytes)),
    peakPercent: slotList.map(({ peakBytes }) => percent(peakBytes)),
  };
}

function longestHeld(pools: readonly PoolView[]): HeldSlotView[] {
  const held = pools.flatMap(({ name, slotList }) =>
    slotList.flatMap(({ index, route, requestId, heldMs }) =>
      heldMs === null ? [] : [{ pool: name, slot: index, route, requestId, heldMs }],
    ),
  );
  return held.sort((a, b) => b.heldMs - a.heldMs).slice(0, HELD_SHOWN);
}

type BreakerStates = ReadonlyMap<string, BreakerState>;

function breakerStates(routes: readonly Route[]): BreakerStates {
  const nowMs = performance.now();
  return new Map(
    routes.flatMap(({ config, breaker }) => (breaker ? [[config.name, breaker.state(nowMs)]] : [])),
  );
}

/** Routes that rest, then the fullest arenas, then whatever is busiest. */
function byNeed(a: RouteFigures, b: RouteFigures, breakers: BreakerStates): number {
  const rests = ({ name }: RouteFigures) => Number((breakers.get(name) ?? "closed") !== "closed");
  return rests(b) - rests(a) || fullness(b) - fullness(a) || b.requests - a.requests;
}

function fullness({ handler }: RouteFigures): number {
  return handler === null ? -1 : handler.highestPeakBytes / handler.arenaBytes;
}

function routeView({ name, requests, byClass, handler }: RouteFigures, breakers: BreakerStates): RouteView {
  const known = { name, requests, failed5xx: byClass[5]!, breaker: breakers.get(name) ?? null };
  if (handler === null) return { ...known, handler };
  const { file, pool, arenaBytes, highestPeakBytes, marks, failures } = handler;
  const own = {
    file,
    pool,
    arenaBytes,
    highestPeakBytes,
    marks: [...marks],
    failures: Object.fromEntries(failures),
  };
  return { ...known, handler: own };
}

function latestGroups({ groups, ...rest }: OverflowsView): OverflowsView {
  return { ...rest, groups: groups.slice(0, GROUPS_SHOWN), latest: [] };
}

function upstreamViews(names: readonly string[], targets: readonly TargetView[]): UpstreamView[] {
  return names.map((name) => {
    const own = targets.filter(({ upstream }) => upstream === name);
    return { name, targets: own.length, healthy: own.filter(({ state }) => state === "healthy").length };
  });
}

function byDoubt(a: TargetView, b: TargetView): number {
  return Number(a.state === "healthy") - Number(b.state === "healthy") || b.requests - a.requests;
}
