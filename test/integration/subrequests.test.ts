// What handlers ask upstreams for: read piece by piece, handed on unread, or given up.
import { afterEach, describe, expect, test } from "vitest";
import type { Exchange } from "../../gateway/accept/exchange.ts";
import { GatewayError } from "../../gateway/errors.ts";
import type { Outcome } from "../../gateway/proxy/delivery.ts";
import { FedBody } from "../../gateway/proxy/fed-body.ts";
import { Delivery } from "../../gateway/proxy/delivery.ts";
import { Subrequest } from "../../gateway/proxy/subrequest.ts";
import { sendReply } from "../../gateway/reply/send.ts";
import { ask, RawClient } from "../support/raw-client.ts";
import { RawOrigin, type Answer } from "../support/raw-origin.ts";
import { SmallGateway } from "../support/small-gateway.ts";
import { fieldOf, statusOf } from "../support/wire.ts";

let origin: RawOrigin;
let gateway: SmallGateway;

async function start(
  answer: Answer,
  serve: (exchange: Exchange, gateway: SmallGateway) => void = () => {},
): Promise<void> {
  origin = await RawOrigin.start(answer);
  gateway = await SmallGateway.start({ targets: [origin.url], serve, upstream: { retries: 0 } });
}
afterEach(async () => {
  await gateway.stop();
  await origin.stop();
});

