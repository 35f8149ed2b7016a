// What a handler does with requests, upstreams and responses, through the real listener and a real origin.
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ask } from "../support/raw-client.ts";
import { HandlerGateway, type HandlerRoute, type Received } from "./handler-gateway.ts";

const handlers: Record<string, HandlerRoute> = {};

/** Registers a handler under a name that is also its route; `fetch` is the body of its fetch method. */
function handler(name: string, fetch: string, options: Partial<HandlerRoute> = {}): string {
  handlers[name] = { handler: `export default { async fetch(request, env, ctx) { ${fetch} } };`, ...options };
  return name;
}

/** The origin: the path's last element says what it does. */
function answer({ url, method, body, headers }: Received, response: ServerResponse): void {
  const what = url.split("?")[0]!.split("/").at(-1)!;
  const [, status, target] = /^to-(\d+)-(.*)$/.exec(what) ?? [];
  if (status) response.writeHead(Number(status), { location: target!.replaceAll("~", "/") }).end("moved");
  else if (what === "empty") response.writeHead(204).end();
  else if (what === "cookies") response.setHeader("set-cookie", ["a=1", "b=2"]).end("ok");
  else if (what === "large") response.end(Buffer.alloc(20_000_000, "x"));
  else if (what === "gzip") response.setHeader("content-encoding", "gzip").end(gzipSync("hello"));
  else if (what === "trailers") {
    response.write("ok");
    response.addTrailers({ "x-sum": "42" });
    response.end();
  } else if (what === "never") return;
  else {
    response.setHeader("x-from", "origin").setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        method,
        url,
        body,
        type: headers["content-type"] ?? null,
        auth: headers.authorization ?? null,
      }),
    );
  }
}

let gateway: HandlerGateway;

beforeAll(async () => {
  gateway = await HandlerGateway.start(handlers, answer);
});
beforeEach(() => {
  gateway.received.length = 0;
});
afterAll(() => gateway?.stop());

const json = async (name: string, init?: RequestInit) =>
  (await gateway.fetch(name, init)).json() as Promise<Record<string, unknown>>;
const text = async (name: string, init?: RequestInit) => (await gateway.fetch(name, init)).text();
const post = (body: string): RequestInit => ({ method: "POST", body });

