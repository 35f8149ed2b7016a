// The fleet against real Redis servers, well and unwell. A gateway's own service is the subject of the last tests.
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Fleet } from "../../gateway/fleet/fleet.ts";
import type { OwnFigures } from "../../gateway/fleet/replica.ts";
import type { FleetView } from "../../gateway/fleet/view.ts";
import { openLog } from "../../gateway/shared/log.ts";
import { freePort } from "../support/free-port.ts";
import { RedisServer } from "../support/redis-server.ts";
import { TroubledLink } from "../support/troubled-link.ts";

const FIGURES: OwnFigures = {
  version: "0.1.0",
  startedAt: "2026-01-01T00:00:00.000Z",
  ready: true,
  generation: 1,
  reloadFailed: false,
  planBytes: 1000,
  limitBytes: null,
  rssBytes: 500,
  pools: [{ name: "small", slots: 4, inUse: 1, waiting: 0, queueLength: 8 }],
  requestsPerSecond: 10,
  refusedPerSecond: 0,
  failures: 0,
  p50Ms: 1,
  p99Ms: 2,
};

const { logger } = openLog("silent");

/** Started, and stopped with the test. */
function join(
  redis: string,
  changes: { name?: string; prefix?: string; ttlMs?: number } = {},
  log = logger,
): Fleet {
  const config = { redis, name: "edge", prefix: "nea:", intervalMs: 100, ttlMs: 1000, ...changes };
  const fleet = new Fleet(config, () => FIGURES, log);
  fleet.start();
  onTestFinished(() => fleet.stop());
  return fleet;
}

async function redisServer(...args: Parameters<typeof RedisServer.start>): Promise<RedisServer> {
  const server = await RedisServer.start(...args);
  onTestFinished(() => server.stop());
  return server;
}

/** A view changes without an event. */
async function until(fleet: Fleet, holds: (view: FleetView) => boolean): Promise<FleetView> {
  for (;;) {
    const view = fleet.view();
    if (holds(view)) return view;
    await sleep(10);
  }
}

const sees = (count: number) => (view: FleetView) => view.totals.live === count && !view.stale;
const isWell = ({ redis, stale }: FleetView) => redis.error === null && redis.trueAt !== null && !stale;

describe("a fleet in one Redis", () => {
  test("shows each gateway to the others, and adds up what they have", async () => {
    const redis = await redisServer();
    const [first, second] = [join(redis.url), join(redis.url)];
    for (const fleet of [first, second]) {
      const { totals, replicas } = await until(fleet, sees(2));
      expect(totals).toMatchObject({ live: 2, stale: 0, requestsPerSecond: 20 });
      expect(totals.pools).toEqual([{ name: "small", slots: 8, inUse: 2, waiting: 0 }]);
      expect(replicas.filter(({ self }) => self)).toHaveLength(1);
    }
  });

  test("forgets a gateway that says goodbye at once, and leaves nothing of it behind", async () => {
    const redis = await redisServer();
    const [first, second] = [join(redis.url, { ttlMs: 60_000 }), join(redis.url, { ttlMs: 60_000 })];
    await until(first, sees(2));
    await second.stop();
    await until(first, sees(1));
    await first.stop();
    expect(await redis.run("keys", "*")).toEqual([]);
  });

  test("takes fleets of another name or prefix for other fleets", async () => {
    const redis = await redisServer();
    const first = join(redis.url);
    const others = [join(redis.url, { name: "core" }), join(redis.url, { prefix: "other:" })];
    await Promise.all(
      others.map((fleet) => until(fleet, (view) => isWell(view) && fleet.counters.rounds > 3)),
    );
    expect(first.view().totals.live).toBe(1);
    expect(others.map((fleet) => fleet.view().totals.live)).toEqual([1, 1]);
  });

  test("gives every key an end, so that a fleet that is gone leaves nothing", async () => {
    const redis = await redisServer();
    const fleet = join(redis.url);
    await until(fleet, () => fleet.counters.rounds > 2);
    const keys = (await redis.run("keys", "*")) as string[];
    expect(keys.sort()).toEqual([
      expect.stringMatching(/^nea:fleet:\{edge\}:gateway:/),
      "nea:fleet:{edge}:members",
    ]);
    for (const key of keys) expect(await redis.run("pttl", key)).toBeGreaterThan(0);
  });

  test("does not show what is no report, however it came there", async () => {
    const redis = await redisServer();
    const junk = ["not json", "{}", "x".repeat(100_000), JSON.stringify({ v: 1, id: "half" })];
    for (const [at, text] of junk.entries()) {
      await redis.run("zadd", "nea:fleet:{edge}:members", Date.now(), `junk-${at}`);
      await redis.run("set", `nea:fleet:{edge}:gateway:junk-${at}`, text, "PX", 60_000);
    }
    await redis.run("zadd", "nea:fleet:{edge}:members", Date.now(), "no key", Date.now(), "<script>");
    const [first, second] = [join(redis.url), join(redis.url)];
    await until(first, sees(2));
    await until(second, sees(2));
    expect(first.view().replicas).toHaveLength(2);
  });

  test("needs no more of Redis than an ACL user with nine commands on its own keys may do", async () => {
    const redis = await redisServer();
    const may = "set zadd zremrangebyscore pexpire zrevrange getrange pttl del zrem"
      .split(" ")
      .map((name) => `+${name}`);
    await redis.run(
      "acl",
      "setuser",
      "edge",
      "on",
      ">s/e:c@ret",
      "resetkeys",
      "~nea:fleet:*",
      "-@all",
      ...may,
    );
    const url = `redis://edge:${encodeURIComponent("s/e:c@ret")}@127.0.0.1:${redis.port}`;
    const [first, second] = [join(url), join(url)];
    expect(await until(first, sees(2))).toMatchObject({ redis: { error: null } });
    await second.stop();
    await until(first, sees(1));
  });
});

