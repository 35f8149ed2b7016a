// `nea-gateway/testing` as an author's own tests use it: by the package's name, on handlers in files.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArena, serve, type ArenaOptions, type TestArena } from "nea-gateway/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const KIB = 1024;
const MIB = 1024 * KIB;

let directory: string;
let arena: TestArena | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nea-author-"));
});

afterEach(async () => {
  await arena?.close();
  arena = undefined;
  rmSync(directory, { recursive: true });
});

async function arenaOf(code: string, options: Partial<ArenaOptions> = {}): Promise<TestArena> {
  const handler = join(directory, "handler.ts");
  writeFileSync(handler, code);
  return (arena = await createArena({ handler, ...options }));
}

describe("createArena", () => {
  test("answers with a standard Response", async () => {
    const { fetch } = await arenaOf(`
      export default {
        async fetch(request: Request) {
          const { host, pathname } = new URL(request.url);
          const sent = [request.method, host, pathname, request.headers.get("x-a"), await request.text()];
          const headers = new Headers({ "content-type": "text/plain" });
          headers.append("set-cookie", "a=1");
          headers.append("set-cookie", "b=2");
          return new Response(sent.join(" "), { status: 201, headers });
        },
      };`).then((made) => ({ fetch: made.fetch.bind(made) }));
    const init = { method: "POST", headers: { "x-a": "yes" }, body: "hello" };
    const { response, complete, code } = await fetch("http://shop.test/cart?x=1", init);
    expect(response.status).toBe(201);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.text()).toBe("POST shop.test /cart yes hello");
    expect({ complete, code }).toEqual({ complete: true, code: null });
  });

  test.each([
    ["crypto.subtle.digest of 1 MB", 60, "await crypto.subtle.digest('SHA-256', data)"],
    ["crypto.getRandomValues of 64 KiB", 1000, "crypto.getRandomValues(new Uint8Array(65_536))"],
    ["new URL", 20_000, "new URL('/path?' + i, 'http://shop.test')"],
  ])("%s, %i times in one turn, needs no more than once", async (_, times, call) => {
    const made = await arenaOf(
      `const data = new Uint8Array(1_000_000);
      export default { async fetch(request: Request) {
        const times = Number(new URL(request.url).searchParams.get("times"));
        for (let i = 0; i < times; i++) ${call};
        return new Response("done");
      } };`,
      { arena: "8Mi", limits: { cpu: "20s", wall: "60s" } },
    );
    const once = await made.fetch("/?times=1");
    const often = await made.fetch(`/?times=${times}`);
    expect([once.code, often.code]).toEqual([null, null]);
    expect(often.peakBytes - once.peakBytes).toBeLessThan(MIB);
  });

  test("tells how much of the arena a request used", async () => {
    const made = await arenaOf(
      `export default { fetch(request) {
        const bytes = new Uint8Array(Number(new URL(request.url).searchParams.get("bytes"))).fill(1);
        return new Response(String(bytes.length));
      } };`,
      { arena: "8Mi" },
    );
    const small = await made.fetch("/?bytes=1");
    const large = await made.fetch(`/?bytes=${2 * MIB}`);
    expect(made.bytes).toBe(8 * MIB);
    expect(small.peakBytes).toBeGreaterThan(made.imageBytes);
    expect(small.peakBytes).toBeLessThan(2 * MIB);
    expect(large.peakBytes).toBeGreaterThanOrEqual(small.peakBytes + 2 * MIB - 128 * KIB);
    expect(large.peakBytes).toBeLessThan(small.peakBytes + 2 * MIB + 256 * KIB);
    expect(small.cpuMs).toBeGreaterThan(0);
  });

  test("a request that outgrows its arena ends with the code and the author's line", async () => {
    const made = await arenaOf(
      `export default {\n  fetch() {\n    const kept: string[] = [];\n    for (;;) kept.push("x".repeat(5000) + kept.length);\n  },\n};`,
    );
    const { response, code, detail, culprit, peakBytes } = await made.fetch("/");
    expect(response.status).toBe(500);
    expect(code).toBe("ARENA_MEMORY_EXCEEDED");
    expect(detail).toMatch(/bytes more than fit into an arena of pool arena \(4Mi\)/);
    expect(culprit?.at).toMatch(/handler\.ts:4:\d+$/);
    expect(culprit?.codeFrame).toContain(`> 4 |     for (;;) kept.push("x".repeat(5000)`);
    expect(peakBytes).toBe(4 * MIB);
    expect((await made.fetch("/")).code).toBe("ARENA_MEMORY_EXCEEDED");
  });

  test("the console's lines come with their levels, and those of the module apart", async () => {
    const made = await arenaOf(
      `console.log("loaded"); export default { fetch() { console.warn("careful", 1); console.debug("x"); return new Response(); } };`,
    );
    expect(made.loadLogs).toEqual(["loaded"]);
    const { logs } = await made.fetch("/");
    expect(logs).toEqual([
      { level: "warn", text: "careful 1" },
      { level: "debug", text: "x" },
    ]);
  });

  test("env, bindings and upstream are functions or servers", async () => {
    const users = await serve(async (request) => Response.json({ user: new URL(request.url).pathname }));
    const made = await arenaOf(
      `export default { async fetch(request, env, ctx) {
        const user = await (await env.USERS.fetch("/ada")).json();
        const next = await ctx.next();
        const price = await (await fetch(env.PRICES + "/1")).text();
        return Response.json({ ...user, next: await next.text(), price });
      } };`,
      {
        env: { PRICES: users.url, LITERAL: "${HOME}" },
        bindings: { USERS: users.url },
        upstream: async (request) => new Response(`${request.method} ${await request.text()}`),
        reachable: [users.url],
      },
    );
    const { response } = await made.fetch("/", { method: "PUT", body: "b" });
    await users.close();
    expect(await response.json()).toEqual({ user: "/ada", next: "PUT b", price: `{"user":"/1"}` });
  });

  test("an upstream function that throws is an upstream that fails", async () => {
    const made = await arenaOf(
      `export default { fetch: (request, env, ctx) => ctx.next().catch((error) => new Response(error.name, { status: 502 })) };`,
      {
        upstream: () => {
          throw new Error("down");
        },
      },
    );
    const { response } = await made.fetch("/");
    expect(response.status).toBe(502);
    expect(await response.text()).toBe("TypeError");
  });

  test("waits for what was given to ctx.waitUntil", async () => {
    const made = await arenaOf(
      `export default { fetch(request, env, ctx) {
        ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 20)).then(() => console.log("later")));
        return new Response("now");
      } };`,
    );
    const { response, logs } = await made.fetch("/");
    expect(await response.text()).toBe("now");
    expect(logs.map(({ text }) => text)).toEqual(["later"]);
  });

  test("an answer that breaks off is handed out as far as it came", async () => {
    const made = await arenaOf(
      `export default { fetch() {
        let n = 0;
        return new Response(new ReadableStream({ async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          if (n++ === 2) throw new Error("broken");
          controller.enqueue(new TextEncoder().encode("part "));
        } }));
      } };`,
    );
    const { response, complete, code } = await made.fetch("/");
    expect(complete).toBe(false);
    expect(code).toBe("HANDLE_THREW");
    expect(await response.text()).toBe("part part ");
  });

  test("an answer that breaks off before its head is a network error, with the reason", async () => {
    const made = await arenaOf(
      `export default { fetch: () => new Response(new ReadableStream({ pull(controller) { controller.error(new Error("broken")); } })) };`,
    );
    const { response, complete, code } = await made.fetch("/");
    expect([response.type, complete, code]).toEqual(["error", false, "HANDLE_THREW"]);
  });

  test("requests run side by side where there are slots for them", async () => {
    const made = await arenaOf(
      `export default { async fetch(request) { await new Promise((resolve) => setTimeout(resolve, 10)); console.log(request.url); return new Response(request.url); } };`,
      { slots: 3 },
    );
    const paths = ["/a", "/b", "/c", "/d"];
    const results = await Promise.all(paths.map((path) => made.fetch(path)));
    expect(results.map(({ logs }) => logs[0]?.text)).toEqual(paths.map((path) => `http://localhost${path}`));
  });

  test("an aborted fetch rejects", async () => {
    const made = await arenaOf(
      `export default { async fetch(request) {
        await new Promise((resolve) => setTimeout(resolve, 9000));
        return new Response("never seen");
      } };`,
    );
    await expect(made.fetch("/", { signal: AbortSignal.timeout(50) })).rejects.toThrow(/aborted/);
  });

  test("what is wrong with a handler rejects with its place", async () => {
    await expect(arenaOf(`const x = 1;\nexport const handler = x;`)).rejects.toThrow(
      /handler\.ts:2:1: TypeError: The module has no default export \(it exports handler\)/,
    );
    await expect(createArena({ handler: "nowhere.ts" })).rejects.toThrow(/there is no handler .*nowhere\.ts/);
    await expect(arenaOf(`export default { fetch() {} }`, { arena: "4" })).rejects.toThrow(
      /pools\.arena\.arena/,
    );
  });
});
