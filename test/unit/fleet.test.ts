import { describe, expect, test } from "vitest";
import { redisPlace } from "../../gateway/fleet/redis-url.ts";
import { readReport, type Report, writeReport } from "../../gateway/fleet/replica.ts";
import { REPORT_BYTES } from "../../gateway/limits.ts";
import { viewOf } from "../../gateway/fleet/view.ts";

describe("the Redis URL", () => {
  test.each([
    ["redis://127.0.0.1", { kind: "server", nodes: [{ host: "127.0.0.1", port: 6379 }], db: 0, tls: false }],
    ["redis://cache:6380/3", { nodes: [{ host: "cache", port: 6380 }], db: 3 }],
    ["rediss://cache", { kind: "server", tls: true }],
    ["redis://[::1]:7000", { nodes: [{ host: "::1", port: 7000 }] }],
    ["redis://:secret@cache", { username: undefined, password: "secret" }],
    ["redis://edge:s%2Fe%40c%3Aret@cache", { username: "edge", password: "s/e@c:ret" }],
    [
      "redis+sentinel://:p@a,b:26380/main/2",
      {
        kind: "sentinel",
        master: "main",
        db: 2,
        nodes: [
          { host: "a", port: 26379 },
          { host: "b", port: 26380 },
        ],
      },
    ],
    ["redis+sentinel://a", { master: "mymaster", db: 0 }],
    ["rediss+sentinel://a/main", { kind: "sentinel", tls: true, master: "main" }],
    [
      "redis+cluster://a:1,b:2,[::1]:3",
      {
        kind: "cluster",
        nodes: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
          { host: "::1", port: 3 },
        ],
      },
    ],
    ["rediss+cluster://u:p@a", { kind: "cluster", tls: true, username: "u", password: "p" }],
  ])("%s", (url, expected) => {
    expect(redisPlace(url)).toMatchObject(expected);
  });

  test("is shown without its credentials", () => {
    expect(redisPlace("rediss+sentinel://user:secret@a,b/main/1").shown).toBe("rediss+sentinel://a,b/main/1");
  });
});

function report(changes: Partial<Report> = {}): Report {
  const figures = {
    version: "0.1.0",
    startedAt: "2026-01-01T00:00:00.000Z",
    ready: true,
    generation: 1,
    reloadFailed: false,
    planBytes: 1000,
    limitBytes: null,
    rssBytes: 500,
    pools: [{ name: "small", slots: 4, inUse: 1, waiting: 2, queueLength: 8 }],
    requestsPerSecond: 10,
    refusedPerSecond: 0,
    failures: 0,
    p50Ms: 1,
    p99Ms: null,
  };
  return { ...writeReport(figures, "a-1", 1000), ...changes };
}

describe("a report from elsewhere", () => {
  test("comes back as it was written", () => {
    expect(readReport(JSON.stringify(report()))).toEqual(report());
  });

  test.each<[string, string]>([
    ["no JSON", "{"],
    ["no object", "7"],
    ["another version", JSON.stringify({ ...report(), v: 2 })],
    ["an id that is no id", JSON.stringify({ ...report(), id: "<script>" })],
    ["a figure that is no number", JSON.stringify({ ...report(), rssBytes: "many" })],
    ["a figure without bound", JSON.stringify(report()).replace('"planBytes":1000', '"planBytes":1e999')],
    ["an interval of no time", JSON.stringify({ ...report(), intervalMs: 0 })],
    ["something missing", JSON.stringify({ ...report(), pools: undefined })],
    ["more pools than there can be", JSON.stringify(report({ pools: Array(67).fill(report().pools[0]) }))],
  ])("is dropped whole: %s", (_, text) => {
    expect(readReport(text)).toBeUndefined();
  });

  test("loses what nobody knows", () => {
    expect(readReport(JSON.stringify({ ...report(), more: "x".repeat(1000) }))).toEqual(report());
  });

  test("fits into what is read of one, with the most and the longest pools there can be", () => {
    const figure = Number.MAX_SAFE_INTEGER;
    const pool = { name: "p".repeat(63), slots: 4096, inUse: 4096, waiting: 65_536, queueLength: 65_536 };
    const changes = {
      id: "i".repeat(100),
      planBytes: figure,
      limitBytes: figure,
      rssBytes: figure,
      p99Ms: 1 / 3,
    };
    const largest = report({
      ...changes,
      p50Ms: 1 / 3,
      requestsPerSecond: 1e5 / 3,
      pools: Array(66).fill(pool),
    });
    expect(JSON.stringify(largest).length).toBeLessThan(REPORT_BYTES);
    expect(readReport(JSON.stringify(largest))).toEqual(largest);
  });
});

describe("the view of the fleet", () => {
  const view = (others: { report: Report; ageMs: number }[], trueAgoMs = 0, readAgoMs = 0) => {
    const redis = { place: "redis://cache", error: null, trueAt: "2026-01-01T00:00:00.000Z" };
    return viewOf({ name: "edge", own: report(), others, readAgoMs, trueAgoMs, redis });
  };

  test("has this gateway in it, and adds up what all have", () => {
    const { replicas, totals, stale } = view([{ report: report({ id: "b-2" }), ageMs: 100 }]);
    expect(stale).toBe(false);
    expect(replicas.map(({ id, self, stale }) => [id, self, stale])).toEqual([
      ["a-1", true, false],
      ["b-2", false, false],
    ]);
    expect(totals).toMatchObject({ live: 2, stale: 0, requestsPerSecond: 20 });
    expect(totals.pools).toEqual([{ name: "small", slots: 8, inUse: 2, waiting: 4 }]);
  });

  test("marks a gateway that has missed more than three turns, and leaves it out of the sums", () => {
    const aged = (ageMs: number) => view([{ report: report({ id: "b-2" }), ageMs }]);
    expect(aged(3500).totals.live).toBe(2);
    expect(aged(3501).totals).toMatchObject({ live: 1, stale: 1 });
    expect(aged(3501).totals.pools).toEqual([{ name: "small", slots: 4, inUse: 1, waiting: 2 }]);
  });

  test("does not blame a gateway for being read seldom", () => {
    const { replicas } = view([{ report: report({ id: "b-2" }), ageMs: 900 }], 0, 6000);
    expect(replicas[1]).toMatchObject({ stale: false, ageMs: 6900 });
  });

  test("is stale as a whole once Redis is silent for three turns: then nothing is known of anybody else", () => {
    const other = [{ report: report({ id: "b-2" }), ageMs: 0 }];
    expect(view(other, 3500).stale).toBe(false);
    expect(view(other, 3501)).toMatchObject({ stale: true, totals: { live: 1, stale: 1 } });
  });
});
