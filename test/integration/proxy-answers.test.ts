// The shapes an answer can have, each from the upstream's bytes to the client's.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, RawClient } from "../support/raw-client.ts";
import { RawOrigin } from "../support/raw-origin.ts";
import { SmallGateway } from "../support/small-gateway.ts";
import { fieldOf, statusOf, type Message } from "../support/wire.ts";

let origin: RawOrigin;
let gateway: SmallGateway;

beforeAll(async () => {
  origin = await RawOrigin.start();
  gateway = await SmallGateway.start({ targets: [origin.url], upstream: { retries: 0 } });
});
afterAll(async () => {
  await gateway.stop();
  await origin.stop();
});

function answered(bytes: string, method = "GET", version = "1.1"): Promise<Message> {
  origin.answer = (_, { socket }) => {
    // Close-delimited answers need the close.
    if (!/content-length|transfer-encoding| 204 | 304 /i.test(bytes)) socket.end(bytes, "latin1");
    else socket.write(bytes, "latin1");
    return null;
  };
  return ask(gateway.port, `${method} / HTTP/${version}\r\nHost: a\r\n\r\n`, method);
}

const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

describe("bodies", () => {
  test("a length stays that length", async () => {
    const got = await answered("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    expect([got.framing, fieldOf(got, "content-length"), got.body.toString()]).toEqual([
      "length",
      "5",
      "hello",
    ]);
  });

  test("an empty answer stays empty", async () => {
    const got = await answered("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect([got.framing, got.body.length]).toEqual(["length", 0]);
  });

  test("chunks stay chunks", async () => {
    const got = await answered(`HTTP/1.1 200 OK\r\n${CHUNKED}`);
    expect([got.framing, got.body.toString()]).toEqual(["chunked", "hello world"]);
  });

  test("an answer that ends with the connection becomes chunks", async () => {
    const got = await answered("HTTP/1.1 200 OK\r\nX: y\r\n\r\nuntil the end");
    expect([got.framing, got.body.toString()]).toEqual(["chunked", "until the end"]);
  });

  test("for an HTTP/1.0 client chunks become a connection that closes", async () => {
    const got = await answered(`HTTP/1.1 200 OK\r\n${CHUNKED}`, "GET", "1.0");
    expect([got.framing, fieldOf(got, "connection"), got.body.toString()]).toEqual([
      "close",
      "close",
      "hello world",
    ]);
  });

  test("an HTTP/1.0 upstream is understood", async () => {
    const got = await answered("HTTP/1.0 200 OK\r\nX: y\r\n\r\nold");
    expect(got.body.toString()).toBe("old");
  });

  // One read brings the end of a large chunk and a small one: the large one is on its way to the client when the small one
  // is taken at once. What was told to wait must then still hear that it may go on.
  test("large and small chunks in turn arrive whole", async () => {
    const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`;
    const rounds = Array.from({ length: 100 }, (_, i) => chunk(20_000 + 531 * (i % 50)) + chunk(1 + 97 * i));
    const got = await answered(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${rounds.join("")}0\r\n\r\n`,
    );
    const sizes = rounds.map((_, i) => 20_000 + 531 * (i % 50) + 1 + 97 * i);
    expect(got.body.length).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  test("a body of one megabyte in odd pieces arrives byte for byte", async () => {
    const body = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 7919) >> 3));
    origin.answer = (_, { socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      for (let at = 0; at < body.length; at += 77_777) socket.write(body.subarray(at, at + 77_777));
      return null;
    };
    const got = await ask(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(got.body.equals(body)).toBe(true);
  });
});

