// The admin port's own bounds, with real sockets: clients that do not take what they asked for.
import { once } from "node:events";
import { type Server, type ServerResponse, createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { ADMIN_REPLY_BYTES } from "../../gateway/admin/bounds.ts";
import { counter } from "../../gateway/admin/exposition.ts";
import { LiveStreams, liveEvent } from "../../gateway/admin/live-streams.ts";
import { Replies } from "../../gateway/admin/replies.ts";
import { writeMetrics } from "../../gateway/admin/scrape.ts";

async function serve(answer: (res: ServerResponse) => void): Promise<number> {
  const server: Server = createServer((_, res) => answer(res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Asks and reads nothing. */
async function mute(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  return socket.pause();
}

describe("answers that nobody takes", () => {
  test("are held up to the bound; one more is refused, and there is room when a client has left", async () => {
    const replies = new Replies();
    const body = Buffer.alloc(ADMIN_REPLY_BYTES / 2);
    const asked: ServerResponse[] = [];
    const heard: (() => void)[] = [];
    const port = await serve((res) => {
      asked.push(res);
      replies.send(res, 200, "text/plain", body);
      for (const wake of heard.splice(0)) wake();
    });
    const clients: Socket[] = [];
    // The kernel takes some of it; what it does not take is ours to hold.
    while (replies.refused === 0) {
      clients.push(await mute(port));
      while (asked.length < clients.length) await new Promise<void>((resolve) => heard.push(resolve));
      const held = asked.reduce((sum, { writableLength }) => sum + writableLength, 0);
      expect(held).toBeLessThanOrEqual(ADMIN_REPLY_BYTES + 16 * 1024);
    }
    expect(clients.length).toBeGreaterThan(2);
    const refused = await fetch(`http://127.0.0.1:${port}`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    for (const client of clients) client.destroy();
    for (;;) {
      const { status, body } = await fetch(`http://127.0.0.1:${port}`);
      await body!.cancel();
      if (status === 200) break;
    }
  });
});

describe("a page that does not read", () => {
  test("has one event under way and misses the others; one that reads gets all of them", async () => {
    const streams = new LiveStreams();
    const open: ServerResponse[] = [];
    const heard: (() => void)[] = [];
    const port = await serve((res) => {
      open.push(res);
      streams.add(res, liveEvent('"first"'));
      for (const wake of heard.splice(0)) wake();
    });
    await mute(port);
    while (open.length < 1) await new Promise<void>((resolve) => heard.push(resolve));
    const event = liveEvent(`"${"x".repeat(1024 * 1024)}"`);
    const most = () => open[0]!.socket!.writableLength;
    for (let i = 0; i < 50; i++) {
      streams.push(event);
      await new Promise(setImmediate);
      expect(most()).toBeLessThanOrEqual(event.length + 1024);
    }
    expect(most()).toBeGreaterThan(0);
    expect(streams.count).toBe(1);
  });
});

describe("/metrics read slowly", () => {
  test("is made piece by piece, at the reader's pace", async () => {
    let made = 0;
    /** 16 MiB: more than the sockets' buffers take. */
    const LINES = 16 * 1024;
    const line = "x".repeat(1000);
    const family = counter("nea_long_total", "Long.", function* () {
      for (let i = 0; i < LINES; i++) {
        made++;
        yield [{ line, i: String(i) }, 1];
      }
    });
    const { promise: finished, resolve } = Promise.withResolvers<void>();
    const port = await serve((res) => {
      res.shouldKeepAlive = false;
      void writeMetrics(res, [family]).then(resolve);
    });
    const client = await mute(port);
    // Made until the sockets' buffers are full, and then no more: the same after a long time of nothing else.
    let before = -1;
    while (made !== before || made === 0) {
      before = made;
      for (let i = 0; i < 2000; i++) await new Promise(setImmediate);
    }
    expect(made).toBeLessThan(LINES);
    let newlines = 0;
    client.on("data", (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) newlines++;
    });
    client.resume();
    await finished;
    expect(made).toBe(LINES);
    await once(client, "end");
    expect(newlines).toBeGreaterThan(LINES);
    expect(newlines).toBeLessThan(LINES + 2000);
  });

  test("ends with its reader", async () => {
    const endless = {
      name: "nea_x",
      help: "X.",
      type: "gauge" as const,
      *blocks() {
        for (;;) yield "x".repeat(1000);
      },
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    const port = await serve((res) => void writeMetrics(res, [endless]).then(resolve));
    const client = await mute(port);
    client.resume();
    await once(client, "data");
    client.destroy();
    await promise;
  });
});
