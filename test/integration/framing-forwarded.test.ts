// What the origin gets to see: every request that is served reaches it in one canonical form, framed once, whatever
// liberties the client took. The origin reads by the letter (test/support/wire.ts) and keeps every byte.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ask, RawClient } from "../support/raw-client.ts";
import { ok, RawOrigin } from "../support/raw-origin.ts";
import { SmallGateway } from "../support/small-gateway.ts";
import { fieldOf, statusOf, type Message } from "../support/wire.ts";

let origin: RawOrigin;
let gateway: SmallGateway;

beforeAll(async () => {
  origin = await RawOrigin.start();
  gateway = await SmallGateway.start({ targets: [origin.url] });
});
afterEach(() => {
  origin.answer = ok;
});
afterAll(async () => {
  await gateway.stop();
  await origin.stop();
});

/** Sends the bytes; returns what the origin made of them. */
async function through(bytes: string, method = "GET"): Promise<Message> {
  const n = origin.requests.length;
  const answer = await ask(gateway.port, bytes, method);
  expect(statusOf(answer)).toBe(200);
  return origin.request(n);
}

const CHUNKS = "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

describe("bodies keep their framing", () => {
  const methods = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET", "PROPFIND", "QUERY"];

  test.each(methods)("a chunked %s reaches the origin chunked", async (method) => {
    const got = await through(
      `${method} /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    );
    expect(got.startLine).toBe(`${method} /c HTTP/1.1`);
    expect(got.framing).toBe("chunked");
    expect(got.body.toString()).toBe("hello world");
    expect(origin.faults).toEqual([]);
  });

  test.each(methods)("a %s with a Content-Length reaches the origin with the same one", async (method) => {
    const got = await through(`${method} /l HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`);
    expect(got.framing).toBe("length");
    expect(got.body.toString()).toBe("hello");
    expect(origin.faults).toEqual([]);
  });

  test.each(["GET", "DELETE", "OPTIONS"])(
    "a %s without a body reaches the origin without framing",
    async (method) => {
      const got = await through(`${method} /n HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(got.framing).toBe("none");
      expect(got.rawHead).not.toMatch(/content-length|transfer-encoding/i);
    },
  );

  test("an empty POST says so", async () => {
    const got = await through("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    expect(fieldOf(got, "content-length")).toBe("0");
  });

  test("a chunked body in which every byte comes alone arrives whole", async () => {
    const n = origin.requests.length;
    const client = await RawClient.connect(gateway.port);
    for (const byte of `POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`) {
      client.send(byte);
      await new Promise(setImmediate);
    }
    expect(statusOf(await client.response())).toBe(200);
    expect((await origin.request(n)).body.toString()).toBe("hello world");
    client.destroy();
  });
});

describe("liberties that are harmless are gone at the origin", () => {
  const cases: [string, string][] = [
    [
      "empty lines before the request line (RFC 9112 section 2.2)",
      "\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    [
      "absolute-form for the same host (RFC 9112 section 3.2.2)",
      "GET http://A/x HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ["spaces and tabs around a value (RFC 9112 section 5.1)", "GET /x HTTP/1.1\r\nHost: \t a \t\r\n\r\n"],
    ["field names in odd case (RFC 9110 section 5.1)", "GET /x HTTP/1.1\r\nhOST: a\r\n\r\n"],
  ];
  test.each(cases)("%s", async (_, bytes) => {
    const got = await through(bytes);
    expect(got.startLine).toBe("GET /x HTTP/1.1");
    expect(fieldOf(got, "host")?.toLowerCase()).toBe("a");
  });

  const extensions = ["5;a=b", "5;a", '5;a="b;c"', "05", "5;a=b;c=d"];
  test.each(extensions)("a chunk that begins with %j (RFC 9112 section 7.1.1)", async (size) => {
    const got = await through(
      `POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\nhello\r\n0\r\n\r\n`,
    );
    expect(got.body.toString()).toBe("hello");
  });

  test("Transfer-Encoding in capitals is chunked all the same", async () => {
    const got = await through(`POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n${CHUNKS}`);
    expect(got.framing).toBe("chunked");
  });

  test("request trailers end here", async () => {
    const got = await through(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: t\r\n\r\n",
    );
    expect(got.trailers).toEqual([]);
    expect(got.rawHead).not.toContain("x-t");
  });

  test("an HTTP/1.0 request without Host gets the target's, and its connection is closed", async () => {
    const client = await RawClient.connect(gateway.port);
    const n = origin.requests.length;
    client.send("GET /old HTTP/1.0\r\n\r\n");
    expect(statusOf(await client.response())).toBe(200);
    expect(await client.closed).toBe("end");
    expect(fieldOf(await origin.request(n), "host")).toBe(`127.0.0.1:${origin.port}`);
  });

  test("bytes above ASCII in a value pass unchanged (RFC 9110 section 5.5, obs-text)", async () => {
    const got = await through("GET / HTTP/1.1\r\nHost: a\r\nX-A: \xe4\xff\r\n\r\n");
    expect(fieldOf(got, "x-a")).toBe("\xe4\xff");
  });

  test("the target passes byte for byte", async () => {
    const target = "/a/../b//c/%2e%2E/;x=1?q=%00&r=a+b|'\"<>\\^`{}?";
    expect((await through(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)).startLine).toBe(
      `GET ${target} HTTP/1.1`,
    );
  });
});

describe("connections", () => {
  test("pipelined requests are answered in order, one after the other", async () => {
    const n = origin.requests.length;
    origin.answer = (request) =>
      `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n${request.startLine.slice(5, 7)}`;
    const client = await RawClient.connect(gateway.port);
    client.send(["p1", "p2", "p3"].map((path) => `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
    for (const path of ["p1", "p2", "p3"]) expect((await client.response()).body.toString()).toBe(path);
    const order = origin.requests.slice(n).map((request) => request.startLine.slice(4, 7));
    expect(order).toEqual(["/p1", "/p2", "/p3"]);
    client.destroy();
  });

  test("a client that sends a megabyte of requests ahead has one of them under way at a time", async () => {
    let release: () => void = () => {};
    origin.answer = (request, { socket }) => {
      if (!request.startLine.startsWith("GET /hold")) return ok(request, { socket } as never);
      release = () => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nheld");
      return null;
    };
    const n = origin.requests.length;
    const client = await RawClient.connect(gateway.port);
    const field = `X-Pad: ${"x".repeat(8000)}`;
    const ahead = 128;
    client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(`GET /w HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`.repeat(ahead));
    await origin.request(n);
    expect([gateway.active, origin.requests.length]).toEqual([1, n + 1]);
    release();
    expect((await client.response()).body.toString()).toBe("held");
    for (let i = 0; i < ahead; i++) expect(statusOf(await client.response())).toBe(200);
    client.destroy();
  });

  test("one hundred requests in a row use one connection to the origin", async () => {
    const before = origin.connections;
    const client = await RawClient.connect(gateway.port);
    for (let i = 0; i < 100; i++) {
      client.send("GET /reuse HTTP/1.1\r\nHost: a\r\n\r\n");
      await client.response();
    }
    expect(origin.connections - before).toBeLessThanOrEqual(1);
    client.destroy();
  });
});