describe("answers without a body", () => {
  test("HEAD keeps the length it would have had", async () => {
    const got = await answered("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD");
    expect([fieldOf(got, "content-length"), got.body.length]).toEqual(["5", 0]);
  });

  test("HEAD whose GET would be chunked", async () => {
    const client = await RawClient.connect(gateway.port);
    origin.answer = () => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(statusOf(await client.response("HEAD"))).toBe(200);
    origin.answer = () => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect((await client.response()).body.toString()).toBe("next");
    client.destroy();
  });

  test("204 has neither body nor length, whatever the upstream says (RFC 9110 section 8.6)", async () => {
    const got = await answered("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
    expect([statusOf(got), fieldOf(got, "content-length"), fieldOf(got, "transfer-encoding")]).toEqual([
      204,
      undefined,
      undefined,
    ]);
  });

  test("304 keeps its validators and has no body", async () => {
    const got = await answered('HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 500\r\n\r\n');
    expect([statusOf(got), fieldOf(got, "etag"), fieldOf(got, "content-length")]).toEqual([
      304,
      '"x"',
      "500",
    ]);
  });

  test("the connection is usable after each of them", async () => {
    const client = await RawClient.connect(gateway.port);
    for (const status of ["204 No Content", "304 Not Modified", "200 OK"]) {
      origin.answer = () =>
        `HTTP/1.1 ${status}\r\n${status.startsWith("2") && !status.startsWith("204") ? "Content-Length: 0\r\n" : ""}\r\n`;
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      expect((await client.response()).startLine).toContain(status);
    }
    client.destroy();
  });
});

describe("interim answers", () => {
  test("103 is relayed before the answer, any number of times", async () => {
    origin.answer = () =>
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\n" +
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const client = await RawClient.connect(gateway.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const [first, second, last] = [await client.response(), await client.response(), await client.response()];
    expect([statusOf(first), fieldOf(first, "link")]).toEqual([103, "</a.css>; rel=preload"]);
    expect([statusOf(second), fieldOf(second, "link")]).toEqual([103, "</b.css>; rel=preload"]);
    expect([statusOf(last), last.body.toString()]).toEqual([200, "ok"]);
    client.destroy();
  });

  test("102 too, but to an HTTP/1.0 client nothing of the kind (RFC 9110 section 15.2)", async () => {
    const bytes = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    expect(statusOf(await answered(bytes))).toBe(102);
    expect(statusOf(await answered(bytes, "GET", "1.0"))).toBe(200);
  });

  test("a switch of protocols that nobody asked for is no answer", async () => {
    expect(
      statusOf(
        await answered("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
      ),
    ).toBe(502);
  });
});

describe("trailers", () => {
  test("trailers arrive behind the last chunk", async () => {
    const got = await answered(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\nX-Two: 2\r\n\r\n",
    );
    expect(got.trailers).toEqual([
      ["x-sum", "42"],
      ["x-two", "2"],
    ]);
  });

  test("what must not be a trailer is dropped (RFC 9110 section 6.5.1)", async () => {
    const got = await answered(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nSet-Cookie: a=1\r\nX-Ok: 1\r\nAuthorization: x\r\n\r\n",
    );
    expect(got.trailers).toEqual([["x-ok", "1"]]);
  });
});

describe("answers that two parsers could read differently", () => {
  const bad: [string, string][] = [
    ["two framings", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"],
    ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello"],
    ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"],
    ["a field without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"],
    ["a status that is none", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"],
    ["another protocol", "ICY 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["bytes that are no HTTP", "\x00\x01\x02\x03 Content-Length: 0"],
    ["a NUL in a value", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"],
    ["a bare CR in a value", "HTTP/1.1 200 OK\r\nX: a\rContent-Length: 7\r\nContent-Length: 0\r\n\r\n"],
    ["a head of 20 KB", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`],
  ];
  test.each(bad)("%s is a 502 with its code", async (_, bytes) => {
    const got = await answered(bytes);
    expect(statusOf(got)).toBe(502);
    expect(JSON.parse(got.body.toString())).toMatchObject({ code: "PROXY_BAD_RESPONSE" });
  });

  test("bytes behind a complete answer never become the answer to the next request", async () => {
    const client = await RawClient.connect(gateway.port);
    origin.answer = () =>
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    expect((await client.response()).body.toString()).toBe("ok");
    origin.answer = () => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";
    client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    expect((await client.response()).body.toString()).toBe("mine");
    client.destroy();
  });

  test("a body behind the answer to HEAD never becomes the answer to the next request", async () => {
    const client = await RawClient.connect(gateway.port);
    origin.answer = () =>
      "HTTP/1.1 200 OK\r\nContent-Length: 51\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoisonpoison!";
    client.send("HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.response("HEAD");
    origin.answer = () => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";
    client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    expect((await client.response()).body.toString()).toBe("mine");
    client.destroy();
  });
});

describe("connections that are not used again", () => {
  const connectionsFor = async (first: string, method: string, request = ""): Promise<number> => {
    const before = origin.connections;
    const client = await RawClient.connect(gateway.port);
    origin.answer = () => first;
    client.send(`${method} /1 HTTP/1.1\r\nHost: a\r\n${request}`);
    await client.response(method);
    origin.answer = () => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";
    client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    expect((await client.response()).body.toString()).toBe("mine");
    client.destroy();
    return origin.connections - before;
  };
  const plain = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  beforeAll(async () => {
    // Whatever an earlier test left idle would be used first.
    for (const socket of origin.sockets) socket.destroy();
    await origin.until(() => origin.sockets.size === 0);
    await gateway.until(() => gateway.upstream.stats()[0]?.connections === 0);
  });

  test("an ordinary one is", async () => {
    expect(await connectionsFor(plain, "GET", "\r\n")).toBe(1);
    expect(await connectionsFor(plain, "POST", "Content-Length: 2\r\n\r\nhi")).toBe(0);
  });

  test("one whose upstream said close, even if it does not", async () => {
    expect(
      await connectionsFor(plain.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), "GET", "\r\n"),
    ).toBe(1);
  });

  test("one that answered HEAD: a body may still come", async () => {
    expect(await connectionsFor("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", "\r\n")).toBe(1);
  });

  test("one that carried the body of a GET: the upstream may not have seen it as one", async () => {
    expect(await connectionsFor(plain, "GET", "Content-Length: 2\r\n\r\nhi")).toBe(1);
  });

  test("one whose upstream keeps it for less than a second", async () => {
    expect(
      await connectionsFor(plain.replace("\r\n\r\n", "\r\nKeep-Alive: timeout=1\r\n\r\n"), "GET", "\r\n"),
    ).toBe(1);
  });
});
