// Everything that can break on the way. The gateway's own timeouts are a minute here, far beyond the test's: whoever
// hangs fails. Afterwards nothing may be left: no call, no deadline, no connection in use.
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { ask, RawClient } from "../support/raw-client.ts";
import { RawOrigin, type Answer } from "../support/raw-origin.ts";
import { SmallGateway, type SmallGatewayOptions } from "../support/small-gateway.ts";
import { Cut, statusOf } from "../support/wire.ts";

const MINUTE = 60_000;
const patient = {
  retries: 0,
  timeouts: { headMs: MINUTE, idleMs: MINUTE, bodyIdleMs: MINUTE, totalMs: 0 },
};

let origin: RawOrigin;
let gateway: SmallGateway;

async function start(answer: Answer, options: Partial<SmallGatewayOptions> = {}): Promise<void> {
  origin = await RawOrigin.start(answer);
  const upstream = { ...patient, ...options.upstream };
  gateway = await SmallGateway.start({ targets: [origin.url], ...options, upstream });
}

afterEach(async () => {
  await gateway.idle();
  expect(gateway.upstream.stats()[0]).toMatchObject({ running: 0, waiting: 0 });
  await gateway.stop();
  await origin.stop();
});

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const code = (body: Buffer): string => (JSON.parse(body.toString()) as { code: string }).code;

/** What a client makes of the answer: its body, "502", or "cut". */
async function verdict(client: RawClient): Promise<string> {
  try {
    const answer = await client.response();
    return statusOf(answer) === 200 ? answer.body.toString() : String(statusOf(answer));
  } catch (error) {
    if (error instanceof Cut || (error as NodeJS.ErrnoException).code === "ECONNRESET") return "cut";
    throw error;
  }
}

