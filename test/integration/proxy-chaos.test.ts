// A thousand requests at once through few connections, with upstreams and clients that misbehave at random: nobody
// ever gets an answer that was meant for somebody else, and afterwards nothing is left. The seed is in the test, so
// that a failure can be run again.
import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RawClient } from "../support/raw-client.ts";
import { RawOrigin, type OriginConnection } from "../support/raw-origin.ts";
import { SmallGateway } from "../support/small-gateway.ts";
import { fieldOf, statusOf, type Message } from "../support/wire.ts";

let origin: RawOrigin;
let gateway: SmallGateway;

function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
const random = randomly(4711);

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const sized = (id: string, bytes: number): string => id.repeat(Math.ceil(bytes / id.length)).slice(0, bytes);

async function dribble(socket: Socket, text: string): Promise<void> {
  for (const byte of text) {
    socket.write(byte);
    await new Promise(setImmediate);
  }
}

/** How the origin answers: each says whose answer it is, in a field and at the start of the body. */
const manners: ((id: string, connection: OriginConnection) => void)[] = [
  (id, { socket }) =>
    socket.write(`HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nContent-Length: 50\r\n\r\n${sized(id, 50)}`),
  (id, { socket }) =>
    socket.write(`HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nContent-Length: 200000\r\n\r\n${sized(id, 200_000)}`),
  (id, { socket }) => {
    const hex = id.length.toString(16);
    socket.write(
      `HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nTransfer-Encoding: chunked\r\n\r\n${hex}\r\n${id}\r\n1\r\n.\r\n0\r\nX-T: t\r\n\r\n`,
    );
  },
  (id, { socket }) =>
    socket.end(`HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nConnection: close\r\n\r\n${sized(id, 3000)}`),
  (id, { socket }) =>
    socket.write(`HTTP/1.1 103 Hints\r\nX-Id: ${id}\r\n\r\nHTTP/1.1 204 No\r\nX-Id: ${id}\r\n\r\n`),
  (id, { socket }) =>
    socket.write(`HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nContent-Length: 100\r\n\r\n${id}`, () =>
      socket.destroy(),
    ),
  (_, { socket }) => void socket.resetAndDestroy(),
  (id, { socket }) =>
    socket.write(
      `HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nContent-Length: ${id.length}\r\n\r\n${id}HTTP/1.1 200 OK\r\nX-Id: poison\r\nContent-Length: 6\r\n\r\npoison`,
    ),
  (id, { socket }) =>
    void dribble(socket, `HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nContent-Length: ${id.length}\r\n\r\n${id}`),
];

beforeEach(async () => {
  origin = await RawOrigin.start((request, connection) => {
    const id = fieldOf(request, "x-id") ?? "";
    const answer = manners[random(manners.length)] as (typeof manners)[number];
    setTimeout(() => connection.socket.destroyed || answer(id, connection), random(8));
    return null;
  });
  const target = { connections: 16, pending: 1000, health: { failures: 0, ejectMs: 1 } };
  gateway = await SmallGateway.start({
    targets: [origin.url, origin.url.replace("127.0.0.1", "localhost")],
    upstream: { target, retries: 1 },
    parts: { lookup: async () => ["127.0.0.1"] },
    listener: { connections: 500 },
  });
});
afterEach(async () => {
  await gateway.stop();
  await origin.stop();
});

function requestFor(id: string): string {
  const head = (method: string, more = ""): string =>
    `${method} /${id} HTTP/1.1\r\nHost: a\r\nX-Id: ${id}\r\n${more}\r\n`;
  switch (random(4)) {
    case 0:
      return head("POST", "Content-Length: 3\r\n") + "abc";
    case 1:
      return head("PUT", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n";
    case 2:
      return head("DELETE");
    default:
      return head("GET");
  }
}

function check(answer: Message, id: string): void {
  if (statusOf(answer) >= 500) return;
  expect(fieldOf(answer, "x-id")).toBe(id);
  // Every byte is the right one's, wherever buffers were shared on the way.
  const text = answer.body.toString();
  expect(text === sized(id, text.length) || text === `${id}.`).toBe(true);
}

/** One client's life: a few requests, now and then two at once, now and then gone in the middle. */
async function live(number: number, answered: { count: number }): Promise<void> {
  const client = await RawClient.connect(gateway.port);
  for (let i = 0; i < 10; i++) {
    const ids = Array.from({ length: 1 + (random(5) === 0 ? 1 : 0) }, (_, k) => `c${number}r${i}k${k}e`);
    client.send(ids.map(requestFor).join(""));
    if (random(15) === 0) {
      await later(random(10));
      if (random(2) === 0) client.socket.resetAndDestroy();
      else client.destroy();
      return;
    }
    for (const id of ids) {
      const answer = await finalAnswer(client);
      if (answer === null) return;
      answered.count += 1;
      check(answer, id);
    }
  }
  client.destroy();
}

async function finalAnswer(client: RawClient): Promise<Message | null> {
  try {
    for (;;) {
      const answer = await client.response();
      if (statusOf(answer) >= 200) return answer;
    }
  } catch {
    return null; // The upstream broke off within the answer, and so did we.
  }
}

test("nobody gets somebody else's answer, and nothing is left", async () => {
  const answered = { count: 0 };
  await Promise.all(Array.from({ length: 120 }, (_, number) => live(number, answered)));
  await gateway.idle();
  expect(answered.count).toBeGreaterThan(200);
  expect(origin.faults).toEqual([]);
  for (const stats of gateway.upstream.stats()) expect(stats).toMatchObject({ running: 0, waiting: 0 });
  await gateway.until(() => gateway.listener.connections === 0);
  expect(gateway.deadlines.size).toBe(0);
  for (const { connections } of gateway.upstream.stats()) expect(connections).toBeLessThanOrEqual(16);
});
