import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ADMIN_REPLY_BYTES, adminBufferBytes, adminHeapBytes } from "../../gateway/admin/bounds.ts";
import { counter, exposition, gauge, histogram } from "../../gateway/admin/exposition.ts";
import { FailureRing, GROUPS, LATEST, RECORD_BYTES } from "../../gateway/admin/failure-ring.ts";
import { Figures } from "../../gateway/admin/figures.ts";
import { LatencyWindow } from "../../gateway/admin/latency-window.ts";
import { sizing } from "../../gateway/admin/page/sizing.ts";
import { Pulse } from "../../gateway/admin/pulse.ts";
import { Gate } from "../../gateway/admit/gate.ts";
import { ConfigError, parseConfig } from "../../gateway/config.ts";
import { GatewayError } from "../../gateway/errors.ts";
import type { Failure } from "../../gateway/observer.ts";
import { planOf } from "../../gateway/plan.ts";
import { Histogram } from "../../gateway/shared/histogram.ts";
import { requestRecord } from "../support/request-record.ts";

const MIB = 1024 * 1024;

const CONFIG = `
pools: { small: { slots: 4, arena: 4Mi }, large: { slots: 1, arena: 32Mi } }
upstreams: { app: { targets: ["http://127.0.0.1:3000"] } }
routes:
  - { name: hello, match: { path: { prefix: /hello } }, handler: handlers/hello.ts, pool: small }
  - { name: rest, upstream: app }
`;

function config(text = CONFIG) {
  return parseConfig(text, "gateway.yaml", {});
}

/** Of the route `hello`, with half of its arena used. */
const record = (changes: Parameters<typeof requestRecord>[0] = {}) =>
  requestRecord({ arenaPeakBytes: 2 * MIB, cpuMs: 1, waitMs: 0, ...changes });

function failure(changes: Partial<Failure> = {}): Failure {
  return {
    requestId: "r1",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    method: "GET",
    path: "/bomb",
    route: "hello",
    handler: "handlers/bomb.ts",
    pool: "small",
    code: "ARENA_MEMORY_EXCEEDED",
    cause: "memory",
    reason: "memory",
    at: "handlers/bomb.ts:10:28",
    function: "leak",
    precision: "call",
    stack: ["leak (handlers/bomb.ts:10:28)"],
    codeFrame: "> 10 | leak();",
    askedBytes: 65536,
    arenaBytes: 4 * MIB,
    arenaPeakBytes: 4 * MIB,
    cpuMs: 12,
    ...changes,
  };
}

describe("a histogram", () => {
  test("counts a value under the first bound that is not below it, and what is above all of them apart", () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0, 1, 1.5, 2, 2.1]) histogram.observe(value);
    expect([...histogram.counts]).toEqual([2, 2, 1]);
    expect(histogram.sum).toBeCloseTo(6.6);
    expect(histogram.count).toBe(5);
  });
});

describe("percentiles of the last seconds", () => {
  test("are off by less than a tenth, whatever the order of magnitude", () => {
    for (const scale of [0.05, 1, 200, 60_000]) {
      const window = new LatencyWindow();
      for (let i = 1; i <= 1000; i++) window.observe((i / 1000) * scale);
      const [p50, p99] = window.percentiles([0.5, 0.99]);
      expect(p50! / (0.5 * scale)).toBeGreaterThan(0.99);
      expect(p50! / (0.5 * scale)).toBeLessThan(1.1);
      expect(p99! / (0.99 * scale)).toBeGreaterThan(0.99);
      expect(p99! / (0.99 * scale)).toBeLessThan(1.1);
    }
  });

  test("forget what is ten seconds old, not what is nine", () => {
    const window = new LatencyWindow();
    window.observe(5);
    for (let second = 0; second < 9; second++) window.advance();
    expect(window.percentiles([1])[0]).toBeGreaterThanOrEqual(5);
    window.advance();
    expect(window.percentiles([1])).toEqual([null]);
  });
});

