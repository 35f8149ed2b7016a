// What a route can say about failure: run again in larger arenas, go on to the upstream, rest for a while, keep its share
// of a pool. From outside, with real processes and sockets.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GatewayProcess, type LogLine } from "../support/gateway-process.ts";

const MIB = 1024 * 1024;

/** Takes as many MiB as the query says, then answers with what it saw. */
const EATER = `
export default { async fetch(request, env, ctx) {
  const url = new URL(request.url);
  if (url.searchParams.has("next")) await (await ctx.next()).text();
  if (url.searchParams.has("log")) console.log("before it");
  const body = url.searchParams.has("late") ? "" : await request.text();
  const kept = [];
  for (let i = 0; i < Number(url.searchParams.get("mib")); i++) kept.push(new Uint8Array(${MIB}));
  const late = url.searchParams.has("late") ? await request.text() : "";
  return new Response(JSON.stringify({ arenaMib: ctx.arena.bytes / ${MIB}, body: body + late, kept: kept.length }));
} };`;

/** Fails in the way that the query names. */
const FAILER = `
export default { async fetch(request, env, ctx) {
  const how = new URL(request.url).searchParams.get("how");
  if (how === "throw") throw new Error("on purpose");
  if (how === "cpu") for (;;);
  if (how === "native") "x".repeat(30000).split("").sort(() => { for (;;); });
  if (how === "nothing") return undefined;
  if (how === "read") { await request.text(); throw new Error("after reading"); }
  if (how === "sent") { await (await ctx.next()).text(); throw new Error("after sending"); }
  if (how === "begun") return new Response(new ReadableStream({ pull(controller) {
    if (this.once) throw new Error("in the stream");
    this.once = true;
    controller.enqueue(new TextEncoder().encode("begun"));
  } }));
  return new Response("fine");
} };`;

/** Holds its slot until it is told to go on, by any request to /release. */
const HOLDER = `
export default { async fetch(request, env, ctx) {
  await new Promise((resolve) => setTimeout(resolve, Number(new URL(request.url).searchParams.get("ms") ?? 0)));
  return new Response("held");
} };`;

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

const directory = mkdtempSync(join(tmpdir(), "nea-policies-"));
const seen: Seen[] = [];
let upstream: Server;
let gateway: GatewayProcess;

function handler(name: string, code: string): string {
  const file = join(directory, `${name}.js`);
  writeFileSync(file, code);
  return file;
}

function onUpstream(req: IncomingMessage, res: ServerResponse): void {
  let body = "";
  req.setEncoding("utf8").on("data", (text: string) => (body += text));
  req.on("end", () => {
    seen.push({ method: req.method!, url: req.url!, body });
    res.end(`upstream got ${body.length} bytes`);
  });
}

function configOf(port: number): object {
  const eater = handler("eater", EATER);
  const failer = handler("failer", FAILER);
  const holder = handler("holder", HOLDER);
  const route = (prefix: string, rest: object) => ({
    name: prefix,
    match: { path: { prefix: `/${prefix}` } },
    ...rest,
  });
  const small = { pool: "small", upstream: "app" };
  const again = { ...small, handler: eater, onOverflow: { retry: "large" } };
  const breaker = { failures: 3, window: "10s", cooldown: "1s" };
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    upstreams: { app: { targets: [`http://127.0.0.1:${port}`] } },
    pools: {
      small: { slots: 3, arena: "4Mi", queue: { length: 8, wait: "2s" } },
      large: { slots: 1, arena: "16Mi", queue: { length: 1, wait: "2s" } },
      shared: { slots: 3, arena: "2Mi", queue: { length: 3, wait: "500ms" } },
    },
    routes: [
      route("again", again),
      route("again-or-next", { ...again, onFailure: "next" }),
      route("once", { ...small, handler: eater }),
      route("next", { ...small, handler: failer, onFailure: "next" }),
      route("error", { ...small, handler: failer }),
      route("tripping", { ...small, handler: failer, breaker }),
      route("tripping-next", { ...small, handler: failer, breaker, onFailure: "next" }),
      route("capped", { handler: holder, pool: "shared", slots: { cap: 1 } }),
      route("reserved", { handler: holder, pool: "shared", slots: { reserve: 1 } }),
      route("common", { handler: holder, pool: "shared" }),
    ],
  };
}

