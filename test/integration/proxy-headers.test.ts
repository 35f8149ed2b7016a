// Header fields on their way through, seen at the origin and at the client byte by byte.
import { afterEach, describe, expect, test } from "vitest";
import { RawClient, ask } from "../support/raw-client.ts";
import { RawOrigin } from "../support/raw-origin.ts";
import { SmallGateway, type SmallGatewayOptions } from "../support/small-gateway.ts";
import { fieldOf, type Message } from "../support/wire.ts";

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function start(
  options: Partial<SmallGatewayOptions> = {},
): Promise<{ origin: RawOrigin; gateway: SmallGateway }> {
  const origin = await RawOrigin.start();
  const gateway = await SmallGateway.start({ targets: [origin.url], ...options });
  running.push(gateway, origin);
  return { origin, gateway };
}

async function seenByOrigin(fields: string, options: Partial<SmallGatewayOptions> = {}): Promise<Message> {
  const { origin, gateway } = await start(options);
  await ask(gateway.port, `GET / HTTP/1.1\r\nHost: a.example:81\r\n${fields}\r\n`);
  return origin.request();
}

async function seenByClient(fields: string, options: Partial<SmallGatewayOptions> = {}): Promise<Message> {
  const { origin, gateway } = await start(options);
  origin.answer = () => `HTTP/1.1 200 Fine\r\n${fields}Content-Length: 2\r\n\r\nok`;
  return ask(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

const trusting = { listener: { trustedProxies: ["127.0.0.0/8"] } };

describe("towards the upstream", () => {
  test("hop-by-hop fields end here, and so does everything Connection names (RFC 9110 section 7.6.1)", async () => {
    const got = await seenByOrigin(
      "Connection: close, X-Secret, keep-alive\r\nX-Secret: s\r\nKeep-Alive: timeout=9\r\nProxy-Authorization: Basic x\r\n" +
        "Proxy-Connection: keep-alive\r\nTrailer: X-T\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\nX-Kept: k\r\n",
    );
    for (const name of [
      "x-secret",
      "keep-alive",
      "proxy-authorization",
      "proxy-connection",
      "trailer",
      "upgrade",
    ]) {
      expect(fieldOf(got, name), name).toBeUndefined();
    }
    expect(fieldOf(got, "connection")).toBeUndefined();
    expect(fieldOf(got, "x-kept")).toBe("k");
  });

  test("of TE only the wish for trailers travels on (RFC 9110 section 10.1.4)", async () => {
    expect(fieldOf(await seenByOrigin("TE: gzip;q=0.5, trailers\r\nConnection: close\r\n"), "te")).toBe(
      "trailers",
    );
    expect(fieldOf(await seenByOrigin("TE: gzip\r\n"), "te")).toBeUndefined();
  });

  test("a client's claims about where it comes from are dropped, not appended to", async () => {
    const got = await seenByOrigin(
      "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=1.2.3.4\r\n",
    );
    expect(fieldOf(got, "x-forwarded-for")).toBe("127.0.0.1");
    expect(fieldOf(got, "x-forwarded-proto")).toBe("http");
    expect(fieldOf(got, "x-forwarded-host")).toBe("a.example:81");
    expect(fieldOf(got, "forwarded")).toBe('for=127.0.0.1;host="a.example:81";proto=http');
  });

  test("a trusted proxy's claims are kept and appended to", async () => {
    const got = await seenByOrigin(
      "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop\r\nForwarded: for=1.2.3.4\r\n",
      trusting,
    );
    expect(fieldOf(got, "x-forwarded-for")).toBe("1.2.3.4, 127.0.0.1");
    expect(fieldOf(got, "x-forwarded-proto")).toBe("https");
    expect(fieldOf(got, "x-forwarded-host")).toBe("shop");
    expect(fieldOf(got, "forwarded")).toBe('for=1.2.3.4, for=127.0.0.1;host="a.example:81";proto=http');
  });

  test("Via names us, behind whoever was there before (RFC 9110 section 7.6.3)", async () => {
    expect(fieldOf(await seenByOrigin(""), "via")).toBe("1.1 nea");
    expect(fieldOf(await seenByOrigin("Via: 1.0 old\r\nVia: 1.1 mid\r\n"), "via")).toBe(
      "1.0 old, 1.1 mid, 1.1 nea",
    );
  });

  test("Host is kept, set, or the target's own, as configured", async () => {
    expect(fieldOf(await seenByOrigin(""), "host")).toBe("a.example:81");
    expect(fieldOf(await seenByOrigin("", { policy: { host: "set.example" } }), "host")).toBe("set.example");
    const own = await seenByOrigin("", { policy: { host: "target" } });
    expect(fieldOf(own, "host")).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test("a trace is passed on, or started when there is none or none that can be read (W3C Trace Context)", async () => {
    const sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const passed = await seenByOrigin(`traceparent: ${sent}\r\ntracestate: a=1\r\ntracestate: b=2\r\n`);
    expect(fieldOf(passed, "traceparent")).toBe(sent);
    expect(fieldOf(passed, "tracestate")).toBe("a=1, b=2");
    for (const bad of ["", "traceparent: 00-0-0-0\r\n", `traceparent: ${sent}\r\ntraceparent: ${sent}\r\n`]) {
      const started = await seenByOrigin(`${bad}tracestate: a=1\r\n`);
      expect(fieldOf(started, "traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
      expect(fieldOf(started, "traceparent")).not.toBe(sent);
      expect(fieldOf(started, "tracestate")).toBeUndefined();
    }
  });

  test("a sane request id is kept, an insane one replaced; upstream, client and outcome see the same", async () => {
    const { origin, gateway } = await start();
    const kept = await ask(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-123\r\n\r\n");
    expect(fieldOf(kept, "x-request-id")).toBe("abc-123");
    expect(fieldOf(await origin.request(0), "x-request-id")).toBe("abc-123");
    const replaced = await ask(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: "} evil\r\n\r\n');
    expect(fieldOf(replaced, "x-request-id")).toMatch(/^[0-9a-f]{20}$/);
    expect(fieldOf(await origin.request(1), "x-request-id")).toBe(fieldOf(replaced, "x-request-id"));
  });

  test("rules remove, set and add, in that order", async () => {
    const request = {
      remove: ["x-gone"],
      set: [["X-Set", "new"]] as const,
      add: [["X-Add", "2"]] as const,
    };
    const got = await seenByOrigin("X-Gone: 1\r\nX-Set: old\r\nX-Set: older\r\nX-Add: 1\r\n", {
      policy: { request },
    });
    expect(fieldOf(got, "x-gone")).toBeUndefined();
    expect(fieldOf(got, "x-set")).toBe("new");
    expect(fieldOf(got, "x-add")).toBe("1, 2");
  });

  test("Expect is answered by us and not passed on; the body follows", async () => {
    const { origin, gateway } = await start();
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    expect((await client.response()).startLine).toBe("HTTP/1.1 100 Continue");
    client.send("hello");
    expect((await client.response()).startLine).toBe("HTTP/1.1 200 OK");
    const got = await origin.request();
    expect(fieldOf(got, "expect")).toBeUndefined();
    expect(fieldOf(got, "via")).toBe("1.1 nea");
    expect(got.body.toString()).toBe("hello");
    client.destroy();
  });

  test("a body that is refused is never asked for: no 100 before the 413", async () => {
    const { origin, gateway } = await start({ bodyLimitBytes: 4 });
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    expect((await client.response()).startLine).toMatch(/ 413 /);
    expect(await client.closed).toBe("end");
    expect(origin.connections).toBe(0);
  });
});

describe("back to the client", () => {
  test("hop-by-hop fields end here, and so does everything Connection names", async () => {
    const got = await seenByClient(
      "Connection: keep-alive, X-Secret\r\nX-Secret: s\r\nKeep-Alive: timeout=99\r\nProxy-Authenticate: Basic\r\n" +
        "Proxy-Connection: x\r\nUpgrade: h2c\r\nX-Kept: k\r\n",
    );
    for (const name of ["x-secret", "proxy-authenticate", "proxy-connection", "upgrade"]) {
      expect(fieldOf(got, name), name).toBeUndefined();
    }
    expect(fieldOf(got, "keep-alive")).toBe("timeout=5");
    expect(fieldOf(got, "x-kept")).toBe("k");
    expect(got.startLine).toBe("HTTP/1.1 200 Fine");
  });

  test("every Set-Cookie stays a field of its own, in order", async () => {
    const got = await seenByClient("Set-Cookie: a=1\r\nset-cookie: b=2\r\nSet-Cookie: c=3\r\n");
    const cookies = got.fields.filter(([name]) => name === "set-cookie").map(([, value]) => value);
    expect(cookies).toEqual(["a=1", "b=2", "c=3"]);
  });

  test("the upstream's Date stands; without one there is ours", async () => {
    const date = "Thu, 01 Jan 2026 00:00:00 GMT";
    expect(fieldOf(await seenByClient(`Date: ${date}\r\n`), "date")).toBe(date);
    expect(fieldOf(await seenByClient(""), "date")).toMatch(/GMT$/);
  });

  test("the upstream's own request id gives way to ours", async () => {
    expect(fieldOf(await seenByClient("X-Request-Id: theirs\r\n"), "x-request-id")).toMatch(/^[0-9a-f]{20}$/);
  });

  test("a Content-Length that Connection names still frames the answer", async () => {
    expect((await seenByClient("Connection: content-length\r\n")).framing).toBe("length");
  });

  test("rules apply to answers too", async () => {
    const response = { remove: ["server"], set: [["X-Frame-Options", "DENY"]] as const, add: [] };
    const got = await seenByClient("Server: s\r\nX-Frame-Options: ALLOW\r\n", { policy: { response } });
    expect(fieldOf(got, "server")).toBeUndefined();
    expect(fieldOf(got, "x-frame-options")).toBe("DENY");
  });
});
