// `return ctx.next()`: the handler has had its say, and does not keep its slot while the upstream takes its time; and where it may
// still have something to say, it keeps the slot.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Ask, ask } from "../support/client.ts";
import { writeHandler } from "../support/handler-file.ts";
import { HeldOrigin } from "../support/held-origin.ts";
import { InProcessGateway } from "../support/in-process-gateway.ts";

/** Bodies of `async fetch(request, env, ctx)` that have nothing more to say once they have returned. */
const DONE = {
  "returns it": "return ctx.next();",
  "returns what another function returns":
    "const inner = async () => ctx.next(); const outer = async () => inner(); return outer();",
  "has waited for something before":
    "await new Promise((resolve) => setTimeout(resolve, 1)); return ctx.next();",
  "has asked somebody else before": "await (await env.OTHER.fetch('/quick')).text(); return ctx.next();",
  "has cleared its timer": "clearTimeout(setTimeout(() => {}, 60_000)); return ctx.next();",
  "has nothing left to wait until":
    "ctx.waitUntil(Promise.resolve()); await null; await null; return ctx.next();",
  "sends other fields":
    "const headers = new Headers(request.headers); headers.set('x-user', 'ada'); return ctx.next(new Request(request, { headers }));",
  "lets it race with what never comes": "return Promise.race([ctx.next(), new Promise(() => {})]);",
  "has heard of an abort controller": "new AbortController().abort(); return ctx.next();",
};

/** Those that may. */
const WAITING = {
  "awaits it": "return await ctx.next();",
  "has a name for it and awaits it": "const answer = ctx.next(); await answer; return answer;",
  "looks at the answer": "return ctx.next().then((answer) => answer);",
  "catches its failure": "return ctx.next().catch(() => new Response('sorry'));",
  "does something afterwards": "return ctx.next().finally(() => {});",
  "listens beside it": "const answer = ctx.next(); answer.then(() => console.log('heard')); return answer;",
  "awaits it in another function":
    "const answer = ctx.next(); (async () => { await answer; console.log('heard'); })(); return answer;",
  "listens to its own answer":
    "const inner = async () => ctx.next(); const answer = inner(); answer.then(() => console.log('heard')); return answer;",
  "asks somebody else meanwhile": "void env.OTHER.fetch('/held'); return ctx.next();",
  "lets it race with time":
    "return Promise.race([ctx.next(), new Promise((resolve) => setTimeout(resolve, 60_000))]);",
  "asks twice": "void ctx.next('/other'); return ctx.next();",
  "has a timer": "setTimeout(() => console.log('late'), 60_000); return ctx.next();",
  "waits until something":
    "ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1))); return ctx.next();",
  "may end it": "return ctx.next(new Request(request, { signal: new AbortController().signal }));",
  "watches the client": "request.signal.onabort = () => console.log('gone'); return ctx.next('/other');",
  "sends another method": "return ctx.next(new Request(request.url, { method: 'PUT' }));",
  "writes a body": "return ctx.next(new Request(request.url, { method: 'POST', body: 'x'.repeat(70_000) }));",
};

/** With a body that is not the client's. */
const SENDING = {
  "writes its own": "return ctx.next(new Request(request.url, { method: 'POST', body: 'own' }));",
  "takes another's":
    "const { body } = await env.OTHER.fetch('/quick'); return ctx.next(new Request(request.url, { method: 'POST', body }));",
  "has read the client's":
    "return ctx.next(new Request(request.url, { method: 'POST', body: await request.text() }));",
};

const HANDLERS = { ...DONE, ...WAITING, ...SENDING, plain: "return new Response('plain');" };
const pathOf = (name: string) => `/${name.replaceAll(" ", "-")}`;

let directory: string;
let origin: HeldOrigin;
let quick: HeldOrigin;
let gateway: InProcessGateway;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "nea-pass-on-"));
  origin = await HeldOrigin.start();
  quick = await HeldOrigin.start();
  const routes = Object.entries(HANDLERS).map(([name, body], index) => {
    const pool = {
      handler: writeHandler(directory, String(index), body),
      pool: "one",
      upstream: "app",
      bindings: { OTHER: name in WAITING ? "app" : "quick" },
    };
    return { name: `r${index}`, match: { path: { exact: pathOf(name) } }, ...pool };
  });
  const sync = join(directory, "sync.js");
  writeFileSync(sync, "export default { fetch: (request, env, ctx) => ctx.next() };");
  gateway = await InProcessGateway.start({
    listen: "127.0.0.1:0",
    watch: false,
    upstreams: { app: { targets: [origin.url] }, quick: { targets: [quick.url] } },
    pools: { one: { slots: 1, arena: "4Mi", queue: { length: 4, wait: "20s" } } },
    proxy: { slots: 2, queue: { length: 0, wait: "1s" } },
    routes: [
      ...routes,
      {
        name: "capped",
        match: { path: { exact: "/capped" } },
        handler: sync,
        pool: "one",
        upstream: "app",
        slots: { cap: 1 },
      },
      { name: "sync", match: { path: { exact: "/sync" } }, handler: sync, pool: "one", upstream: "app" },
    ],
  });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await Promise.all([origin.stop(), quick.stop()]);
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  origin.hold();
  quick.release();
});