beforeAll(async () => {
  upstream = createServer(onUpstream);
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  gateway = await GatewayProcess.start(configOf((upstream.address() as AddressInfo).port));
});

afterAll(async () => {
  await gateway.stop();
  upstream.close();
  rmSync(directory, { recursive: true });
});

let requests = 0;

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  readonly id: string;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answered> {
  const id = `policies-${++requests}`;
  const response = await fetch(`${gateway.url}${path}`, { ...init, headers: { "x-request-id": id } });
  const text = await response.text();
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  const code = isProblem ? (JSON.parse(text) as { code: string }).code : undefined;
  return { status: response.status, text, code, retryAfter: response.headers.get("retry-after"), id };
}

async function linesOf(id: string): Promise<LogLine[]> {
  await gateway.line(({ requestId, msg }) => requestId === id && msg === "request");
  return gateway.log.filter(({ requestId }) => requestId === id);
}

/** The code with which a request ended; a breaker has heard of it then, which may be after the client. */
async function lastly(path: string): Promise<unknown> {
  return (await accessLine((await ask(path)).id))["code"];
}

async function accessLine(id: string): Promise<LogLine> {
  return (await linesOf(id)).find(({ msg }) => msg === "request")!;
}

describe("onOverflow: retry", () => {
  test("a request that outgrows its arena is run again in the larger pool, and the log says so", async () => {
    const { status, text, id } = await ask("/again?mib=6");
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ arenaMib: 16, body: "", kept: 6 });
    const messages = (await linesOf(id)).map(({ msg }) => msg);
    expect(messages[0]).toMatch(/^handler aborted at .*eater\.js:\d+:\d+$/);
    expect(messages.slice(1)).toEqual(["run again in pool large", "request"]);
    const line = await accessLine(id);
    expect(line).toMatchObject({ status: 200, code: null, pool: "large" });
    expect(line["arenaPeakBytes"]).toBeGreaterThan(6 * MIB);
  });

  test("one that fits stays where it is", async () => {
    const { text } = await ask("/again?mib=1");
    expect(JSON.parse(text)).toMatchObject({ arenaMib: 4 });
  });

  test("one that outgrows the larger arena as well fails, once", async () => {
    const { status, code, id } = await ask("/again?mib=40");
    expect([status, code]).toEqual([500, "ARENA_MEMORY_EXCEEDED"]);
    expect((await linesOf(id)).filter(({ msg }) => msg === "run again in pool large")).toHaveLength(1);
  });

  test("a body that the handler had read is there again", async () => {
    const { text } = await ask("/again?mib=6", { method: "POST", body: "hello".repeat(1000) });
    expect(JSON.parse(text)).toMatchObject({ arenaMib: 16, body: "hello".repeat(1000) });
  });

  test("a body that nobody had read yet is read in the larger arena", async () => {
    const { text } = await ask("/again?mib=6&late", { method: "POST", body: "later" });
    expect(JSON.parse(text)).toMatchObject({ arenaMib: 16, body: "later" });
  });

  test("a body of 64 KiB is kept for the second run, one byte more is not", async () => {
    const kept = await ask("/again?mib=6", { method: "POST", body: "x".repeat(65_536) });
    expect(kept.status).toBe(200);
    expect((JSON.parse(kept.text) as { body: string }).body).toHaveLength(65_536);
    const gone = await ask("/again?mib=6", { method: "POST", body: "x".repeat(65_537) });
    expect([gone.status, gone.code]).toEqual([500, "ARENA_MEMORY_EXCEEDED"]);
  });

  test("a request that has sent something is not run again", async () => {
    const { status, code } = await ask("/again?mib=6&next");
    expect([status, code]).toEqual([500, "ARENA_MEMORY_EXCEEDED"]);
  });

  test("without it an overflow is an answer", async () => {
    const { status, code } = await ask("/once?mib=6");
    expect([status, code]).toEqual([500, "ARENA_MEMORY_EXCEEDED"]);
  });

  test("more of them than the larger pool takes: some wait, the rest get 503 with Retry-After, none hangs", async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => ask("/again?mib=12")));
    const statuses = new Set(all.map(({ status }) => status));
    expect([...statuses].sort()).toEqual(expect.arrayContaining([200]));
    for (const { status, code, retryAfter } of all) {
      if (status === 200) continue;
      expect([status, code]).toEqual([503, "ADMIT_QUEUE_FULL"]);
      expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
    }
  });

  test("what outgrows both arenas goes upstream with onFailure: next, its body whole", async () => {
    const { status, text } = await ask("/again-or-next?mib=40", { method: "POST", body: "y".repeat(5000) });
    expect([status, text]).toEqual([200, "upstream got 5000 bytes"]);
    expect(seen.at(-1)).toMatchObject({ method: "POST", body: "y".repeat(5000) });
  });
});

