// The proxy's decisions that need no socket.
import { describe, expect, test } from "vitest";
import { leastPending, roundRobin, sticky, totalWeight, weighted } from "../../gateway/proxy/balance.ts";
import { authorityOf, targetAddress } from "../../gateway/proxy/connect.ts";
import { Deadlines, type Timed } from "../../gateway/proxy/deadlines.ts";
import { faultOfFields, forwardedElement } from "../../gateway/proxy/headers.ts";
import { Health } from "../../gateway/proxy/health.ts";
import { framingOf, writeRequestHead } from "../../gateway/proxy/request-head.ts";
import { addressesOf } from "../../gateway/proxy/resolve.ts";
import { RetryBudget } from "../../gateway/proxy/retry-budget.ts";
import { trailersFor } from "../../gateway/proxy/trailers.ts";

const target = (
  label: string,
  pending = 0,
  weight = 1,
): { label: string; pending: number; weight: number } => ({ label, pending, weight });

describe("balance", () => {
  test("least pending goes by weight, and idle ones take turns", () => {
    expect(leastPending([target("a", 2), target("b", 1)], 0)?.label).toBe("b");
    expect(leastPending([target("a", 2, 4), target("b", 1, 1)], 0)?.label).toBe("a");
    const idle = [target("a"), target("b"), target("c")];
    expect([0, 1, 2, 3].map((turn) => leastPending(idle, turn)?.label)).toEqual(["a", "b", "c", "a"]);
    expect(leastPending([], 0)).toBe(null);
  });

  test("round-robin gives each its weight", () => {
    const two = [target("a", 0, 2), target("b", 0, 1)];
    expect([0, 1, 2, 3].map((turn) => roundRobin(two, turn)?.label)).toEqual(["a", "a", "b", "a"]);
    expect(roundRobin([], 5)).toBe(null);
  });

  test("a split follows its weights exactly over the whole range; weight zero gets nothing", () => {
    const split = [target("a", 0, 90), target("none", 0, 0), target("b", 0, 10)];
    const got = Array.from({ length: 100 }, (_, point) => weighted(split, point)?.label);
    expect(totalWeight(split)).toBe(100);
    expect([got.filter((x) => x === "a").length, got.filter((x) => x === "b").length]).toEqual([90, 10]);
  });

  test("when a sticky target goes, only its own keys move", () => {
    const all = ["a", "b", "c", "d"].map((label) => target(label));
    const keys = Array.from({ length: 400 }, (_, i) => `key-${i}`);
    const before = new Map(keys.map((key) => [key, sticky(all, key)?.label]));
    const left = all.filter(({ label }) => label !== "c");
    for (const key of keys) {
      const now = sticky(left, key)?.label;
      if (before.get(key) !== "c") expect(now).toBe(before.get(key));
    }
    for (const { label } of all) {
      const share = [...before.values()].filter((one) => one === label).length;
      expect(share).toBeGreaterThan(60);
    }
  });
});

describe("health", () => {
  test("ejects at the last of its failures in a row, not one before; a success in between starts over", () => {
    const health = new Health({ failures: 3, ejectMs: 100 });
    health.failed(0, true);
    health.failed(0, true);
    health.succeeded();
    health.failed(0, true);
    health.failed(0, true);
    expect(health.state(0)).toBe("healthy");
    health.failed(0, true);
    expect([health.state(0), health.state(99), health.state(100)]).toEqual([
      "ejected",
      "ejected",
      "half-open",
    ]);
  });

  test("half-open lets one try; its failure ejects again, its success heals", () => {
    const health = new Health({ failures: 1, ejectMs: 100 });
    health.failed(0, true);
    expect(health.accepts(50)).toBe(false);
    expect(health.accepts(100)).toBe(true);
    health.began(100);
    expect(health.accepts(100)).toBe(false);
    health.failed(120, true);
    expect([health.accepts(219), health.accepts(220)]).toEqual([false, true]);
    health.began(220);
    health.abandoned();
    expect(health.accepts(220)).toBe(true);
    health.began(220);
    health.succeeded();
    expect(health.state(220)).toBe("healthy");
  });

  test("the last target is not ejected, and active checks overrule", () => {
    const health = new Health({ failures: 1, ejectMs: 100 });
    health.failed(0, false);
    expect(health.state(0)).toBe("healthy");
    health.checked(false);
    expect([health.state(0), health.accepts(0)]).toEqual(["unhealthy", false]);
    health.checked(true);
    expect(health.state(0)).toBe("healthy");
  });
});

test("retries: a burst of ten, then one for every five requests", () => {
  const budget = new RetryBudget();
  let taken = 0;
  while (budget.take()) taken += 1;
  expect(taken).toBe(10);
  for (let i = 0; i < 5; i++) budget.earn();
  expect([budget.take(), budget.take()]).toEqual([true, false]);
});

