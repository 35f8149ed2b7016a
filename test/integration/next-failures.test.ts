// What the client is told when ctx.next() fails: what it would be told without the handler, unless the handler says otherwise.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { GatewayProcess, type LogLine } from "../support/gateway-process.ts";
import { writeHandler } from "../support/handler-file.ts";
import { RawOrigin } from "../support/raw-origin.ts";

/** Each is the body of `async fetch(request, env, ctx)`. */
const HANDLERS = {
  returned: "return ctx.next();",
  awaited: "const response = await ctx.next(); return response;",
  waited: "ctx.waitUntil(Promise.resolve()); return ctx.next();",
  tried: "try { return await ctx.next(); } catch { return new Response('sorry', { status: 203 }); }",
  wrapped: "return ctx.next().catch((cause) => { throw new Error('no luck', { cause }); });",
  imitated: "await ctx.next().catch(() => {}); throw new TypeError('fetch failed: PROXY_CONNECT_FAILED: x');",
  binding: "return env.OTHER.fetch('/');",
  streamed: "return ctx.next(new Request(request.url, { method: 'POST', body: 'x'.repeat(70000) }));",
};
type Name = keyof typeof HANDLERS;

let directory: string;
let silent: RawOrigin;
let broken: RawOrigin;
let gateway: GatewayProcess;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "nea-next-"));
  silent = await RawOrigin.start(() => null);
  broken = await RawOrigin.start(() => "HTTP/1.1 2000 What\r\n\r\n");
  const upstreams = {
    // Nobody listens there: port 1 needs a privilege that nobody uses.
    refusing: { targets: ["http://127.0.0.1:1"], health: { passive: { failures: 0 } } },
    silent: { targets: [silent.url], timeouts: { head: "100ms" }, health: { passive: { failures: 0 } } },
    broken: { targets: [broken.url], health: { passive: { failures: 0 } } },
  };
  const handlers = Object.entries(HANDLERS).map(([name, body]) => ({
    name,
    handler: writeHandler(directory, name, body),
  }));
  const routes = Object.keys(upstreams).flatMap((upstream) => [
    { name: `${upstream}.plain`, match: { path: { exact: `/${upstream}/plain` } }, upstream },
    ...handlers.map(({ name, handler }) => ({
      name: `${upstream}.${name}`,
      match: { path: { exact: `/${upstream}/${name}` } },
      handler,
      pool: "all",
      upstream,
      bindings: { OTHER: upstream },
    })),
  ]);
  gateway = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    drain: { delay: "0s" },
    pools: { all: { slots: 2, arena: "4Mi" } },
    upstreams,
    routes,
  });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([silent.stop(), broken.stop()]);
  rmSync(directory, { recursive: true });
});

interface Told {
  status: number;
  code: unknown;
  logged: unknown;
  /** The record of a handler's failure, if there is one. */
  record: LogLine | undefined;
}

let number = 0;
async function told(path: string): Promise<Told> {
  const requestId = `request-${number++}`;
  const { status, body } = await ask(gateway.url + path, { headers: { "x-request-id": requestId } });
  const line = await gateway.line((line) => line.msg === "request" && line.requestId === requestId);
  const record = gateway.log.find((line) => "cause" in line && line.requestId === requestId);
  const code: unknown = body.startsWith("{") ? (JSON.parse(body) as { code: unknown }).code : null;
  return { status, code, logged: line["code"], record };
}

const PLAIN = {
  refusing: { status: 502, code: "PROXY_CONNECT_FAILED" },
  silent: { status: 504, code: "PROXY_TIMED_OUT" },
  broken: { status: 502, code: "PROXY_BAD_RESPONSE" },
} as const;

describe.each(Object.entries(PLAIN))("an upstream that is %s", (upstream, { status, code }) => {
  const asked = (name: Name | "plain") => told(`/${upstream}/${name}`);
  const proxied = { status, code, logged: code, record: undefined };

  test("is told of by its code without a handler", async () => {
    expect(await asked("plain")).toEqual(proxied);
  });

  test.each(["returned", "awaited", "waited", "streamed"] as const)(
    "and by the same code when a handler lets ctx.next() fail (%s), which is no failure of the handler",
    async (name) => expect(await asked(name)).toEqual(proxied),
  );

  test("a handler that catches it answers what it likes", async () => {
    expect(await asked("tried")).toEqual({ status: 203, code: null, logged: null, record: undefined });
  });

  test.each(["wrapped", "imitated", "binding"] as const)(
    "another error (%s) is the handler's own, and told with its line",
    async (name) => {
      const { record, ...rest } = await asked(name);
      expect(rest).toEqual({ status: 500, code: "HANDLE_THREW", logged: "HANDLE_THREW" });
      expect(record?.["cause"]).toBe("threw");
    },
  );
});