describe("onFailure: next", () => {
  for (const how of ["throw", "cpu", "native", "nothing"]) {
    test(`a handler that ends by "${how}" lets the upstream answer`, async () => {
      const { status, text, id } = await ask(`/next?how=${how}`, { method: "POST", body: "body" });
      expect([status, text]).toEqual([200, "upstream got 4 bytes"]);
      const line = await accessLine(id);
      expect(line).toMatchObject({ status: 200, code: null, pool: "small" });
      expect(line["target"]).toContain("127.0.0.1");
      expect((await linesOf(id)).map(({ msg }) => msg)).toContain(
        "passed on to the upstream after a failure",
      );
    });
  }

  test("a body that the handler had read goes upstream from its first byte", async () => {
    const { text } = await ask("/next?how=read", { method: "POST", body: "z".repeat(2000) });
    expect(text).toBe("upstream got 2000 bytes");
    expect(seen.at(-1)?.body).toBe("z".repeat(2000));
  });

  test("a handler that has sent something before it failed is answered for", async () => {
    const { status, code } = await ask("/next?how=sent");
    expect([status, code]).toEqual([500, "HANDLE_THREW"]);
  });

  test("an answer that has begun is cut, not continued by somebody else", async () => {
    await expect(ask("/next?how=begun")).rejects.toThrow();
  });

  test("a handler that works is not helped", async () => {
    expect((await ask("/next")).text).toBe("fine");
  });
});

describe("breaker", () => {
  test("three aborts make the route rest; then one request is let through and its end decides", async () => {
    for (let i = 0; i < 3; i++) expect(await lastly("/tripping?how=cpu")).toBe("HANDLE_CPU_EXCEEDED");
    const resting = await ask("/tripping");
    expect([resting.status, resting.code]).toEqual([503, "ARENA_ROUTE_TRIPPED"]);
    expect(Number(resting.retryAfter)).toBeGreaterThanOrEqual(1);
    expect(await accessLine(resting.id)).toMatchObject({ pool: null, handler: null });
    let after = resting;
    while (after.status === 503) after = await ask("/tripping");
    expect(after.text).toBe("fine");
    expect((await ask("/tripping")).text).toBe("fine");
  });

  test("handlers that throw do not trip it: they cost nothing that others need", async () => {
    for (let i = 0; i < 4; i++) expect(await lastly("/tripping?how=throw")).toBe("HANDLE_THREW");
  });

  test("with onFailure: next, a resting route goes upstream without a slot", async () => {
    for (let i = 0; i < 3; i++) expect(await lastly("/tripping-next?how=cpu")).toBeNull();
    const resting = await ask("/tripping-next", { method: "POST", body: "abc" });
    expect(resting.text).toBe("upstream got 3 bytes");
    expect(await accessLine(resting.id)).toMatchObject({ handler: null, status: 200 });
  });

  test("one route's breaker is no other's", async () => {
    expect((await ask("/error")).text).toBe("fine");
  });
});

describe("slots", () => {
  test("a route with a cap cannot take a whole pool", async () => {
    const held = Array.from({ length: 2 }, () => ask("/capped?ms=300"));
    const common = await ask("/common");
    expect(common.text).toBe("held");
    expect((await accessLine(common.id))["wait"]).toBe(0);
    const lines = await Promise.all((await Promise.all(held)).map(({ id }) => accessLine(id)));
    expect(lines.filter(({ wait }) => (wait as number) > 0)).toHaveLength(1);
  });

  test("a reserved slot is free for its route while everybody else fills the pool", async () => {
    const held = Array.from({ length: 3 }, () => ask("/common?ms=300"));
    const reserved = await ask("/reserved");
    expect(reserved.text).toBe("held");
    expect((await accessLine(reserved.id))["wait"]).toBe(0);
    await Promise.all(held);
  });
});