describe("a request's head", () => {
  const request = (change: object): Parameters<typeof framingOf>[0] => ({
    method: "GET",
    path: "/",
    host: "a",
    headers: [],
    body: null,
    ...change,
  });
  const head = (change: object): string | null => {
    const one = request(change);
    return writeRequestHead(one, one.host ?? "own", framingOf(one));
  };

  test("is written line by line, framed once", () => {
    expect(head({ path: "/a?b", headers: ["x", "y"] })).toBe("GET /a?b HTTP/1.1\r\nhost: a\r\nx: y\r\n\r\n");
    expect(head({ method: "POST" })).toContain("content-length: 0\r\n\r\n");
    expect(head({ method: "PUT", body: Buffer.from("hello") })).toContain("content-length: 5\r\n\r\n");
    expect(head({ method: "DELETE" })).not.toContain("content-length");
  });

  test.each([
    { path: "/a b" },
    { path: "/a\r\nX: y" },
    { path: "a" },
    { path: "/a#b" },
    { path: "/ä" },
    { method: "GET /" },
    { method: "" },
    { host: "a\r\nX: y" },
    { host: "" },
    { headers: ["x y", "z"] },
    { headers: ["", "z"] },
    { headers: ["x", "a\r\nb: c"] },
    { headers: ["x", "a\nb"] },
    { headers: ["x", "a\0b"] },
    // Cut to one byte these would be CR and LF.
    { headers: ["x", "a\u010d\u010ab: c"] },
  ])("%j is not written at all", (change) => {
    expect(head(change)).toBe(null);
  });
});

test("fields from handlers are checked by the same letter", () => {
  expect(faultOfFields(["x-a", "b", "Y", ""])).toBe(null);
  for (const fields of [["x a", "b"], ["", "b"], ["x", "a\r\nb"], ["x", "\u010a"], ["x"]]) {
    expect(faultOfFields(fields), JSON.stringify(fields)).not.toBe(null);
  }
});

test("trailers lose what must not be one", () => {
  expect(trailersFor(["X-Sum", "1", "Content-Length", "5", "SET-COOKIE", "a", "y", "z"])).toEqual([
    "X-Sum",
    "1",
    "y",
    "z",
  ]);
});

test("Forwarded quotes what RFC 7239 wants quoted", () => {
  expect(forwardedElement("1.2.3.4", "a", "http")).toBe("for=1.2.3.4;host=a;proto=http");
  expect(forwardedElement("2001:db8::1", "a:81", "https")).toBe(
    'for="[2001:db8::1]";host="a:81";proto=https',
  );
  expect(forwardedElement("1.2.3.4", null, "http")).toBe("for=1.2.3.4;proto=http");
});

describe("targets", () => {
  test("are read from their URL", () => {
    expect(targetAddress("http://app:3000")).toMatchObject({
      scheme: "http",
      host: "app",
      port: 3000,
      unix: false,
    });
    expect(targetAddress("https://app")).toMatchObject({ scheme: "https", port: 443 });
    expect(targetAddress("http://[::1]:80")).toMatchObject({ host: "::1", port: 80 });
    expect(targetAddress("unix:/run/app.sock")).toMatchObject({ host: "/run/app.sock", unix: true });
  });
  test("are named in Host without a port that is the usual one", () => {
    const of = (text: string): string => authorityOf(targetAddress(text));
    expect(
      ["http://a", "http://a:81", "https://a", "https://a:80", "http://[::1]:81", "unix:/x"].map(of),
    ).toEqual(["a", "a:81", "a", "a:80", "[::1]:81", "localhost"]);
  });
  test("a name's addresses are sorted, without repetition, and not more than there may be", async () => {
    expect(await addressesOf("x", async () => ["2.2.2.2", "1.1.1.1", "2.2.2.2"])).toEqual([
      "1.1.1.1",
      "2.2.2.2",
    ]);
    const many = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`);
    expect((await addressesOf("x", async () => many)).length).toBe(64);
    expect(await addressesOf("::1", () => Promise.reject(new Error("not asked")))).toEqual(["::1"]);
  });
});

test("deadlines are looked at while there are any, and no timer runs when there are none", async () => {
  const deadlines = new Deadlines();
  await new Promise<void>((resolve) => {
    const timed: Timed = {
      checkDeadline: () => {
        deadlines.delete(timed);
        resolve();
      },
    };
    deadlines.add(timed);
  });
  expect(deadlines.size).toBe(0);
});

test("whoever leaves while deadlines are looked at takes nobody else out of sight", async () => {
  const deadlines = new Deadlines();
  const looks = new Map<number, number>();
  const all = Array.from({ length: 100 }, (_, number): Timed => ({
    checkDeadline: () => {
      looks.set(number, (looks.get(number) ?? 0) + 1);
      deadlines.delete(all[number]!);
      // Somebody who has been looked at, or has not been yet.
      deadlines.delete(all[(number * 37) % 100]!);
    },
  }));
  for (const timed of [...all, ...all]) deadlines.add(timed);
  expect(deadlines.size).toBe(100);
  while (deadlines.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const taken = new Set([...looks.keys()].map((number) => (number * 37) % 100));
  for (let number = 0; number < 100; number++) expect(looks.get(number) ?? 0).toBe(looks.has(number) ? 1 : 0);
  // Those that were never looked at had been taken out by somebody else.
  for (let number = 0; number < 100; number++) expect(looks.has(number) || taken.has(number)).toBe(true);
});