describe("a Redis that is unwell", () => {
  test("down at start: the view says so, and is well once it is up", async () => {
    const port = await freePort();
    const fleet = join(`redis://127.0.0.1:${port}`);
    const view = await until(fleet, ({ stale }) => stale);
    expect(view.redis).toMatchObject({ trueAt: null, error: expect.stringContaining("ECONNREFUSED") });
    expect(view.replicas).toHaveLength(1);
    await redisServer([], port);
    await until(fleet, isWell);
  });

  test("killed and started again: others are kept as last known, marked, with the time; then all is well", async () => {
    const port = await freePort();
    const redis = await redisServer([], port);
    const [first, second] = [join(redis.url), join(redis.url)];
    await until(first, sees(2));
    await redis.stop();
    const view = await until(first, ({ stale }) => stale);
    expect(view.replicas.map(({ self, stale }) => [self, stale]).sort()).toEqual([
      [false, true],
      [true, false],
    ]);
    expect(Date.parse(view.redis.trueAt!)).toBeLessThan(Date.now() - 800);
    await redisServer([], port);
    await until(first, sees(2));
    await until(second, sees(2));
  });

  test("is tried again with growing pauses, by one connection at a time", async () => {
    const link = await TroubledLink.start(await freePort());
    onTestFinished(() => link.stop());
    const fleet = join(`redis://127.0.0.1:${link.port}`);
    const startedMs = performance.now();
    await until(fleet, () => fleet.counters.roundFailures >= 5);
    // 100, 200, 400, 800, 1600 ms, each at least three quarters of it.
    expect(performance.now() - startedMs).toBeGreaterThan(0.75 * (200 + 400 + 800) + 100);
    expect(fleet.counters.links).toBe(fleet.counters.rounds);
    expect(link.open).toBeLessThanOrEqual(1);
  });

  test("with another password: the reason is shown, the password never; well once it is right", async () => {
    const redis = await redisServer(["user default on >right ~* +@all"]);
    const fleet = join(`redis://:wrong-secret@127.0.0.1:${redis.port}`);
    const view = await until(fleet, ({ stale }) => stale);
    expect(view.redis.error).toContain("WRONGPASS");
    expect(JSON.stringify(view)).not.toContain("wrong-secret");
    const admin = new URL(redis.url);
    admin.password = "right";
    const { Redis } = await import("ioredis");
    const client = new Redis(admin.href);
    await client.call("acl", "setuser", "default", ">wrong-secret");
    client.disconnect();
    await until(fleet, isWell);
  });

  test("without the password that the configuration has: all is well, and the log says so once", async () => {
    const redis = await redisServer();
    const toConsole = vi.spyOn(console, "warn");
    onTestFinished(() => toConsole.mockRestore());
    const lines: { level: number; msg: string; redis: string }[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const fleet = join(`redis://:needless@127.0.0.1:${redis.port}`, {}, log);
    await until(fleet, isWell);
    await redis.run("client", "kill", "type", "normal");
    await until(fleet, () => fleet.counters.links > 1 && isWell(fleet.view()));
    expect(lines.filter(({ msg }) => msg.includes("password"))).toMatchObject([
      { level: 40, redis: `redis://127.0.0.1:${redis.port}` },
    ]);
    expect(JSON.stringify(lines)).not.toContain("needless");
    expect(toConsole).not.toHaveBeenCalled();
  });

  test("read-only: this gateway is missing in the others' view and says so, and sees them all the same", async () => {
    const master = await redisServer();
    const replica = await redisServer([`replicaof 127.0.0.1 ${master.port}`]);
    const writer = join(master.url, { ttlMs: 60_000 });
    const reader = join(replica.url, { ttlMs: 60_000 });
    const view = await until(reader, sees(2));
    expect(view.redis.error).toContain("READONLY");
    expect(reader.counters.publishFailures).toBeGreaterThan(0);
    expect(reader.counters.roundFailures).toBe(0);
    expect(writer.view().totals.live).toBe(1);
  });

  test("full: this gateway is missing in the others' view and says so; well once there is room", async () => {
    const redis = await redisServer(["maxmemory-policy noeviction"]);
    const [first, second] = [join(redis.url, { ttlMs: 60_000 }), join(redis.url, { ttlMs: 60_000 })];
    await until(first, sees(2));
    await redis.run("config", "set", "maxmemory", 1);
    const view = await until(first, ({ redis }) => redis.error !== null);
    expect(view.redis.error).toContain("OOM");
    await until(second, sees(2));
    await redis.run("config", "set", "maxmemory", 0);
    await until(first, isWell);
  });

  test("hung: a round is given up after two seconds, nothing piles up, and all is well when it answers again", async () => {
    const redis = await redisServer();
    const link = await TroubledLink.start(redis.port);
    onTestFinished(() => link.stop());
    const fleet = join(`redis://127.0.0.1:${link.port}`);
    await until(fleet, isWell);
    link.stalled = true;
    const view = await until(fleet, ({ stale, redis }) => stale && redis.error !== null);
    expect(view.redis.error).toBe("no answer within 2000 ms");
    await until(fleet, () => fleet.counters.roundFailures >= 2);
    expect(link.open).toBeLessThanOrEqual(1);
    link.stalled = false;
    await until(fleet, isWell);
  });

  test("hung from the start, before it has said a word: the same", async () => {
    const redis = await redisServer();
    const link = await TroubledLink.start(redis.port);
    onTestFinished(() => link.stop());
    link.stalled = true;
    const fleet = join(`redis://:secret@127.0.0.1:${link.port}`);
    const view = await until(fleet, ({ redis }) => redis.error !== null);
    expect(view.redis.error).toBe("no answer within 2000 ms");
    link.stalled = false;
    // This server has no password: being offered one is no reason to refuse.
    await until(fleet, ({ redis }) => redis.error !== "no answer within 2000 ms");
  });

  test("stopping does not wait for a Redis that hangs", async () => {
    const redis = await redisServer();
    const link = await TroubledLink.start(redis.port);
    onTestFinished(() => link.stop());
    const fleet = join(`redis://127.0.0.1:${link.port}`);
    await until(fleet, isWell);
    link.stalled = true;
    const late = sleep(1500, "late");
    expect(await Promise.race([fleet.stop().then(() => "stopped"), late])).toBe("stopped");
  });
});

describe("other kinds of Redis", () => {
  test("Sentinel: the master is found by its name, and the new one after a failover", async () => {
    const master = await redisServer();
    const replica = await redisServer([`replicaof 127.0.0.1 ${master.port}`]);
    const lines = [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      "sentinel down-after-milliseconds main 500",
    ];
    const sentinel = await redisServer([...lines, "sentinel failover-timeout main 2000"], undefined, true);
    const fleet = join(`redis+sentinel://127.0.0.1:${sentinel.port}/main/0`);
    await until(fleet, isWell);
    expect(await master.run("exists", "nea:fleet:{edge}:members")).toBe(1);
    // The sentinel must have heard of the replica before it can choose it.
    while (!String(await sentinel.run("sentinel", "replicas", "main")).includes(String(replica.port)))
      await sleep(50);
    await master.stop();
    await until(fleet, ({ redis }) => redis.error !== null);
    await until(fleet, isWell);
    expect(String(await replica.run("role"))).toContain("master");
  });

  test("Cluster: all keys of a fleet are in one slot, so one pipeline serves", async () => {
    const redis = await redisServer(["cluster-enabled yes", "cluster-announce-ip 127.0.0.1"]);
    await redis.run("cluster", "addslotsrange", 0, 16383);
    while (!String(await redis.run("cluster", "info")).includes("cluster_state:ok")) await sleep(50);
    const url = `redis+cluster://127.0.0.1:${redis.port}`;
    const [first, second] = [join(url), join(url)];
    await until(first, sees(2));
    await until(second, sees(2));
  });
});