describe("an upstream that dies after any byte of its answer", () => {
  const heads: [string, string, string][] = [
    ["with a length", "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 11\r\n\r\n", "hello world"],
    [
      "in chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    ],
    [
      "behind a 103",
      "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
      "hello world",
    ],
  ];
  const ways = ["close", "reset"] as const;
  const cases = heads.flatMap((head) => ways.map((way) => [...head, way] as const));

  test.each(cases)(
    "%s: a clean error or a cut connection, never a hang, never a part as the whole",
    async (_, head, body, way) => {
      let bytes = 0;
      await start((_request, { socket }) => {
        const part = (head + body).slice(0, bytes);
        const die = (): void => void (way === "close" ? socket.end() : socket.resetAndDestroy());
        if (part === "") die();
        else socket.write(part, die);
        return null;
      });
      for (bytes = 0; bytes < head.length + body.length; bytes++) {
        const client = await RawClient.connect(gateway.port);
        client.send(GET);
        let got = await verdict(client);
        // Early hints that made it through are no answer yet.
        if (got === "103") got = await verdict(client);
        // A reset may overtake bytes that were sent before it.
        if (bytes < head.length) expect(got, `after ${bytes} bytes`).toBe("502");
        else expect(way === "reset" ? ["502", "cut"] : ["cut"], `after ${bytes} bytes`).toContain(got);
        client.destroy();
      }
      const client = await RawClient.connect(gateway.port);
      client.send(GET);
      const first = await verdict(client);
      if (way === "close") expect(first === "103" ? await verdict(client) : first).toBe("hello world");
      client.destroy();
    },
  );

  test("an answer that only the end of the connection can end looks cut to an HTTP/1.0 client when reset", async () => {
    await start((_request, { socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", () =>
        socket.destroy(),
      );
      return null;
    });
    const client = await RawClient.connect(gateway.port);
    client.send("GET / HTTP/1.0\r\n\r\n");
    expect(await client.closed).toBe("reset");
  });
});

describe("an upstream that dies while the request is still being sent", () => {
  test.each([0, 1, 1000])(
    "after %d bytes of the body the client hears 502 or a cut connection",
    async (bytes) => {
      await start(() => null);
      origin.onConnection = (socket) => {
        let seen = 0;
        socket.on("data", (chunk: Buffer) => {
          seen += chunk.length;
          if (seen >= bytes + 200) socket.destroy();
        });
      };
      const client = await RawClient.connect(gateway.port);
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${"x".repeat(bytes + 1)}`);
      const timer = setInterval(() => client.send("y".repeat(100)), 5);
      expect(["502", "cut"]).toContain(await verdict(client));
      clearInterval(timer);
      expect((await gateway.outcome()).error?.code).toBe("PROXY_RESET");
      client.destroy();
    },
  );
});

describe("an upstream that cannot be reached", () => {
  test("is a 502 with its code and names nobody", async () => {
    await start(() => null);
    await origin.vanish();
    const got = await ask(gateway.port, GET);
    expect([statusOf(got), code(got.body)]).toEqual([502, "PROXY_CONNECT_FAILED"]);
    expect(got.body.toString()).not.toContain(String(gateway.upstream.targets[0]?.address.port));
    expect((await gateway.outcome()).error?.detail).toContain("ECONNREFUSED");
  });

  test("a connection that never opens is given up after the connect timeout", async () => {
    // 192.0.2.0/24 is for documentation (RFC 5737): nothing answers there, or the kernel refuses at once.
    const engine = {
      connections: 4,
      keepAliveMs: 4000,
      headBytes: 16384,
      connectMs: 200,
      bufferBytes: 65536,
    };
    await start(() => null, { targets: ["http://192.0.2.1:9"], upstream: { ...patient, engine } });
    const got = await ask(gateway.port, GET);
    expect([statusOf(got), code(got.body)]).toEqual([502, "PROXY_CONNECT_FAILED"]);
  });
});

test("a TLS handshake that never ends is given up after the connect timeout", async () => {
  const engine = { connections: 4, keepAliveMs: 4000, headBytes: 16384, connectMs: 150, bufferBytes: 65536 };
  const silent = await RawOrigin.start();
  silent.onConnection = () => {};
  await start(() => null, {
    targets: [silent.url.replace("http", "https")],
    upstream: { ...patient, engine },
  });
  const got = await ask(gateway.port, GET);
  expect([statusOf(got), code(got.body)]).toEqual([502, "PROXY_TLS_FAILED"]);
  await silent.stop();
});

describe("timeouts", () => {
  const quick = (change: Partial<(typeof patient)["timeouts"]>): Partial<SmallGatewayOptions> => ({
    upstream: { retries: 0, timeouts: { ...patient.timeouts, ...change } },
  });

  test("no head in time is a 504", async () => {
    await start(() => null, quick({ headMs: 100 }));
    const got = await ask(gateway.port, GET);
    expect([statusOf(got), code(got.body)]).toEqual([504, "PROXY_TIMED_OUT"]);
    expect((await gateway.outcome()).error?.detail).toContain("head timeout of 100 ms");
  });

  test("the head timeout starts when the body has been sent", async () => {
    await start(() => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", quick({ headMs: 150 }));
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    for (const byte of "hello") {
      await new Promise((resolve) => setTimeout(resolve, 80));
      client.send(byte);
    }
    expect(statusOf(await client.response())).toBe(200);
    client.destroy();
  });

  test("a pause within the answer longer than the idle timeout cuts it", async () => {
    await start(() => "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello", quick({ idleMs: 100 }));
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    expect(await verdict(client)).toBe("cut");
    expect((await gateway.outcome()).error?.code).toBe("PROXY_TIMED_OUT");
  });

  test("everything together is limited by the total timeout, however lively the answer", async () => {
    await start(
      (_request, { socket }) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        const timer = setInterval(() => socket.write("x"), 20);
        socket.on("close", () => clearInterval(timer));
        return null;
      },
      quick({ totalMs: 200 }),
    );
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    expect(await verdict(client)).toBe("cut");
    expect((await gateway.outcome()).error?.detail).toContain("total timeout");
  });

  test("a client that stops sending its body is told so", async () => {
    await start(() => null, quick({ bodyIdleMs: 100 }));
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
    const got = await client.response();
    expect([statusOf(got), code(got.body)]).toEqual([408, "ACCEPT_BODY_TIMED_OUT"]);
    await origin.until(() => origin.cut === 1);
    client.destroy();
  });

  test("a client that stops reading is cut off", async () => {
    await start(endless, { replyIdleMs: 200, ...quick({}) });
    const client = await RawClient.connect(gateway.port);
    client.socket.pause();
    client.send(GET);
    expect((await gateway.outcome()).error?.code).toBe("REPLY_TIMED_OUT");
    client.destroy();
  });

  // The kernel tells of progress in steps of up to a third of its send buffer, about 1 MB: a round is more than that.
  test("a client that reads slowly is not cut off as long as it takes bytes", async () => {
    const replyIdleMs = 500;
    await start(endless, { replyIdleMs, ...quick({}) });
    const client = await RawClient.connect(gateway.port);
    client.socket.removeAllListeners("data").pause();
    client.send(GET);
    // Five times as long as a pause may be. Cut off, the next piece would never come.
    for (let round = 0; round < 25; round++) {
      await taken(client.socket, 3 << 20);
      await sleep(replyIdleMs / 5);
    }
    expect(gateway.outcomes).toEqual([]);
    client.destroy();
  });
});

/** Reads that many bytes, and leaves the rest unread. */
function taken(socket: Socket, bytes: number): Promise<void> {
  let left = bytes;
  return new Promise((resolve, reject) => {
    if (socket.destroyed) return reject(new Error("cut off"));
    socket.on("close", reject).on("data", function take(chunk: Buffer) {
      if ((left -= chunk.length) > 0) return;
      socket.off("data", take).off("close", reject).pause();
      resolve();
    });
    socket.resume();
  });
}

/** An answer without end, at the pace of whoever reads it. */
function endless(_: unknown, { socket }: { socket: Socket }): null {
  socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65536, "x"), Buffer.from("\r\n")]);
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
  return null;
}

describe("clients that leave", () => {
  test("before the answer: the upstream request ends", async () => {
    await start(() => null);
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await origin.request();
    client.destroy();
    expect((await gateway.outcome()).error?.code).toBe("REPLY_CLIENT_GONE");
    await origin.until(() => origin.sockets.size === 0);
  });

  test("within the answer: the upstream connection ends", async () => {
    await start(endless);
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await client.wire.more();
    client.destroy();
    expect((await gateway.outcome()).error?.code).toBe("REPLY_CLIENT_GONE");
    await origin.until(() => origin.sockets.size === 0);
  });

  test("within their own body: the upstream never sees a complete request", async () => {
    await start(() => null);
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    await origin.until(() => origin.received.join("").includes("hello"));
    client.socket.resetAndDestroy();
    expect((await gateway.outcome()).error?.code).toBe("REPLY_CLIENT_GONE");
    await origin.until(() => origin.cut === 1);
    expect(origin.requests).toEqual([]);
  });

  test("with an orderly close within their body, too", async () => {
    await start(() => null);
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    await origin.until(() => origin.received.join("").includes("hello"));
    client.socket.end();
    expect(["ACCEPT_BAD_REQUEST", "REPLY_CLIENT_GONE"]).toContain((await gateway.outcome()).error?.code);
    await origin.until(() => origin.cut === 1);
  });

  test("while waiting in line for a connection: the place is free at once", async () => {
    const engine = {
      connections: 1,
      keepAliveMs: 4000,
      headBytes: 16384,
      connectMs: MINUTE,
      bufferBytes: 65536,
    };
    const target = { connections: 1, pending: 1, health: { failures: 5, ejectMs: 10_000 } };
    await start(() => null, { upstream: { ...patient, engine, target } });
    const [first, second] = [await RawClient.connect(gateway.port), await RawClient.connect(gateway.port)];
    first.send(GET);
    await origin.request();
    second.send(GET);
    await gateway.until(() => gateway.upstream.stats()[0]?.waiting === 1);
    second.destroy();
    expect((await gateway.outcome()).error?.code).toBe("REPLY_CLIENT_GONE");
    expect(gateway.upstream.stats()[0]).toMatchObject({ running: 1, waiting: 0 });
    first.destroy();
  });
});

describe("bodies the other side does not want", () => {
  test("an answer before the body has ended reaches the client, and the rest is not sent on", async () => {
    await start(() => null);
    origin.onConnection = (socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno"));
    };
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello");
    const got = await client.response();
    expect([statusOf(got), got.body.toString()]).toEqual([401, "no"]);
    expect((await gateway.outcome()).error).toBe(null);
    client.send("x".repeat(995));
    origin.onConnection = null;
    origin.answer = () => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";
    client.send(GET);
    expect((await client.response()).body.toString()).toBe("next");
    client.destroy();
  });

  test("a client that goes on sending after its answer is cut off", async () => {
    await start(() => null, { listener: { restBytes: 100_000, restMs: MINUTE, keepAliveMs: MINUTE } });
    origin.onConnection = (socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno"));
    };
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nhello");
    await client.response();
    const timer = setInterval(() => client.send("x".repeat(20_000)), 5);
    await client.closed;
    clearInterval(timer);
  });

  test("a chunked body past the limit is a 413 and never complete upstream", async () => {
    await start(() => null, { bodyLimitBytes: 10 });
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n");
    await origin.until(() => origin.received.join("").includes("0123456789"));
    client.send("1\r\nX\r\n0\r\n\r\n");
    const got = await client.response();
    expect([statusOf(got), code(got.body)]).toEqual([413, "ACCEPT_BODY_TOO_LARGE"]);
    await origin.until(() => origin.cut === 1);
    client.destroy();
  });

  test("a chunked body of exactly the limit passes", async () => {
    await start(() => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", { bodyLimitBytes: 10 });
    const got = await ask(
      gateway.port,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
    );
    expect(statusOf(got)).toBe(200);
  });
});
