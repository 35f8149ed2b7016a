// What the page says at its top, for every trouble there is.
import { describe, expect, test } from "vitest";
import { bytes, duration } from "../../gateway/admin/page/format.ts";
import { remarks } from "../../gateway/admin/page/verdict.ts";
import type {
  FailureGroupView,
  FleetShape,
  LiveView,
  LivePool,
  PointView,
  RouteView,
} from "../../gateway/admin/views/shapes.ts";

const MIB = 1024 * 1024;

const gate = {
  slots: 4,
  inUse: 0,
  highWater: 0,
  waiting: 0,
  waitingHighWater: 0,
  queueLength: 8,
  queueWaitMs: 250,
  admitted: 0,
  admittedAfterWait: 0,
  refusedQueueFull: 0,
  refusedWaitExpired: 0,
};
const small: LivePool = {
  ...gate,
  name: "small",
  arenaBytes: 4 * MIB,
  states: "ffff",
  usedPercent: [],
  peakPercent: [],
};
const point: PointView = { requests: 1, refused: 0, failures: 0, inUse: 0, waiting: 0, p50Ms: 1, p99Ms: 2 };
const route: RouteView = { name: "hello", requests: 1, failed5xx: 0, breaker: null, handler: null };

const WELL: LiveView = {
  time: "2026-01-01T00:00:00.000Z",
  gateway: {
    host: "a",
    version: "0.1.0",
    startedAt: "2026-01-01T00:00:00.000Z",
    uptimeMs: 1000,
    ready: true,
    connections: 1,
    connectionsMax: 10,
    inFlight: 0,
    threadKills: 0,
    logLinesDropped: 0,
    generation: 1,
    lastReloadAt: null,
    lastReloadError: null,
  },
  rates: {
    requestsPerSecond: 1,
    refusedPerSecond: 0,
    failuresPerSecond: 0,
    p50Ms: 1,
    p99Ms: 2,
    waitP99Ms: 0,
    loopDelayP99Ms: 1,
    loopDelayMaxMs: 2,
    loopBusy: 0.1,
    shedding: [],
  },
  points: [point],
  pools: [small],
  gates: [{ ...gate, name: "proxy" }],
  longestHeld: [],
  routes: [route],
  routesInAll: 1,
  failures: { count: 0, groups: [], groupsForgotten: 0, latest: [] },
  upstreams: [{ name: "app", targets: 2, healthy: 2 }],
  targets: [],
  targetsInAll: 0,
  plan: {
    terms: [],
    totalBytes: 500 * MIB,
    limitBytes: 512 * MIB,
    limitSource: "memory.max",
    rssBytes: 200 * MIB,
    peakRssBytes: 300 * MIB,
    cgroupBytes: null,
  },
  fleet: null,
};

const fleet: FleetShape = {
  name: "edge",
  redis: { place: "redis://cache", error: null, trueAt: "2026-01-01T04:02:11.000Z" },
  stale: false,
  replicas: [],
  totals: { live: 2, stale: 0, requestsPerSecond: 0, pools: [] },
};

function said(changes: Partial<LiveView>): [string, string][] {
  return remarks({ ...WELL, ...changes }).map(({ level, text }) => [level, text]);
}

test("nothing is said of a gateway that is well", () => {
  expect(said({})).toEqual([]);
  expect(said({ fleet })).toEqual([]);
});