describe("ctx.next()", () => {
  const pass = handler("pass", "return ctx.next();");
  test("hands the request on and the response back", async () => {
    const response = await gateway.fetch(`${pass}/x?y=1`, post("hello"));
    expect(response.headers.get("x-from")).toBe("origin");
    expect(await response.json()).toMatchObject({ method: "POST", url: "/pass/x?y=1", body: "hello" });
  });

  test("a body five times the arena's size passes by it, in both directions", async () => {
    const up = await json(pass, post("y".repeat(20_000_000)));
    expect((up.body as string).length).toBe(20_000_000);
    expect((await text(`${pass}/large`)).length).toBe(20_000_000);
  });

  test("trailers pass by it with the body", async () => {
    const got = await ask(gateway.gateway.port, `GET /${pass}/trailers HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect([got.body.toString(), got.trailers]).toEqual(["ok", [["x-sum", "42"]]]);
  });

  const compressed = handler(
    "compressed",
    `const r = await ctx.next();
    const why = await r.text().catch((e) => e.name + ": " + e.message);
    return new Response(why + "; " + (await r.bytes()).slice(0, 2).toHex());`,
  );
  test("a compressed answer passes by as it is; its text is a TypeError that says why, its bytes are there", async () => {
    const response = await gateway.fetch(`${pass}/gzip`);
    expect([response.headers.get("content-encoding"), await response.text()]).toEqual(["gzip", "hello"]);
    expect(await text(`${compressed}/gzip`)).toBe(
      "TypeError: text(): the body is compressed (content-encoding: gzip); send the request without accept-encoding; 1f8b",
    );
  });

  const greet = handler(
    "greet",
    "const r = await ctx.next(); r.headers.set('x-greeting', env.GREETING); return r;",
  );
  test("a response's headers can be changed, its body still passes by", async () => {
    const response = await gateway.fetch(`${greet}/large`);
    expect(response.headers.get("x-greeting")).toBe("hi");
    expect((await response.text()).length).toBe(20_000_000);
  });

  const rewrap = handler(
    "rewrap",
    "const r = await ctx.next(); return new Response(r.body, { status: 202, headers: { 'x-a': 'b' } });",
  );
  test("new Response(response.body) does not bring the body into the arena", async () => {
    const response = await gateway.fetch(`${rewrap}/large`);
    expect([response.status, response.headers.get("x-a"), (await response.text()).length]).toEqual([
      202,
      "b",
      20_000_000,
    ]);
  });

  const sending = handler(
    "headers-up",
    "return ctx.next(new Request(request, { headers: { authorization: 'mine' } }));",
  );
  test("a request with other headers and the client's body", async () => {
    expect(await json(sending, post("body"))).toMatchObject({ method: "POST", body: "body", auth: "mine" });
  });

  const changed = handler(
    "body-up",
    "return ctx.next(new Request(request, { body: (await request.text()).toUpperCase() }));",
  );
  test("a request with another body", async () => {
    expect(await json(changed, post("shout"))).toMatchObject({ method: "POST", body: "SHOUT" });
  });

  const readFirst = handler(
    "read-first",
    "const t = await request.text(); try { await ctx.next(); } catch (e) { return new Response(e.name + ' ' + e.message); }",
  );
  test("a body that was read cannot be sent, and the error says so", async () => {
    expect(await text(readFirst, post("x"))).toBe(
      "TypeError This request cannot be sent: the body has already been read",
    );
  });

  const cloned = handler(
    "cloned",
    "const copy = request.clone(); const t = await copy.text(); const r = await ctx.next(request); return new Response(t + '|' + (await r.json()).body);",
  );
  test("of a cloned request, one is read and the other sent", async () => {
    expect(await text(cloned, post("twice"))).toBe("twice|twice");
  });

  const elsewhere = handler("elsewhere", "return ctx.next('/other?z', { method: 'PUT', body: 'b' });");
  test("another path, method and body", async () => {
    expect(await json(elsewhere)).toMatchObject({ method: "PUT", url: "/other?z", body: "b" });
  });

  const alone = handler("alone", "return ctx.next();", { upstream: false });
  test("without an upstream, the error names the key to add", async () => {
    expect((await gateway.fetch(alone)).status).toBe(500);
    expect((await gateway.accessLine(alone)).detail).toContain("`upstream`");
  });

  const statuses = handler(
    "statuses",
    "const r = await ctx.next(); return Response.json([r.status, r.body === null, await r.text(), r.url.endsWith('/empty')]);",
  );
  test("a 204 has no body", async () => {
    expect(await json(`${statuses}/empty`)).toEqual([204, true, "", true]);
  });
  test("a 204 passes through", async () => {
    expect((await gateway.fetch(`${pass}/empty`)).status).toBe(204);
  });
  test("a redirect is handed back", async () => {
    const response = await gateway.fetch(`${pass}/to-302-~x`);
    expect([response.status, response.headers.get("location")]).toEqual([302, "/x"]);
  });

  const cookies = handler(
    "cookies-of",
    "const r = await ctx.next(); r.headers.append('set-cookie', 'c=3'); return Response.json(r.headers.getSetCookie(), r);",
  );
  test("every set-cookie arrives and leaves by itself", async () => {
    const response = await gateway.fetch(`${cookies}/cookies`);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2", "c=3"]);
    expect(await response.json()).toEqual(["a=1", "b=2", "c=3"]);
  });
  test("HEAD has no body", async () => {
    const response = await gateway.fetch(pass, { method: "HEAD" });
    expect([response.status, response.headers.get("x-from"), await response.text()]).toEqual([
      200,
      "origin",
      "",
    ]);
  });
});

describe("bindings and fetch()", () => {
  const binding = handler(
    "binding",
    "const r = await env.APP.fetch('/users/1', { method: 'POST', body: JSON.stringify({ a: 1 }), headers: { 'content-type': 'application/json' } }); return r;",
  );
  test("env.NAME.fetch reaches the upstream bound", async () => {
    expect(await json(binding)).toMatchObject({ url: "/users/1", body: '{"a":1}', type: "application/json" });
  });

  const big = handler(
    "big-up",
    "const r = await env.APP.fetch('/big', { method: 'POST', body: 'ü'.repeat(200_000) }); return Response.json((await r.json()).body.length);",
  );
  test("a large body of a handler's own is sent whole", async () => {
    expect(await json(big)).toBe(200_000);
  });

  const declared = handler(
    "declared",
    "const r = await fetch('ORIGIN/declared?q'); return Response.json([r.url, r.type, r.redirected, (await r.json()).url]);",
  );
  test("fetch reaches a declared upstream", async () => {
    expect(await json(declared)).toEqual([`${gateway.originUrl}/declared?q`, "basic", false, "/declared?q"]);
  });

  const undeclared = handler(
    "undeclared",
    "try { await fetch('http://elsewhere.example/'); } catch (e) { return new Response(e.name + ' ' + e.message); }",
  );
  test("what is not declared is a TypeError that names the key", async () => {
    expect(await text(undeclared)).toMatch(/^TypeError fetch failed: .*elsewhere\.example.*upstreams/);
  });

  const follow = handler(
    "follow",
    `
    const init = { method: "POST", body: "sent", headers: { authorization: "secret", "content-type": "text/x" } };
    const r = await fetch("ORIGIN/" + request.url.split("?")[1], init);
    return Response.json({ ...(await r.json()), redirected: r.redirected, at: r.url.slice("ORIGIN".length) });`,
  );
  test("302 of a POST is followed with a GET without its body", async () => {
    expect(await json(`${follow}?to-302-~next`)).toEqual({
      method: "GET",
      url: "/next",
      body: "",
      type: null,
      auth: "secret",
      redirected: true,
      at: "/next",
    });
  });
  test("307 is followed with method and body", async () => {
    expect(await json(`${follow}?to-307-next`)).toMatchObject({
      method: "POST",
      url: "/next",
      body: "sent",
      type: "text/x",
      auth: "secret",
    });
  });
  test("another origin does not get the authorization", async () => {
    // The same server under another name is another origin, and not declared.
    expect((await gateway.fetch(`${follow}?to-307-http:~~localhost~x`)).status).toBe(500);
    expect(gateway.received.map(({ url }) => url)).toEqual(["/to-307-http:~~localhost~x"]);
  });

  const modes = handler(
    "modes",
    `
    const url = "ORIGIN/to-302-~x";
    const manual = await fetch(url, { redirect: "manual" });
    let error = "none";
    try { await fetch(url, { redirect: "error" }); } catch (e) { error = e.name; }
    return Response.json([manual.status, manual.headers.get("location"), manual.redirected, error]);`,
  );
  test("redirect: manual gives the redirect itself, error rejects", async () => {
    expect(await json(modes)).toEqual([302, "/x", false, "TypeError"]);
  });

  const loop = handler(
    "loop",
    "try { await fetch('ORIGIN/to-302-to-302-x'); await fetch('ORIGIN/a/to-302-..~a~to-302-x'); return new Response('?'); } catch (e) { return new Response(e.message); }",
  );
  test("a chain of redirects ends at its end", async () => {
    expect(await text(loop)).toBe("?");
  });

  const streamed = handler(
    "streamed-up",
    `
    const body = new ReadableStream({ async start(c) { for (const t of ["a", "b", "c"]) { c.enqueue(new TextEncoder().encode(t)); await new Promise((f) => setTimeout(f, 5)); } c.close(); } });
    return fetch("ORIGIN/up", { method: "POST", body, duplex: "half" });`,
  );
  test("a stream can be a request's body", async () => {
    expect(await json(streamed)).toMatchObject({ method: "POST", body: "abc" });
  });

  const timeout = handler(
    "timeout",
    "try { await fetch('ORIGIN/never', { signal: AbortSignal.timeout(30) }); } catch (e) { return new Response(e.name); }",
  );
  test("a signal's timeout rejects the fetch", async () => {
    expect(await text(timeout)).toBe("TimeoutError");
  });

  const immutable = handler(
    "immutable",
    "const r = await fetch('ORIGIN/x'); try { r.headers.set('a', 'b'); } catch (e) { const own = new Response(r.body, r); own.headers.set('a', e.name); return own; }",
  );
  test("fetched headers are immutable, a copy's are not", async () => {
    expect((await gateway.fetch(immutable)).headers.get("a")).toBe("TypeError");
  });

  const limit = handler(
    "limit",
    "try { for (;;) await env.APP.fetch('/x'); } catch (e) { return new Response(e.message); }",
    { limits: { subrequests: 2 } },
  );
  test("one subrequest too many rejects", async () => {
    expect(await text(limit)).toContain("limits.subrequests");
    expect(gateway.received.length).toBe(2);
  });
});

describe("responses", () => {
  const stream = handler(
    "stream",
    `
    const chunks = ["one ", "two ", "three"];
    return new Response(new ReadableStream({ async pull(c) { const t = chunks.shift(); if (!t) return c.close(); await new Promise((f) => setTimeout(f, 5)); c.enqueue(new TextEncoder().encode(t)); } }));`,
  );
  test("a stream arrives as it is made", async () => {
    expect(await text(stream)).toBe("one two three");
  });

  const upper = handler(
    "upper",
    `
    const r = await ctx.next();
    const upper = new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); } });
    return new Response(r.body.pipeThrough(new TextDecoderStream()).pipeThrough(upper).pipeThrough(new TextEncoderStream()), r);`,
  );
  test("a body can be changed while it passes", async () => {
    expect(await text(upper)).toContain('"METHOD":"GET","URL":"/UPPER"');
  });
  test("a body of 2 MB flows through an arena of 4 MiB", async () => {
    expect((await text(upper, post("z".repeat(2_000_000)))).length).toBeGreaterThan(2_000_000);
  });

  const chunk = handler(
    "large-chunk",
    "return new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(300_000).fill(97)); c.close(); } }));",
  );
  test("a chunk larger than the gateway holds is cut up", async () => {
    expect(await text(chunk)).toBe("a".repeat(300_000));
  });

  const after = handler(
    "after",
    "ctx.waitUntil((async () => { await new Promise((f) => setTimeout(f, 20)); console.log('done later'); })()); return new Response('x'.repeat(200_000));",
  );
  test("waitUntil goes on after the response, of whatever size", async () => {
    expect((await text(after)).length).toBe(200_000);
    expect((await gateway.gateway.line((line) => line["console"] === "done later")).requestId).toBeTypeOf(
      "string",
    );
  });

  const both = handler(
    "both",
    "const r = await ctx.next(); const copy = r.clone(); return Response.json([(await r.text()).length, (await copy.text()).length]);",
  );
  test("a clone of an upstream's response can be read as well", async () => {
    const [left, right] = (await json(both)) as unknown as number[];
    expect(left).toBeGreaterThan(10);
    expect(right).toBe(left);
  });

  const echo = handler(
    "echo",
    "return new Response(request.body, { headers: { 'content-type': 'text/x' } });",
  );
  test("the client's own body can be its answer", async () => {
    expect(await text(echo, post("back"))).toBe("back");
  });

  const upload = handler(
    "upload",
    "const form = await request.formData(); const f = form.get('file'); return Response.json([form.get('name'), f.name, f.type, await f.text()]);",
  );
  test("a browser's form with a file", async () => {
    const body = new FormData();
    body.append("name", "ü");
    body.append("file", new File(["content"], "a b.txt", { type: "text/plain" }));
    expect(await json(upload, { method: "POST", body })).toEqual(["ü", "a b.txt", "text/plain", "content"]);
  });

  for (const [name, code, why] of [
    ["return 'text';", "HANDLE_BAD_RESPONSE", "fetch() answered with text, not with a Response"],
    ["", "HANDLE_BAD_RESPONSE", "fetch() answered with undefined, not with a Response"],
    [
      "return { status: 200 };",
      "HANDLE_BAD_RESPONSE",
      "fetch() answered with an object of class Object, not with a Response",
    ],
    ["return Response.error();", "HANDLE_BAD_RESPONSE", "fetch() answered with Response.error()"],
    ["const r = new Response('x'); await r.text(); return r;", "HANDLE_BAD_RESPONSE", "already been read"],
    ["const r = new Response('x'); r.body.getReader(); return r;", "HANDLE_BAD_RESPONSE", "locked"],
    ["throw new RangeError('too far', { cause: 'why' });", "HANDLE_THREW", "RangeError: too far [cause] why"],
    ["throw 'text';", "HANDLE_THREW", "text"],
    ["throw null;", "HANDLE_THREW", "null"],
    ["await Promise.reject(new Error('no'));", "HANDLE_THREW", "Error: no"],
    [
      "throw { get message() { throw 1; }, toString() { throw 2; }, toJSON() { throw 3; } };",
      "HANDLE_THREW",
      "cannot be shown",
    ],
  ] as const) {
    const route = handler(`bad-${Object.keys(handlers).length}`, name);
    test(`${name || "no return"} is ${code}`, async () => {
      const response = await gateway.fetch(route);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([500, code]);
      expect((await gateway.accessLine(route)).detail).toContain(why);
    });
  }
});

describe("an arena's life", () => {
  const pristine = handler(
    "pristine",
    `
    const seen = [globalThis.mark, Array.prototype.mark, Response.prototype.mark, typeof fetch, typeof console.log];
    globalThis.mark = Array.prototype.mark = Response.prototype.mark = 1;
    globalThis.fetch = console.log = undefined;
    Object.freeze(Response.prototype); Promise.prototype.then = () => {};
    return Response.json(seen);`,
  );
  test("what one request breaks, the next does not see", async () => {
    for (let i = 0; i < 9; i++)
      expect(await json(pristine)).toEqual([null, null, null, "function", "function"]);
  });

  const gone = handler(
    "gone",
    "request.signal.addEventListener('abort', () => console.log('client gone: ' + request.signal.reason.name)); await new Promise((f) => setTimeout(f, 3000)); return new Response();",
  );
  test("request.signal is aborted when the client leaves", async () => {
    const controller = new AbortController();
    const leaving = gateway.fetch(gone, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(leaving).rejects.toThrow();
    await gateway.gateway.line((line) => line["console"] === "client gone: AbortError");
  });

  handlers["warmed"] = {
    handler: `
      let warm = 0, leftover;
      export default { async fetch(request, env, ctx) {
        if (request.url.includes("prepare")) { warm++; setTimeout(() => warm = 99, 1000); ctx.next().catch(() => {}); leftover = new Promise(() => {}); return new Response(); }
        await new Promise((f) => setTimeout(f, 5));
        const r = await ctx.next();
        return Response.json([warm, r.status]);
      } };`,
    warm: ["GET /warmed/prepare", "GET /warmed/prepare"],
  };
  test("a warm request's state is kept, what it left waiting is forgotten", async () => {
    expect(await json("warmed")).toEqual([2, 200]);
  });

  const usage = handler(
    "usage",
    "return Response.json([ctx.arena.bytes, ctx.arena.usedBytes > 65536, ctx.arena.usedBytes < ctx.arena.bytes]);",
  );
  test("ctx.arena tells size and use", async () => {
    expect(await json(usage)).toEqual([4 * 1024 * 1024, true, true]);
  });
});
