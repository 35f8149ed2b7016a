// The plan is arithmetic on a configuration: what it must count, how it is shown, and the proposals made from it.
import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GatewayConfig, loadConfig, parseConfig } from "../../gateway/config.ts";
import { fitSlots } from "../../gateway/plan/fit.ts";
import { type RouteUse, parseUses, propose, sizeFor } from "../../gateway/plan/peaks.ts";
import { HEAP, MORE_INSTANCES, instancesOf, threadHeapMib } from "../../gateway/plan/runtime-figures.ts";
import { heapLimits, planOf, renderPlan } from "../../gateway/plan.ts";
import { inRepository } from "../support/gateway-process.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const shipped = loadConfig(inRepository("config/gateway.yaml"));

function configOf(yaml: string): GatewayConfig {
  return parseConfig(yaml, "plan.yaml", {});
}

const HANDLER = JSON.stringify(inRepository("handlers/hello.ts"));
const base = configOf(`
upstreams: { app: { targets: ["http://127.0.0.1:3000"] } }
pools: { small: { slots: 4, arena: 4Mi }, large: { slots: 1, arena: 16Mi } }
routes: [{ handler: ${HANDLER}, pool: small }, { match: { path: { prefix: /x } }, upstream: app }]`);

describe("terms", () => {
  test("the shipped configuration fits a container of 512Mi", () => {
    expect(planOf(shipped).totalBytes).toBeLessThanOrEqual(512 * MIB);
  });

  test("add up to the total, have names of their own, a reason, and an owner that exists", () => {
    const { terms, totalBytes } = planOf(base);
    expect(terms.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(totalBytes);
    expect(new Set(terms.map(({ name }) => name)).size).toBe(terms.length);
    for (const { owner, reason } of terms) {
      expect(reason).not.toBe("");
      if (owner !== "config") expect(existsSync(inRepository(`gateway/${owner}`)), owner).toBe(true);
    }
  });

  const MORE: Record<string, [more: (config: GatewayConfig) => GatewayConfig, atLeastBytes: number]> = {
    "a slot of a pool": [
      (c) => ({ ...c, pools: { ...c.pools, small: { ...c.pools["small"]!, slots: 5 } } }),
      4 * MIB,
    ],
    "a connection": [
      (c) => ({ ...c, limits: { ...c.limits, connections: c.limits.connections + 1 } }),
      32 * KIB,
    ],
    "a longer head": [(c) => ({ ...c, limits: { ...c.limits, headBytes: c.limits.headBytes + 1 } }), 1024],
    "a proxy slot": [(c) => ({ ...c, proxy: { ...c.proxy, slots: c.proxy.slots + 1 } }), 128 * KIB],
    "a larger buffer": [(c) => ({ ...c, proxy: { ...c.proxy, bufferBytes: c.proxy.bufferBytes + 1 } }), 512],
    "a place in a queue": [
      (c) => ({ ...c, proxy: { ...c.proxy, queueLength: c.proxy.queueLength + 1 } }),
      KIB,
    ],
    "an upgrade slot": [
      (c) => ({ ...c, upgrades: { ...c.upgrades, slots: c.upgrades.slots + 1 } }),
      128 * KIB,
    ],
    "an arena thread": [(c) => ({ ...c, threads: c.threads + 1 }), 16 * MIB],
    "room for images": [(c) => ({ ...c, imagesBytes: c.imagesBytes + MIB }), 2 * MIB],
    "headroom": [(c) => ({ ...c, memory: { ...c.memory, headroomBytes: c.memory.headroomBytes + 1 } }), 1],
    "TLS": [(c) => ({ ...c, tls: { certFile: "", keyFile: "", minVersion: "TLSv1.2" } }), MIB],
    "a subrequest": [
      (c) => ({
        ...c,
        routes: c.routes.map((r) => ({
          ...r,
          limits: { ...r.limits, subrequests: r.limits.subrequests + 1 },
        })),
      }),
      5 * 128 * KIB,
    ],
  };
  for (const [what, [more, atLeastBytes]] of Object.entries(MORE)) {
    test(`${what} more is counted`, () => {
      const grown = planOf(more(base)).totalBytes - planOf(base).totalBytes;
      expect(grown).toBeGreaterThanOrEqual(atLeastBytes);
    });
  }

  test("the caps of V8's heap are no larger than their term", () => {
    for (const config of [base, shipped]) {
      const { oldSpaceMib, semiSpaceMib } = heapLimits(config);
      const term = planOf(config).terms.find(({ name }) => name === "heap")!;
      expect((oldSpaceMib + 3 * semiSpaceMib) * MIB).toBeLessThanOrEqual(term.bytes);
      expect(oldSpaceMib * MIB).toBeGreaterThan(HEAP.baseBytes);
    }
  });

  test("an arena thread may keep the instances of all its slots", () => {
    expect(threadHeapMib(instancesOf(4096, 1).quick)).toBeGreaterThan(512);
    expect(threadHeapMib(instancesOf(4096, 8).quick)).toBeLessThan(100);
  });

  test("all arena threads together keep no more instances than their term counts", () => {
    for (const [slots, threads] of [
      [1, 1],
      [18, 1],
      [64, 3],
      [7, 8],
      [4096, 16],
    ] as const) {
      const { quick, patient, spare } = instancesOf(slots, threads);
      const counted = slots + threads * MORE_INSTANCES.quick + MORE_INSTANCES.patient + MORE_INSTANCES.spare;
      // The scratch arena's comes on top.
      expect(threads * quick + patient + spare + 1).toBeLessThanOrEqual(counted);
    }
  });
});

describe("the table", () => {
  test("has at most 80 columns, whatever pools are called", () => {
    const pool = { ...base.pools["small"]!, slots: 4096 };
    const names = ["a", "b".repeat(63), "c".repeat(22), "d".repeat(15)];
    const pools = Object.fromEntries(names.map((name) => [name, { ...pool, name }]));
    const tls = { certFile: "", keyFile: "", minVersion: "TLSv1.2" } as const;
    const lines = renderPlan(planOf({ ...base, pools, tls, threads: 64 })).split("\n");
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(lines.at(-1)).toMatch(/^ {2}sum +[\d.]+Mi {2}\S/);
  });

  test("shows every term that is not nothing, largest first", () => {
    const plan = planOf(shipped);
    const shown = renderPlan(plan).split("\n").slice(0, -2);
    expect(shown).toHaveLength(plan.terms.filter(({ bytes }) => bytes > 0).length);
    const sizes = plan.terms.map(({ bytes }) => bytes).sort((a, b) => b - a);
    expect(shown[0]).toContain(`${Math.round((sizes[0]! / MIB) * 10) / 10}Mi`);
  });
});

describe("slots for a memory", () => {
  test("fit, and one more in any pool does not", () => {
    const property = fc.property(fc.integer({ min: 420, max: 8192 }), (mib) => {
      const fit = fitSlots(base, mib * MIB);
      if (fit === null) return;
      expect(fit.totalBytes).toBeLessThanOrEqual(mib * MIB);
      const smallest = fit.pools.find(({ name }) => name === "small")!;
      const pools = Object.fromEntries(
        fit.pools.map(({ name, slots }) => [
          name,
          { ...base.pools[name]!, slots: slots + Number(name === smallest.name) },
        ]),
      );
      if (smallest.slots < 4096) expect(planOf({ ...base, pools }).totalBytes).toBeGreaterThan(mib * MIB);
    });
    fc.assert(property, { numRuns: 50 });
  });

  test("keep the pools' proportions", () => {
    const { pools } = fitSlots(base, 4096 * MIB)!;
    const [small, large] = pools.map(({ slots }) => slots) as [number, number];
    expect(small / large).toBeGreaterThan(3.5);
    expect(small / large).toBeLessThan(5);
  });

  test("are none where not even one each fits", () => {
    expect(fitSlots(base, 100 * MIB)).toBeNull();
  });
});

describe("arena sizes from what was used", () => {
  const METRICS = `# TYPE nea_arena_peak_bytes histogram
nea_arena_peak_bytes_bucket{route="/a",le="1048576"} 0
nea_arena_peak_bytes_bucket{route="/a",le="2097152"} 90
nea_arena_peak_bytes_bucket{route="/a",le="4194304"} 100
nea_arena_peak_bytes_bucket{route="/a",le="+Inf"} 100
nea_arena_peak_bytes_sum{route="/a"} 157286400
nea_handler_duration_seconds_sum{route="/a"} 1
nea_arena_peak_bytes_bucket{route="with \\"quotes\\"",le="33554432"} 10
nea_arena_peak_bytes_bucket{route="with \\"quotes\\"",le="+Inf"} 10
nea_arena_peak_bytes_sum{route="with \\"quotes\\""} 314572800
nea_handler_duration_seconds_sum{route="with \\"quotes\\""} 3
nea_arena_peak_bytes_bucket{route="never",le="+Inf"} 0
nea_arena_peak_bytes_sum{route="never"} 0
nea_requests_total{route="/a"} 100
`;
  const [a, quoted] = parseUses(METRICS) as [RouteUse, RouteUse];

  test("are read from the text format, without routes that had no request", () => {
    expect(parseUses(METRICS)).toHaveLength(2);
    expect(a).toMatchObject({ route: "/a", requests: 100, busyS: 1, meanPeakBytes: 1.5 * MIB });
    expect(a.buckets.map(({ requests }) => requests)).toEqual([0, 90, 10, 0]);
    expect(quoted.route).toBe('with "quotes"');
  });

  test("hold all requests, or all but the part that may outgrow them", () => {
    expect(sizeFor(a, 0)).toBe(4 * MIB);
    expect(sizeFor(a, 0.1)).toBe(2 * MIB);
    expect(sizeFor(a, 0.09)).toBe(4 * MIB);
  });

  test("what is above every bucket fits into none", () => {
    const above = {
      ...a,
      buckets: [
        { bytes: 2 * MIB, requests: 99 },
        { bytes: Infinity, requests: 1 },
      ],
    };
    expect(sizeFor(above, 0)).toBeNull();
    expect(propose([above], 0)).toBeNull();
  });

  test("two routes that differ get two pools: one size for both would keep more", () => {
    const { pools, meanArenaBytes, waste } = propose([a, quoted], 0)!;
    expect(pools.map(({ arenaBytes }) => arenaBytes)).toEqual([4 * MIB, 32 * MIB]);
    expect(pools.map(({ share }) => Math.round(share * 100))).toEqual([25, 75]);
    expect(meanArenaBytes / MIB).toBeCloseTo(25, 1);
    expect(pools[0]!.waste).toBeCloseTo(1 - 1.5 / 4, 3);
    expect(waste).toBeCloseTo(1 - (0.25 * 1.5 + 0.75 * 30) / 25, 2);
  });

  test("never more than three pools, and every route in one that holds it", () => {
    const use = fc.record({
      size: fc.integer({ min: 0, max: 12 }),
      requests: fc.integer({ min: 1, max: 1000 }),
    });
    const property = fc.property(fc.array(use, { minLength: 1, maxLength: 12 }), (list) => {
      const uses = list.map(({ size, requests }, i) => {
        const bytes = 256 * KIB * 2 ** size;
        return {
          route: `r${i}`,
          requests,
          busyS: requests,
          meanPeakBytes: bytes * 0.75,
          buckets: [{ bytes, requests }],
        };
      });
      const { pools } = propose(uses, 0)!;
      expect(pools.length).toBeLessThanOrEqual(3);
      for (const { route, buckets } of uses) {
        const pool = pools.filter(({ routes }) => routes.includes(route));
        expect(pool).toHaveLength(1);
        expect(pool[0]!.arenaBytes).toBeGreaterThanOrEqual(buckets[0]!.bytes);
      }
    });
    fc.assert(property);
  });
});