describe("the exposition", () => {
  const text = (...families: Parameters<typeof exposition>[0][]) =>
    [...exposition(families.flatMap((f) => [...f]))].join("");

  test("escapes what a route's name may hold", () => {
    const family = counter("nea_x_total", "Of \\ and\nlines.", () => [[{ route: 'a "b" \\ \n' }, 1]]);
    expect(text([family])).toBe(
      '# HELP nea_x_total Of \\\\ and\\nlines.\n# TYPE nea_x_total counter\nnea_x_total{route="a \\"b\\" \\\\ \\n"} 1\n',
    );
  });

  test("writes histograms cumulative, with a bucket for everything", () => {
    const values = new Histogram([1, 2]);
    for (const value of [0.5, 1.5, 7]) values.observe(value);
    const lines = text([histogram("nea_h", "H.", () => [[{ pool: "a" }, values]])]).split("\n");
    expect(lines.slice(2, -1)).toEqual([
      'nea_h_bucket{pool="a",le="1"} 1',
      'nea_h_bucket{pool="a",le="2"} 2',
      'nea_h_bucket{pool="a",le="+Inf"} 3',
      'nea_h_sum{pool="a"} 9',
      'nea_h_count{pool="a"} 3',
    ]);
  });

  test("has a word for what is no number", () => {
    const family = gauge("nea_g", "G.", () =>
      [NaN, Infinity, -Infinity].map((value) => [{}, value] as const),
    );
    expect(text([family]).split("\n").slice(2, -1)).toEqual(["nea_g NaN", "nea_g +Inf", "nea_g -Inf"]);
  });
});

describe("the figures", () => {
  test("have one series for all requests without a route, whatever clients ask for", () => {
    const figures = new Figures(config());
    for (let i = 0; i < 1000; i++) figures.requestEnded(record({ route: null, gate: null, status: 404 }), 1);
    expect([...figures.routes].map(({ name }) => name)).toEqual(["hello", "rest"]);
    expect(figures.noRoute.byClass[4]).toBe(1000);
    expect(figures.waits.size).toBe(4);
  });

  test("keep a route's counts over a reload that leaves it as it was, and forget those of one that is gone", () => {
    const figures = new Figures(config());
    figures.requestEnded(record(), 1);
    figures.requestEnded(record({ route: "rest", gate: "proxy", arenaPeakBytes: null }), 1);
    figures.adopted(config(CONFIG.replace("name: rest", "name: others")));
    const [hello, others] = figures.routes;
    expect([hello!.name, hello!.requests]).toEqual(["hello", 1]);
    expect([others!.name, others!.requests]).toEqual(["others", 0]);
    // A request that outlived its route.
    figures.requestEnded(record({ route: "rest" }), 1);
    expect(figures.noRoute.requests).toBe(1);
  });

  test("begin anew for a route whose pool has changed: peaks in another arena are not comparable", () => {
    const figures = new Figures(config());
    figures.requestEnded(record(), 1);
    figures.adopted(config(CONFIG.replace("pool: small", "pool: large")));
    expect([...figures.routes][0]!.requests).toBe(0);
  });

  test("mark a peak in its part of the arena, the last part being the full one", () => {
    const figures = new Figures(config());
    for (const peak of [1, 4 * MIB, 2 * MIB]) figures.requestEnded(record({ arenaPeakBytes: peak }), 1);
    const marks = [...[...figures.routes][0]!.handler!.marks];
    expect(marks.flatMap((count, at) => (count > 0 ? [at] : []))).toEqual([0, 15, 31]);
  });

  test("do not take the life of an upgraded connection for the duration of a request", () => {
    const figures = new Figures(config());
    figures.requestEnded(record({ route: "rest", status: 101, arenaPeakBytes: null }), 3_600_000);
    expect([...figures.routes][1]!.duration.count).toBe(0);
    expect(figures.window.percentiles([1])).toEqual([null]);
    expect(figures.requests).toBe(1);
  });

  test("count errors by code, also of bytes that never became a request", () => {
    const figures = new Figures(config());
    figures.requestEnded(record({ error: new GatewayError("ADMIT_QUEUE_FULL"), status: 503 }), 1);
    figures.broken("ACCEPT_BAD_REQUEST");
    expect([...figures.errors]).toEqual([
      ["ADMIT_QUEUE_FULL", 1],
      ["ACCEPT_BAD_REQUEST", 1],
    ]);
  });

  test("count a failure at its route's handler by cause", () => {
    const figures = new Figures(config());
    figures.handlerFailed(failure());
    figures.handlerFailed(failure({ cause: "threw" }));
    expect([...[...figures.routes][0]!.handler!.failures]).toEqual([
      ["memory", 1],
      ["threw", 1],
    ]);
  });
});