afterEach(async () => {
  origin.release();
  await gateway.gateway.idle();
});

const get = (path: string, options?: Ask) => ask(gateway.url + path, options);
const taken = (gate: string) => gateway.gateway.gates.of(gate).counters().active;

describe("a handler gives its slot back while the upstream takes its time if it", () => {
  test.each([...Object.keys(DONE).map(pathOf), "/sync"])("%s", async (path) => {
    const answer = get(path);
    await origin.arrived(1);
    // There is one slot.
    expect((await get("/plain")).body).toBe("plain");
    expect([taken("one"), taken("proxy")]).toEqual([0, 1]);
    origin.release();
    expect(await answer).toMatchObject({ status: 200, body: "released" });
    expect(origin.requests).toHaveLength(1);
  });
});

describe("a handler keeps its slot while the upstream takes its time if it", () => {
  test.each(Object.keys(WAITING).map(pathOf))("%s", async (path) => {
    const answer = get(path);
    await origin.arrived(1);
    expect([taken("one"), taken("proxy")]).toEqual([1, 0]);
    origin.release();
    expect(await answer).toMatchObject({ status: 200, body: "released" });
  });
});

describe("a body arrives upstream if the handler", () => {
  test.each([
    ["writes its own", "own"],
    ["takes another's", "released"],
    ["has read the client's", "client's"],
    ["returns it", "client's"],
  ])("%s", async (name, expected) => {
    const answer = get(pathOf(name), { method: "POST", body: "client's" });
    await origin.arrived(1);
    expect(await text(origin.requests[0]!)).toBe(expected);
    origin.release();
    expect(await answer).toMatchObject({ status: 200, body: "released" });
  });
});

describe("of a request that is passed on", () => {
  test("the upstream gets what the handler made of it", async () => {
    origin.release();
    await get(pathOf("sends other fields"), { headers: { "x-own": "kept" } });
    expect(origin.requests[0]!.headers).toMatchObject({ "x-user": "ada", "x-own": "kept", "via": "1.1 nea" });
  });

  test("the body goes by the arena", async () => {
    const answer = get(pathOf("returns it"), { method: "POST", body: "b".repeat(200_000) });
    await origin.arrived(1);
    const sent = await text(origin.requests[0]!);
    origin.release();
    expect([sent.length, (await answer).body]).toEqual([200_000, "released"]);
  });

  test("the access log has one line with handler, pool, computing time and target", async () => {
    origin.release();
    const headers = { "x-request-id": "passed-on" };
    await get(pathOf("returns it"), { headers });
    await gateway.gateway.idle();
    const lines = gateway.accessLines().filter(({ requestId }) => requestId === "passed-on");
    expect(lines).toMatchObject([{ status: 200, code: null, pool: "one", target: origin.url, bytesOut: 8 }]);
    expect(lines[0]!["cpu"]).toBeGreaterThan(0);
    expect(lines[0]!["handler"]).toMatch(/0\.js$/);
  });

  test("nothing is left when its client has gone", async () => {
    const leaves = new AbortController();
    const answer = get(pathOf("returns it"), {
      headers: { "x-request-id": "left" },
      signal: leaves.signal,
    });
    await origin.arrived(1);
    leaves.abort();
    await answer;
    await gateway.gateway.idle();
    expect([taken("one"), taken("proxy")]).toEqual([0, 0]);
    const lines = gateway.accessLines().filter(({ requestId }) => requestId === "left");
    expect(lines).toMatchObject([{ code: "REPLY_CLIENT_GONE" }]);
  });

  test("it takes a place among the proxied, and is refused when there is none", async () => {
    const held = [get("/sync"), get("/sync")];
    await origin.arrived(2);
    expect(await get("/sync")).toMatchObject({ status: 503, code: "ADMIT_QUEUE_FULL" });
    origin.release();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test("its route's cap holds among the proxied as well", async () => {
    const held = get("/capped");
    await origin.arrived(1);
    expect(await get("/capped")).toMatchObject({ status: 503, code: "ADMIT_QUEUE_FULL" });
    const other = get("/sync");
    await origin.arrived(2);
    origin.release();
    expect([(await held).status, (await other).status]).toEqual([200, 200]);
  });
});
