// The admin port of a running gateway: what it says, and that it says it while the gateway can do nothing else.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ADMIN_CONNECTIONS, ADMIN_STREAMS } from "../../gateway/admin/bounds.ts";
import type { LiveView, OverflowsView, PlanView, SlotsView } from "../../gateway/admin/views/shapes.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import { HeldOrigin } from "../support/held-origin.ts";

const directory = mkdtempSync(join(tmpdir(), "nea-admin-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function handler(name: string, code: string): string {
  const file = join(directory, name);
  writeFileSync(file, code);
  return file;
}

const pass = handler(
  "pass.ts",
  `export default { fetch: async (request: Request, env: unknown, ctx: any) => await ctx.next() };\n`,
);
const thrower = handler(
  "thrower.ts",
  `function deep(): never {\n  throw new Error("no luck");\n}\nexport default { fetch: () => deep() };\n`,
);
const talker = handler(
  "talker.ts",
  `export default { fetch: () => (console.log("hello log"), new Response()) };\n`,
);
const spinner = handler(
  "spinner.ts",
  `export default {\n  fetch() {\n    const list = Array.from({ length: 1e4 }, (_, i) => (i * 7919) % 10007);\n    for (;;) list.sort((a, b) => a - b || 1);\n  },\n};\n`,
);

let gateway: GatewayProcess;
let origin: HeldOrigin;

function configuration(changes: object = {}): object {
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    upstreams: { app: { targets: [origin.url] } },
    pools: { small: { slots: 2, arena: "4Mi", queue: { length: 1, wait: "1m" } } },
    threads: 1,
    routes: [
      { name: "pass", match: { path: { prefix: "/pass" } }, handler: pass, pool: "small", upstream: "app" },
      {
        name: "bomb",
        match: { path: { prefix: "/bomb" } },
        handler: inRepository("handlers/bomb.ts"),
        pool: "small",
        limits: { cpu: "5s" },
      },
      { name: "throw", match: { path: { prefix: "/throw" } }, handler: thrower, pool: "small" },
      { name: "talk", match: { path: { prefix: "/talk" } }, handler: talker, pool: "small" },
      { name: "spin", match: { path: { prefix: "/spin" } }, handler: spinner, pool: "small" },
    ],
    ...changes,
  };
}

async function json<T>(path: string): Promise<T> {
  const response = await fetch(gateway.adminUrl + path);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

/** The view once it is as wanted; nothing announces it. */
async function until<T>(path: string, holds: (view: T) => boolean): Promise<T> {
  for (;;) {
    const view = await json<T>(path);
    if (holds(view)) return view;
  }
}

/** Events of /api/live, one by one. */
async function* liveEvents(signal: AbortSignal): AsyncGenerator<LiveView> {
  const response = await fetch(`${gateway.adminUrl}/api/live`, { signal });
  let rest = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) if (part.startsWith("data: ")) yield JSON.parse(part.slice(6)) as LiveView;
  }
}

