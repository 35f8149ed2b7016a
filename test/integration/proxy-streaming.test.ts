// Large bodies both ways through small fixed buffers. The gateway runs in a process of its own; its resident memory
// must not follow the size of what passes, nor the patience of who waits.
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ForkedGateway } from "../support/forked-gateway.ts";
import { RawClient } from "../support/raw-client.ts";
import { RawOrigin } from "../support/raw-origin.ts";

const MIB = 1024 * 1024;
const SIZE = 200 * MIB;
const FLAT = 32 * MIB;
// Uploads come in through node's own parser, which makes a new buffer for every piece: garbage up to the amount that
// V8 lets pile up before it looks, whatever the number of connections.
const FLAT_UPLOAD = 100 * MIB;

let origin: RawOrigin;
let gateway: ForkedGateway;

beforeEach(async () => {
  origin = await RawOrigin.start();
  gateway = await ForkedGateway.start(origin.url);
});
afterEach(async () => {
  await gateway.stop();
  await origin.stop();
});

/** Writes `bytes` bytes as fast as the other side takes them; resolves when they are handed over. */
function pour(socket: Socket, bytes: number): Promise<void> {
  const piece = Buffer.alloc(64 * 1024, "x");
  let left = bytes;
  return new Promise((resolve) => {
    const more = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!socket.write(piece)) return;
      }
      resolve();
    };
    socket.on("drain", more);
    socket.on("close", resolve);
    more();
  });
}

/** Resolves when `value` has not changed between two looks. */
async function settled(value: () => number | Promise<number>): Promise<number> {
  for (let before = -1; ;) {
    const now = await value();
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

describe("a download of 200 MiB", () => {
  function servingDownload(framing: string): void {
    origin.onConnection = (socket) => {
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`);
        void pour(socket, SIZE).then(() => socket.end());
      });
    };
  }

  test.each([`Content-Length: ${SIZE}`, "X-Ends: with the connection"])(
    "%s: memory stays flat while the client does not read, and while it does; every byte arrives",
    async (framing) => {
      servingDownload(framing);
      const before = (await gateway.memory()).residentBytes;
      const client = await RawClient.connect(gateway.port);
      let received = 0;
      client.socket.removeAllListeners("data");
      client.socket.on("data", (chunk: Buffer) => (received += chunk.length));
      client.socket.pause();
      client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      const sent = await settled(() => [...origin.sockets][0]?.bytesWritten ?? 0);
      expect(sent).toBeLessThan(SIZE / 2);
      expect((await gateway.memory()).residentBytes - before).toBeLessThan(FLAT);
      client.socket.resume();
      let peak = 0;
      const watch = setInterval(
        () => void gateway.memory().then((m) => (peak = Math.max(peak, m.residentBytes))),
        50,
      );
      await client.closed;
      clearInterval(watch);
      expect(received).toBeGreaterThanOrEqual(SIZE);
      expect(peak - before).toBeLessThan(FLAT);
    },
  );
});

describe("an upload of 200 MiB", () => {
  test("memory stays flat while the upstream does not read, and while it does; every byte arrives", async () => {
    let upstream: Socket | null = null;
    let received = 0;
    origin.onConnection = (socket) => {
      upstream = socket;
      socket.pause();
      socket.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (received > SIZE) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
      socket.pause();
    };
    const before = (await gateway.memory()).residentBytes;
    const client = await RawClient.connect(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\n`);
    const poured = pour(client.socket, SIZE);
    const sent = await settled(() => client.socket.bytesWritten);
    expect(sent).toBeLessThan(SIZE / 2);
    expect((await gateway.memory()).residentBytes - before).toBeLessThan(FLAT_UPLOAD);
    (upstream as Socket | null)?.resume();
    await poured;
    const answer = await client.response();
    expect(answer.body.toString()).toBe("ok");
    expect((await gateway.memory()).residentBytes - before).toBeLessThan(FLAT_UPLOAD);
    client.destroy();
  });
});