const get = (path = "/"): ConstructorParameters<typeof Subrequest>[1] => ({
  method: "GET",
  path,
  host: "a",
  headers: ["accept", "*/*"],
  body: null,
});
// Of a prime length, so that no two buffers hold the same bytes in the same places.
const PATTERN = "abcdefghijklmnopqrstuvwxyz01234";
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const answerOf =
  (text: string): Answer =>
  () =>
    `HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
const text = (chunk: Uint8Array | null): string | null =>
  chunk === null ? null : Buffer.from(chunk).toString();

describe("reading", () => {
  test("pieces are as small as asked for, and null at the end, again and again", async () => {
    await start(answerOf("hello world"));
    const sub = new Subrequest(gateway.upstream, get());
    const head = await sub.head;
    expect([head.status, head.reason, head.headers]).toEqual([
      200,
      "OK",
      ["X-A", "b", "Content-Length", "11"],
    ]);
    const pieces = [];
    for (let i = 0; i < 5; i++) pieces.push(text(await sub.read(4)));
    expect(pieces).toEqual(["hell", "o wo", "rld", null, null]);
  });

  test("a read that comes before the bytes waits for them", async () => {
    await start(() => null);
    const sub = new Subrequest(gateway.upstream, get());
    const early = sub.read(100);
    await origin.request();
    for (const socket of origin.sockets) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    expect(text(await early)).toBe("hello");
  });

  test("an unread body holds the upstream back at the buffer's size", async () => {
    const size = 16 << 20;
    await start((_, { socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, PATTERN));
      return null;
    });
    const sub = new Subrequest(gateway.upstream, get(), { bufferBytes: 100_000 });
    await sub.head;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(sub.call.bytesReceived).toBeLessThan(300_000);
    const pieces: Uint8Array[] = [];
    let total = 0;
    for (let piece = await sub.read(65_536); piece !== null; piece = await sub.read(65_536)) {
      total += piece.length;
      pieces.push(piece);
    }
    expect(total).toBe(size);
    expect(Buffer.concat(pieces).equals(Buffer.alloc(size, PATTERN))).toBe(true);
  });

  test("an upstream that dies within the body fails the read, after the bytes that came", async () => {
    await start((_, { socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", () =>
        setTimeout(() => socket.destroy(), 20),
      );
      return null;
    });
    const sub = new Subrequest(gateway.upstream, get());
    expect(text(await sub.read(100))).toBe("hello");
    await expect(sub.read(100)).rejects.toMatchObject({ code: "PROXY_TRUNCATED" });
  });

  test("no answer is an error of the head", async () => {
    await start((_, { socket }) => {
      socket.destroy();
      return null;
    });
    await expect(new Subrequest(gateway.upstream, get()).head).rejects.toMatchObject({ code: "PROXY_RESET" });
  });

  test("cancel() ends it upstream and fails what is waiting", async () => {
    await start(() => null);
    const sub = new Subrequest(gateway.upstream, get());
    await origin.request();
    const reading = sub.read(10);
    sub.cancel(new GatewayError("HANDLE_TIMED_OUT"));
    await expect(sub.head).rejects.toMatchObject({ code: "HANDLE_TIMED_OUT" });
    await expect(reading).rejects.toMatchObject({ code: "HANDLE_TIMED_OUT" });
    await origin.until(() => origin.sockets.size === 0);
    expect(gateway.upstream.stats()[0]).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe("handing over", () => {
  /** Asks, changes the head, passes the body on. */
  const pass =
    (headers: (from: string[]) => string[], outcomes: Outcome[], readFirst = 0) =>
    async (exchange: Exchange, { upstream, deadlines }: SmallGateway): Promise<void> => {
      const sub = new Subrequest(upstream, { ...get(), body: exchange.body });
      const head = await sub.head;
      if (readFirst > 0) await sub.read(readFirst);
      const how = { status: 201, headers: headers(head.headers), deadlines, replyIdleMs: 5000, rules: null };
      sub.handOver(exchange, how, (outcome) => void outcomes.push(outcome));
    };

  test("the client gets the handler's head and the upstream's body", async () => {
    const outcomes: Outcome[] = [];
    await start(
      answerOf("hello"),
      (exchange, g) => void pass((h) => [...h, "x-mine", "1"], outcomes)(exchange, g),
    );
    const got = await ask(gateway.port, GET);
    expect([statusOf(got), got.body.toString(), fieldOf(got, "x-mine"), fieldOf(got, "x-a")]).toEqual([
      201,
      "hello",
      "1",
      "b",
    ]);
    expect(outcomes[0]).toMatchObject({ error: null, status: 201, bytesOut: 5, attempts: 1 });
  });

  test("a handler cannot lie about the length", async () => {
    const lie = (headers: string[]): string[] =>
      headers.flatMap((one, i) =>
        i % 2 === 0 && one === "Content-Length"
          ? [one]
          : i % 2 === 1 && headers[i - 1] === "Content-Length"
            ? ["2"]
            : [one],
      );
    await start(
      answerOf("hello"),
      (exchange, g) => void pass((h) => [...lie(h), "content-length", "3"], [])(exchange, g),
    );
    const got = await ask(gateway.port, GET);
    expect([got.framing, fieldOf(got, "content-length"), got.body.toString()]).toEqual([
      "length",
      "5",
      "hello",
    ]);
  });

  test("a body of many megabytes passes whole, at the client's pace", async () => {
    const size = 20 << 20;
    await start(
      (_, { socket }) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        socket.write(Buffer.alloc(size, "x"));
        return null;
      },
      (exchange, g) => void pass((h) => h, [])(exchange, g),
    );
    const client = await RawClient.connect(gateway.port);
    client.socket.pause();
    client.send(GET);
    await gateway.until(() => gateway.upstream.stats()[0]?.running === 1);
    client.socket.resume();
    expect((await client.response()).body.length).toBe(size);
    client.destroy();
  });

  test("a client that leaves ends the upstream request", async () => {
    const outcomes: Outcome[] = [];
    await start(
      (_, { socket }) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello");
        return null;
      },
      (exchange, g) => void pass((h) => h, outcomes)(exchange, g),
    );
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await client.wire.more();
    client.destroy();
    await gateway.until(() => outcomes.length === 1);
    expect(outcomes[0]?.error?.code).toBe("REPLY_CLIENT_GONE");
    await origin.until(() => origin.sockets.size === 0);
  });

  test("handing over to a client that has left is over at once", async () => {
    const outcomes: Outcome[] = [];
    await start(answerOf("hello"), (exchange, g) => {
      exchange.watcher = { responseClosed: () => void pass((h) => h, outcomes)(exchange, g) };
    });
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await gateway.until(() => gateway.listener.connections === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.destroy();
    await gateway.until(() => outcomes.length === 1);
    expect(outcomes[0]?.error?.code).toBe("REPLY_CLIENT_GONE");
    expect(gateway.upstream.stats()[0]?.running).toBe(0);
  });

  test("the client's request body streams on into the subrequest", async () => {
    await start(answerOf("ok"), (exchange, g) => void pass((h) => h, [])(exchange, g));
    await ask(
      gateway.port,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    expect((await origin.request()).body.toString()).toBe("hello");
  });
});

describe("bodies that a handler reads or writes", () => {
  test("a request body is read in pieces as small as asked for", async () => {
    const pieces: (string | null)[] = [];
    await start(answerOf("x"), async (exchange) => {
      for (let piece = await exchange.body!.read(4); ; piece = await exchange.body!.read(4)) {
        pieces.push(text(piece));
        if (piece === null) break;
      }
      sendReply(exchange, { status: 200, headers: [], body: "read" });
    });
    const got = await ask(
      gateway.port,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world",
    );
    expect(got.body.toString()).toBe("read");
    expect(pieces.join("")).toBe("hello world");
    expect(pieces.every((piece) => piece === null || piece.length <= 4)).toBe(true);
  });

  test("a body past its limit fails the read", async () => {
    await start(answerOf("x"), async (exchange) => {
      exchange.body!.limitBytes = 4;
      const failed = await exchange.body!.read(100).catch((error: GatewayError) => error.code);
      sendReply(exchange, { status: 200, headers: [], body: String(failed) });
    });
    const got = await ask(
      gateway.port,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    expect(got.body.toString()).toBe("ACCEPT_BODY_TOO_LARGE");
  });

  test("a client that leaves within its body fails the read", async () => {
    let failed: string | null = null;
    await start(answerOf("x"), async (exchange) => {
      await exchange.body!.read(100);
      failed = await exchange.body!.read(100).then(
        () => "read",
        (error: GatewayError) => error.code,
      );
    });
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello");
    await gateway.until(() => gateway.listener.connections === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.resetAndDestroy();
    await gateway.until(() => failed !== null);
    expect(failed).toBe("REPLY_CLIENT_GONE");
  });

  test("a request body written piece by piece arrives chunked, one of known length with its length", async () => {
    await start(answerOf("ok"));
    for (const length of [null, 10]) {
      let sent = 0;
      const body: FedBody = new FedBody(
        length,
        () => feed(),
        () => {},
      );
      const feed = (): void => {
        while (sent < 2) {
          sent += 1;
          if (!body.write(Buffer.from("hello"))) return;
        }
        body.end();
      };
      const n = origin.requests.length;
      const sub = new Subrequest(gateway.upstream, { ...get(), method: "POST", body });
      expect((await sub.head).status).toBe(200);
      const seen = await origin.request(n);
      expect([seen.framing, seen.body.toString()]).toEqual([
        length === null ? "chunked" : "length",
        "hellohello",
      ]);
    }
  });

  test("a body that breaks its promised length never looks complete", async () => {
    await start(answerOf("ok"));
    const body: FedBody = new FedBody(
      10,
      () => body.end(),
      () => {},
    );
    body.write(Buffer.from("short"));
    const sub = new Subrequest(gateway.upstream, { ...get(), method: "POST", body });
    await expect(sub.head).rejects.toBeInstanceOf(GatewayError);
    await origin.until(() => origin.cut === 1 || origin.connections === 0 || origin.sockets.size === 0);
    expect(origin.requests).toEqual([]);
  });

  test("an answer that a handler streams holds the handler back when the client is slow", async () => {
    let resumed = 0;
    const outcomes: Outcome[] = [];
    await start(answerOf("x"), (exchange, { deadlines }) => {
      const delivery = new Delivery(
        exchange,
        { deadlines, replyIdleMs: 5000, rules: null },
        (o) => void outcomes.push(o),
      );
      const pieces = 100;
      let sent = 0;
      const more = (): void => {
        while (sent < pieces) {
          sent += 1;
          if (!delivery.onData(Buffer.alloc(65_536, "x"))) return;
        }
        delivery.onEnd([]);
      };
      delivery.source = {
        resume: () => void ((resumed += 1), more()),
        abort: (error) => delivery.onError(error),
      };
      delivery.onHead(200, "", ["content-type", "text/plain"]);
      more();
    });
    const got = await ask(gateway.port, GET);
    expect([got.framing, got.body.length]).toEqual(["chunked", 100 * 65_536]);
    expect(resumed).toBeGreaterThan(0);
    await gateway.until(() => outcomes.length === 1);
    expect(outcomes[0]).toMatchObject({ error: null, status: 200, target: null });
  });
});