describe("the ring of failures", () => {
  test("puts failures of one cause at one source line of one route together", () => {
    const ring = new FailureRing();
    ring.add(failure({ askedBytes: 10 }));
    ring.add(failure({ askedBytes: 30, requestId: "r2" }));
    ring.add(failure({ askedBytes: 20, at: "handlers/bomb.ts:11:1" }));
    const [second, first] = ring.groups;
    expect(second).toMatchObject({ at: "handlers/bomb.ts:11:1", count: 1 });
    expect(first).toMatchObject({ count: 2, askedBytes: 30, last: { requestId: "r2", id: 2 } });
    expect(ring.latest.map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  test("holds its number of groups and not one more; the one that was quiet for longest goes", () => {
    const ring = new FailureRing();
    for (let line = 0; line < GROUPS; line++) ring.add(failure({ at: `a.ts:${line}:1` }));
    ring.add(failure({ at: "a.ts:0:1" }));
    expect(ring.groups).toHaveLength(GROUPS);
    expect(ring.groupsForgotten).toBe(0);
    ring.add(failure({ at: "new.ts:1:1" }));
    expect(ring.groups).toHaveLength(GROUPS);
    expect(ring.groupsForgotten).toBe(1);
    expect(ring.groups.some(({ at }) => at === "a.ts:0:1")).toBe(true);
    expect(ring.groups.some(({ at }) => at === "a.ts:1:1")).toBe(false);
  });

  test("a flood at one line leaves the other lines in view", () => {
    const ring = new FailureRing();
    ring.add(failure({ at: "quiet.ts:1:1" }));
    for (let i = 0; i < 10_000; i++) ring.add(failure());
    expect(ring.groups.map(({ at, count }) => [at, count])).toEqual([
      ["handlers/bomb.ts:10:28", 10_000],
      ["quiet.ts:1:1", 1],
    ]);
    expect(ring.latest).toHaveLength(LATEST);
  });

  test("keeps a record of at most RECORD_BYTES, however long its texts are", () => {
    const ring = new FailureRing();
    const long = "ü".repeat(100_000);
    const stack = Array.from({ length: 100 }, () => long);
    ring.add(failure({ path: long, reason: long, codeFrame: long, function: long, stack }));
    expect(2 * JSON.stringify(ring.latest[0]).length).toBeLessThan(RECORD_BYTES);
  });
});

describe("the pulse", () => {
  test("names the gate that sheds load, for ten seconds", async ({ onTestFinished }) => {
    const gate = new Gate({ slots: 0, queueLength: 0, queueWaitMs: 0 });
    const quiet = new Gate({ slots: 1, queueLength: 0, queueWaitMs: 0 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const pulse = new Pulse(
      new Figures(config()),
      [
        ["small", gate],
        ["proxy", quiet],
      ],
      resolve,
    );
    onTestFinished(() => pulse.stop());
    await Promise.resolve(gate.acquire()).catch(() => {});
    // The pulse keeps no process alive; the test has to.
    const alive = setInterval(() => {}, 1000);
    await promise;
    clearInterval(alive);
    expect(pulse.rates).toMatchObject({ refusedPerSecond: 1, shedding: ["small"] });
    expect(pulse.points.at(-1)).toMatchObject({ refused: 1, requests: 0, p99Ms: null });
  });
});

describe("how late the I/O thread is", () => {
  test("is looked at closely from the first request to a second without one", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const figures = new Figures(config());
    new Pulse(figures, [], () => {});
    const [pulse, andCloser] = [1, 2];
    expect(vi.getTimerCount()).toBe(pulse);
    figures.requestEnded(record(), 1);
    expect(vi.getTimerCount()).toBe(andCloser);
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(andCloser);
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(pulse);
  });

  test("is looked at closely for as long as a request is under way", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const gate = new Gate({ slots: 1, queueLength: 0, queueWaitMs: 0 });
    new Pulse(new Figures(config()), [["small", gate]], () => {});
    gate.take();
    vi.advanceTimersByTime(5000);
    expect(vi.getTimerCount()).toBe(2);
  });

  test("shows at rest as well, when the pulse is late", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const pulse = new Pulse(new Figures(config()), [], resolve);
    onTestFinished(() => pulse.stop());
    const alive = setInterval(() => {}, 1000);
    const lateMs = 50;
    for (const sinceMs = performance.now(); performance.now() - sinceMs < 1000 + lateMs;);
    await promise;
    clearInterval(alive);
    // The window's buckets are off by 9 % at most, and the second began a little before.
    expect(pulse.rates.loopDelayMaxMs).toBeGreaterThan(0.9 * lateMs);
  });
});

describe("what the page says about an arena's size", () => {
  const handler = { file: "", pool: "small", arenaBytes: 4 * MIB, highestPeakBytes: MIB, failures: {} };
  const marks = (count: number) => [count, 0, 0, 0];

  test("is nothing before a hundred requests", () => {
    expect(sizing({ ...handler, marks: marks(99) })).toBe("");
    expect(sizing({ ...handler, marks: marks(100) })).toBe("2Mi would do");
  });

  test("names the next power of two with a tenth to spare", () => {
    expect(sizing({ ...handler, marks: marks(100), highestPeakBytes: 0.9 * MIB })).toBe("1Mi would do");
    expect(sizing({ ...handler, marks: marks(100), highestPeakBytes: 0.95 * MIB })).toBe("2Mi would do");
  });

  test("puts an overflow before everything else", () => {
    expect(sizing({ ...handler, marks: marks(100), failures: { memory: 3 } })).toBe("too small for 3");
  });
});

describe("the plan", () => {
  test("has the admin port's answers in it, and its objects in the heap's cap", () => {
    const terms = new Map(planOf(config()).terms.map(({ name, bytes }) => [name, bytes]));
    expect(terms.get("admin")).toBe(adminBufferBytes(config()));
    expect(adminBufferBytes(config())).toBeGreaterThan(ADMIN_REPLY_BYTES);
    expect(terms.get("heap")).toBeGreaterThan(adminHeapBytes(config()));
  });

  test("grows with what the admin side keeps: routes, slots, the fleet", () => {
    const before = adminHeapBytes(config());
    expect(adminHeapBytes(config(CONFIG.replace("slots: 4", "slots: 400")))).toBeGreaterThan(before);
    expect(adminHeapBytes(config(`${CONFIG}fleet: { redis: "redis://127.0.0.1" }\n`))).toBeGreaterThan(
      before,
    );
    const route = "  - { name: more, match: { path: { prefix: /more } }, upstream: app }\n";
    expect(adminHeapBytes(config(CONFIG + route))).toBeGreaterThan(before);
  });
});

test.each(["proxy", "upgrades"])("no pool may be called %s, which is a pool in metrics already", (name) => {
  const text = CONFIG.replace("large:", `${name}:`);
  expect(() => config(text)).toThrow(ConfigError);
  expect(() => config(text)).toThrow(new RegExp(`pools\\.${name}: .*another name`));
});