describe("while a gateway runs", () => {
  beforeAll(async () => {
    origin = await HeldOrigin.start();
    gateway = await GatewayProcess.start(configuration());
  });
  afterAll(async () => {
    await gateway.stop();
    await origin.stop();
  });

  test("every answer forbids what it does not need: framing, sniffing, caching, foreign scripts", async () => {
    for (const path of ["/", "/page.js", "/page.css", "/metrics", "/api/slots", "/livez", "/nothing"]) {
      const response = await fetch(gateway.adminUrl + path);
      await response.arrayBuffer();
      const policy = response.headers.get("content-security-policy")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("cache-control")).toBe("no-store");
    }
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])(
    "%s is refused: there is nothing here to change",
    async (method) => {
      const response = await fetch(`${gateway.adminUrl}/api/slots`, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    },
  );

  test("HEAD is answered like GET, without the body", async () => {
    const response = await fetch(`${gateway.adminUrl}/api/plan`, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(100);
    expect(await response.text()).toBe("");
  });

  test("a path that nobody knows is 404, also one that every object has", async () => {
    for (const path of ["/x", "/api", "/api/", "/constructor", "/__proto__", "/api/live/"]) {
      expect([path, (await fetch(gateway.adminUrl + path)).status]).toEqual([path, 404]);
    }
  });

  test("a query is no other path", async () => {
    expect((await fetch(`${gateway.adminUrl}/livez?verbose`)).status).toBe(200);
  });

  test("/api/plan has the terms, their sum, and what is used of it", async () => {
    const plan = await json<PlanView>("/api/plan");
    expect(plan.terms.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(plan.totalBytes);
    expect(plan.terms.find(({ name }) => name === "admin")).toMatchObject({ owner: "admin/bounds.ts" });
    expect(plan.rssBytes).toBeLessThanOrEqual(plan.peakRssBytes);
    expect(plan.peakRssBytes).toBeLessThan(plan.totalBytes);
  });

  test("/api/fleet without a fleet says that there is none", async () => {
    expect(await json("/api/fleet")).toEqual({ fleet: null });
  });

  test("an overflow is recorded with all that the log has, at its source line, and grouped", async () => {
    const headers = {
      "x-request-id": "the-culprit",
      "traceparent": `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
    };
    const response = await fetch(`${gateway.url}/bomb?secret=1`, { headers });
    expect(response.status).toBe(500);
    await fetch(`${gateway.url}/bomb`);
    const isHere = ({ groups }: OverflowsView) =>
      groups.some(({ route, count }) => route === "bomb" && count === 2);
    const { groups, latest } = await until("/api/overflows", isHere);
    const group = groups.find(({ route }) => route === "bomb")!;
    expect(group).toMatchObject({
      cause: "memory",
      code: "ARENA_MEMORY_EXCEEDED",
      function: "leak",
      pool: "small",
    });
    expect(group.at).toMatch(/^handlers\/bomb\.ts:10:\d+$/);
    expect(group.askedBytes).toBeGreaterThan(0);
    expect(Date.parse(group.lastSeen)).toBeGreaterThanOrEqual(Date.parse(group.firstSeen));
    const record = latest.find(({ requestId }) => requestId === "the-culprit")!;
    expect(record).toMatchObject({
      method: "GET",
      path: "/bomb",
      traceId: "a".repeat(32),
      arenaBytes: 4 * 1024 * 1024,
    });
    expect(record.codeFrame).toContain("> 10 |");
    const line = await gateway.line(
      ({ requestId, cause }) => requestId === "the-culprit" && cause === "memory",
    );
    expect(line).toMatchObject({
      at: record.at,
      function: record.function,
      askedBytes: record.askedBytes,
      path: "/bomb",
    });
    expect(JSON.stringify(await json("/api/overflows"))).not.toContain("secret");
  });

  test("credentials of a request are in no log line and in no record, whatever becomes of it", async () => {
    const secrets = { authorization: "Bearer s3cret-token", cookie: "session=s3cret-cookie" };
    const headers = {
      ...secrets,
      "proxy-authorization": "Basic s3cret-proxy",
      "x-request-id": "with-secrets",
    };
    for (const path of ["/bomb?key=s3cret-query", "/throw?key=s3cret-query", "/nowhere?key=s3cret-query"]) {
      await fetch(gateway.url + path, { headers });
    }
    const mine = () => gateway.accessLines().filter(({ requestId }) => requestId === "with-secrets");
    await gateway.until(() => mine().length === 3);
    expect(JSON.stringify(gateway.log)).not.toContain("s3cret");
    await until<OverflowsView>("/api/overflows", ({ latest }) =>
      latest.some(({ requestId }) => requestId === "with-secrets"),
    );
    for (const path of ["/api/overflows", "/api/slots"])
      expect(JSON.stringify(await json(path))).not.toContain("s3cret");
  });

  test("every line about a request has its id, its trace and its route", async () => {
    const trace = "c".repeat(32);
    const headers = { "x-request-id": "traced", "traceparent": `00-${trace}-${"d".repeat(16)}-01` };
    for (const path of ["/bomb", "/throw", "/talk"]) await fetch(gateway.url + path, { headers });
    const mine = () => gateway.log.filter(({ requestId }) => requestId === "traced");
    await gateway.until(() => mine().filter(({ msg }) => msg === "request").length === 3);
    // Three access lines, an abort, a throw, and what the handler said.
    expect(mine().map(({ traceId, route }) => [traceId, typeof route])).toEqual(
      Array(6).fill([trace, "string"]),
    );
    expect(mine().find(({ console }) => console !== undefined)).toMatchObject({
      console: "hello log",
      route: "talk",
    });
  });

  test("a throw and a turn that has used up its time are recorded at their lines as well", async () => {
    await fetch(`${gateway.url}/throw`);
    await fetch(`${gateway.url}/spin`);
    const has = (groups: OverflowsView["groups"], name: string) => groups.find(({ route }) => route === name);
    const { groups } = await until<OverflowsView>(
      "/api/overflows",
      ({ groups }) => !!has(groups, "spin") && !!has(groups, "throw"),
    );
    expect(has(groups, "throw")).toMatchObject({ cause: "threw", code: "HANDLE_THREW", function: "deep" });
    expect(has(groups, "throw")!.at).toMatch(/thrower\.ts:2:\d+$/);
    expect(has(groups, "throw")!.last.reason).toContain("no luck");
    expect(has(groups, "spin")).toMatchObject({ cause: "cpu", code: "HANDLE_CPU_EXCEEDED" });
    expect(has(groups, "spin")!.at).toMatch(/spinner\.ts:\d+:\d+$/);
  });

  test("a page that is open hears of an overflow within two seconds", async ({ onTestFinished }) => {
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const events = liveEvents(stop.signal);
    const before = (await events.next()).value as LiveView;
    await fetch(`${gateway.url}/bomb`);
    const askedMs = performance.now();
    for await (const { failures, time } of events) {
      if (failures.count === before.failures.count) continue;
      expect(failures.groups[0]).toMatchObject({ route: "bomb", cause: "memory" });
      expect(Date.parse(time)).toBeGreaterThan(Date.parse(before.time));
      break;
    }
    // Events come once a second, so it is in the next or the one after it.
    expect(performance.now() - askedMs).toBeLessThan(2000);
  });

  test("open pages are bounded: one more is told to come again, and gets in when another has left", async () => {
    const pages = Array.from({ length: ADMIN_STREAMS }, () => new AbortController());
    onTestFinished(() => pages.forEach((page) => page.abort()));
    const open = await Promise.all(
      pages.map(({ signal }) => fetch(`${gateway.adminUrl}/api/live`, { signal })),
    );
    expect(open.map(({ status }) => status)).toEqual(Array(ADMIN_STREAMS).fill(200));
    const oneMore = await fetch(`${gateway.adminUrl}/api/live`);
    expect([oneMore.status, oneMore.headers.get("retry-after")]).toEqual([503, "1"]);
    pages[0]!.abort();
    for (;;) {
      const retry = new AbortController();
      const { status } = await fetch(`${gateway.adminUrl}/api/live`, { signal: retry.signal });
      retry.abort();
      if (status === 200) break;
    }
  });

  test("connections that say nothing do not keep a probe out", async () => {
    const idle: Socket[] = [];
    onTestFinished(() => idle.forEach((socket) => socket.destroy()));
    for (let i = 0; i < ADMIN_CONNECTIONS; i++) {
      const socket = connect(gateway.adminPort, "127.0.0.1").on("error", () => {});
      idle.push(socket);
      await once(socket, "connect");
    }
    // A connection of its own: fetch would use one it has.
    const probe = request(`${gateway.adminUrl}/livez`, { agent: false }).end();
    const [response] = (await once(probe, "response")) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(200);
  });
});

describe("while every slot is taken and the queue is full", () => {
  let clients: ClientRequest[];
  beforeEach(async () => {
    origin = await HeldOrigin.start();
    gateway = await GatewayProcess.start(configuration());
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    await gateway.stop("SIGKILL");
    await origin.stop();
  });

  function send(id: string): Promise<IncomingMessage> {
    const client = request(`${gateway.url}/pass`, { agent: false, headers: { "x-request-id": id } });
    clients.push(client);
    client.on("error", () => {}).end();
    const response = once(client, "response").then(([response]) => response as IncomingMessage);
    // One that is cut off at the end of its test has nobody left to hear it.
    response.catch(() => {});
    return response;
  }

  /** Two in the slots, one in the queue; a fourth is refused. */
  async function fill(): Promise<Promise<IncomingMessage>[]> {
    const held = [send("first"), send("second")];
    await origin.arrived(2);
    held.push(send("third"));
    await until<SlotsView>("/api/slots", ({ pools }) => pools[0]!.waiting === 1);
    expect((await send("fourth")).resume().statusCode).toBe(503);
    return held;
  }

  test("every admin path answers, before any of the held requests does", async () => {
    const held = await fill();
    let over = 0;
    for (const response of held) void response.then(() => over++);
    const paths = [
      "/livez",
      "/readyz",
      "/metrics",
      "/api/slots",
      "/api/overflows",
      "/api/plan",
      "/api/fleet",
      "/",
    ];
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(paths.map((path) => fetch(gateway.adminUrl + path)));
      expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
      for (const answer of answers) await answer.arrayBuffer();
    }
    expect(over).toBe(0);
    origin.release();
    expect((await Promise.all(held)).map((response) => response.resume().statusCode)).toEqual([
      200, 200, 200,
    ]);
  });

  test("/api/slots says who holds them, and the pool is seen to be full", async () => {
    await fill();
    // An answer is up to 200 ms old.
    const { pools, gates } = await until<SlotsView>(
      "/api/slots",
      ({ pools }) => pools[0]!.refusedQueueFull === 1,
    );
    expect(pools[0]).toMatchObject({
      name: "small",
      slots: 2,
      inUse: 2,
      waiting: 1,
      queueLength: 1,
    });
    const slots = pools[0]!.slotList;
    expect(slots.map(({ state, route }) => [state, route])).toEqual([
      ["running", "pass"],
      ["running", "pass"],
    ]);
    expect(slots.map(({ requestId }) => requestId).sort()).toEqual(["first", "second"]);
    for (const { usedBytes, heldMs } of slots) {
      expect(usedBytes).toBeGreaterThan(1024 * 1024);
      expect(heldMs).toBeGreaterThanOrEqual(0);
    }
    expect(gates.map(({ name }) => name)).toEqual(["proxy", "upgrades"]);
    origin.release();
    const { pools: after } = await until<SlotsView>("/api/slots", ({ pools }) => pools[0]!.inUse === 0);
    expect(
      after[0]!.slotList.map(({ state, usedBytes, requestId }) => [state, usedBytes, requestId]),
    ).toEqual([
      ["free", 0, null],
      ["free", 0, null],
    ]);
    for (const { peakBytes } of after[0]!.slotList) expect(peakBytes).toBeGreaterThan(1024 * 1024);
  });

  test("while it drains, /readyz says no, /livez says yes, and the page says so too", async () => {
    await fill();
    gateway.child.kill("SIGTERM");
    const readiness = async () => (await fetch(`${gateway.adminUrl}/readyz`)).status;
    while ((await readiness()) !== 503);
    expect((await fetch(`${gateway.adminUrl}/livez`)).status).toBe(200);
    const stop = new AbortController();
    const { value } = await liveEvents(stop.signal).next();
    stop.abort();
    expect((value as LiveView).gateway.ready).toBe(false);
  });
});

describe("before and after a change of the configuration", () => {
  test("a faulty change shows with its reason; a good one counts as the next generation", async () => {
    origin = await HeldOrigin.start();
    origin.release();
    onTestFinished(() => origin.stop());
    gateway = await GatewayProcess.start(configuration({ watch: false }));
    onTestFinished(async () => void (await gateway.stop()));
    const live = async () => {
      const stop = new AbortController();
      const { value } = await liveEvents(stop.signal).next();
      stop.abort();
      return (value as LiveView).gateway;
    };
    expect(await live()).toMatchObject({ generation: 1, lastReloadAt: null, lastReloadError: null });
    writeFileSync(gateway.configFile, "routes: nonsense");
    gateway.child.kill("SIGHUP");
    await gateway.line(({ msg }) => msg?.startsWith("reload failed") ?? false);
    expect(await live()).toMatchObject({
      generation: 1,
      lastReloadError: expect.stringContaining("routes: got"),
    });
    writeFileSync(gateway.configFile, JSON.stringify(configuration({ watch: false })));
    gateway.child.kill("SIGHUP");
    await gateway.line(({ msg }) => msg === "reloaded");
    expect(await live()).toMatchObject({ generation: 2, lastReloadError: null });
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toContain("nea_config_last_reload_successful 1\n");
    expect(metrics).toContain('nea_config_reloads_total{result="failed"} 1\n');
    expect(metrics).toContain("nea_config_generation 2\n");
  });
});