test.each<[string, Partial<LiveView>, [string, RegExp]]>([
  ["draining", { gateway: { ...WELL.gateway, ready: false } }, ["warn", /^Not ready/]],
  [
    "a faulty change",
    { gateway: { ...WELL.gateway, lastReloadAt: WELL.time, lastReloadError: "a.yaml:1:2: got x\nmore" } },
    ["warn", /^The change at 00:00:00 UTC was not taken over.*: a\.yaml:1:2: got x$/],
  ],
  [
    "a full pool",
    { pools: [{ ...small, inUse: 4, waiting: 3 }] },
    ["warn", /^No slot free: Now in small: 4 of 4 taken, 3 of 8/],
  ],
  [
    "refused requests",
    { points: [{ ...point, refused: 3 }], rates: { ...WELL.rates, shedding: ["small"] } },
    ["bad", /^Shedding load: 3 requests refused in the last 10 seconds\. Now in small: 0 of 4/],
  ],
  [
    "handlers that fail",
    {
      points: [{ ...point, failures: 1 }],
      failures: { ...WELL.failures, groups: [{ cause: "memory", at: "a.ts:1:2" } as FailureGroupView] },
    },
    ["bad", /^Handlers fail: 1 time in the last 10 seconds\. The latest: arena full in a\.ts:1:2\.$/],
  ],
  ["an open breaker", { routes: [{ ...route, breaker: "open" }] }, ["bad", /^Route hello rests/]],
  [
    "a breaker's probe",
    { routes: [{ ...route, breaker: "half-open" }] },
    ["warn", /^Route hello is tried again/],
  ],
  [
    "a dead upstream",
    { upstreams: [{ name: "app", targets: 2, healthy: 0 }] },
    ["bad", /^Upstream app: no healthy target/],
  ],
  [
    "an upstream without targets",
    { upstreams: [{ name: "app", targets: 0, healthy: 0 }] },
    ["bad", /no healthy target/],
  ],
  [
    "half an upstream",
    { upstreams: [{ name: "app", targets: 2, healthy: 1 }] },
    ["warn", /^Upstream app: 1 of 2 targets out/],
  ],
  [
    "a broken bound",
    { plan: { ...WELL.plan, peakRssBytes: 501 * MIB } },
    ["bad", /^Used more than the plan \(501Mi of 500Mi\)/],
  ],
  [
    "a full container",
    { plan: { ...WELL.plan, rssBytes: 480 * MIB } },
    ["bad", /^480Mi of the container's 512Mi/],
  ],
  [
    "a late I/O thread",
    { rates: { ...WELL.rates, loopDelayP99Ms: 150 } },
    ["warn", /^The I\/O thread is late by 150 ms/],
  ],
  [
    "nearly all connections",
    { gateway: { ...WELL.gateway, connections: 10 } },
    ["warn", /^10 of 10 connections/],
  ],
  ["lost log lines", { gateway: { ...WELL.gateway, logLinesDropped: 1 } }, ["warn", /^1 log line lost/]],
  [
    "a silent Redis",
    { fleet: { ...fleet, stale: true, redis: { ...fleet.redis, error: "ECONNREFUSED" } } },
    ["warn", /^Nothing known of the fleet since 04:02:11 UTC: ECONNREFUSED/],
  ],
  [
    "a Redis that takes nothing",
    { fleet: { ...fleet, redis: { ...fleet.redis, error: "not published: READONLY" } } },
    ["warn", /missing in the others' view: not published: READONLY/],
  ],
  [
    "a silent gateway",
    { fleet: { ...fleet, totals: { ...fleet.totals, stale: 1 } } },
    ["warn", /^1 gateway of the fleet stopped/],
  ],
])("%s is said", (_, changes, [level, text]) => {
  expect(said(changes)).toEqual([[level, expect.stringMatching(text)]]);
});

test("what is bad comes before what is only worth knowing", () => {
  const levels = said({
    gateway: { ...WELL.gateway, ready: false },
    routes: [{ ...route, breaker: "open" }],
  });
  expect(levels.map(([level]) => level)).toEqual(["bad", "warn"]);
});

describe("figures for people", () => {
  test.each<[number, string]>([
    [0, "0"],
    [1023, "1023"],
    [1024, "1Ki"],
    [1638400, "1.6Mi"],
    [4 * MIB, "4Mi"],
    [512 * MIB, "512Mi"],
    [25 * 1024 * MIB, "25Gi"],
  ])("%i bytes are %s", (value, text) => expect(bytes(value)).toBe(text));

  test.each<[number | null, string]>([
    [null, "–"],
    [0, "0 ms"],
    [0.42, "0.42 ms"],
    [3.24, "3.2 ms"],
    [37.2, "37 ms"],
    [1234, "1.2 s"],
    [59_000, "59 s"],
    [61_000, "1 min"],
    [3_700_000, "1 h 1 min"],
    [3 * 24 * 3_600_000, "3 days"],
  ])("%s ms are %s", (value, text) => expect(duration(value)).toBe(text));
});
