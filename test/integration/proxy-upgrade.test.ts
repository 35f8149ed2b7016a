// WebSockets from end to end, and every way in which they can end.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GatewayError } from "../../gateway/errors.ts";
import { plainPolicy } from "../../gateway/proxy/headers.ts";
import { forwardUpgrade, type Tunnel, type UpgradeOutcome } from "../../gateway/proxy/upgrade.ts";
import { refuseUpgrade } from "../../gateway/reply/refuse.ts";
import { makePair } from "../support/key-pair.ts";
import { ask, RawClient } from "../support/raw-client.ts";
import { RawOrigin } from "../support/raw-origin.ts";
import { SmallGateway, type SmallGatewayOptions } from "../support/small-gateway.ts";
import { fieldOf, statusOf } from "../support/wire.ts";
import { BINARY, decode, encode, PING, PONG, TEXT, WebSocketOrigin } from "../support/websocket-origin.ts";

let origin: WebSocketOrigin;
let gateway: SmallGateway;
let outcomes: UpgradeOutcome[];
let open: Set<Tunnel>;
let wake: (() => void)[];
const also: { stop(): Promise<void> }[] = [];

interface Settings {
  readonly slots?: number;
  readonly handshakeMs?: number;
  readonly idleMs?: number;
}

async function start(
  url: string,
  { slots = 100, handshakeMs = 5000, idleMs = 0 }: Settings = {},
  more: Partial<SmallGatewayOptions> = {},
): Promise<void> {
  outcomes = [];
  open = new Set();
  wake = [];
  gateway = await SmallGateway.start({
    targets: [url],
    ...more,
    upgrade: (exchange, { upstream }) => {
      if (open.size >= slots) return refuseUpgrade(exchange, new GatewayError("ADMIT_QUEUE_FULL"));
      const options = { upstream, policy: { ...plainPolicy, ...more.policy }, handshakeMs, idleMs };
      const holder: { tunnel?: Tunnel } = {};
      const tunnel = forwardUpgrade(exchange, options, (outcome) => {
        if (holder.tunnel !== undefined) open.delete(holder.tunnel);
        outcomes.push({ ...snapshot(outcome) });
        if (outcome.error !== null && !outcome.replied) refuseUpgrade(exchange, outcome.error);
        for (const resolve of wake.splice(0)) resolve();
      });
      holder.tunnel = tunnel;
      if (outcomes.length === 0 || tunnel.error === null) open.add(tunnel);
    },
  });
}

function snapshot({
  error,
  replied,
  status,
  bytesIn,
  bytesOut,
  target,
  durationMs,
}: UpgradeOutcome): UpgradeOutcome {
  return { error, replied, status, bytesIn, bytesOut, target, durationMs };
}

async function outcome(): Promise<UpgradeOutcome> {
  while (outcomes.length === 0) await new Promise<void>((resolve) => wake.push(resolve));
  return outcomes[0] as UpgradeOutcome;
}

beforeEach(async () => {
  origin = await WebSocketOrigin.start();
});
afterEach(async () => {
  expect(gateway.upstream.stats()[0]?.upgrades).toBe(open.size);
  await gateway.stop();
  await origin.stop();
  for (const one of also.splice(0)) await one.stop();
});

const HANDSHAKE =
  "GET /chat/../chat?a=1&b=%2F? HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade, X-Hop\r\nX-Hop: h\r\n" +
  "Proxy-Authorization: p\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** A client's frame: masked with zeros, which is masked all the same. */
function masked(opcode: number, payload: string): Buffer {
  const plain = encode(opcode, payload);
  return Buffer.concat([
    Buffer.from([plain[0] as number, (plain[1] as number) | 0x80, 0, 0, 0, 0]),
    plain.subarray(2),
  ]);
}

async function joined(): Promise<RawClient> {
  const client = await RawClient.connect(gateway.port);
  client.send(HANDSHAKE);
  expect(statusOf(await client.response())).toBe(101);
  return client;
}

async function frame(client: RawClient): Promise<{ opcode: number; text: string }> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    bytes = Buffer.concat([bytes, await client.wire.exactly(1)]);
    const [one] = decode(bytes).frames;
    if (one !== undefined) return { opcode: one.opcode, text: one.payload.toString("latin1") };
  }
}

describe("the handshake", () => {
  test("reaches the upstream with the exact target and clean fields, and comes back clean", async () => {
    await start(origin.url);
    const client = await RawClient.connect(gateway.port);
    client.send(HANDSHAKE);
    const answer = await client.response();
    expect(answer.startLine).toBe("HTTP/1.1 101 Switching Protocols");
    expect(fieldOf(answer, "sec-websocket-accept")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect([fieldOf(answer, "connection"), fieldOf(answer, "upgrade")]).toEqual(["Upgrade", "websocket"]);
    expect([fieldOf(answer, "x-secret"), fieldOf(answer, "x-kept")]).toEqual([undefined, "k"]);
    expect(fieldOf(answer, "x-request-id")).toMatch(/^[0-9a-f]{20}$/);
    const [seen] = origin.upgrades;
    expect(seen?.url).toBe("/chat/../chat?a=1&b=%2F?");
    expect(seen?.headers).toMatchObject({
      "connection": "Upgrade",
      "upgrade": "websocket",
      "x-forwarded-for": "127.0.0.1",
      "via": "1.1 nea",
      "host": "a",
    });
    expect(seen?.headers["x-hop"]).toBeUndefined();
    expect(seen?.headers["proxy-authorization"]).toBeUndefined();
    client.destroy();
    await outcome();
  });

  test("an encrypted upstream is checked against its own authority, and gets our certificate", async () => {
    const directory = mkdtempSync(join(tmpdir(), "nea-wss-"));
    const [theirs, ours] = [
      makePair(join(directory, "theirs"), "a.test"),
      makePair(join(directory, "ours"), "b.test"),
    ];
    const [ca, cert, key] = [theirs.certFile, ours.certFile, ours.keyFile].map((file) =>
      readFileSync(file),
    ) as [Buffer, Buffer, Buffer];
    const secure = await WebSocketOrigin.start({
      cert: ca,
      key: readFileSync(theirs.keyFile),
      ca: cert,
      requestCert: true,
    });
    also.push(secure);
    rmSync(directory, { recursive: true });
    await start(secure.url, {}, { tls: { ca, cert, key, serverName: "a.test" } });
    const client = await joined();
    client.send(masked(TEXT, "hello"));
    expect(await frame(client)).toEqual({ opcode: TEXT, text: "hello" });
    client.destroy();
    await outcome();
  });

  test("bytes that come with the handshake are not lost, in either direction", async () => {
    await start(origin.url);
    const client = await RawClient.connect(gateway.port);
    client.send(Buffer.concat([Buffer.from(HANDSHAKE), masked(TEXT, "early")]));
    expect(statusOf(await client.response())).toBe(101);
    expect(await frame(client)).toEqual({ opcode: TEXT, text: "early" });
    client.destroy();
    await outcome();
  });

  test("an upstream that declines with an ordinary answer is heard, and the connection ends", async () => {
    const body = "x".repeat(300_000);
    origin.onUpgrade = (_req, socket) =>
      socket.end(`HTTP/1.1 403 No\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    await start(origin.url);
    const client = await RawClient.connect(gateway.port);
    client.send(HANDSHAKE);
    const answer = await client.response();
    expect([statusOf(answer), answer.body.length]).toEqual([403, body.length]);
    expect(await client.closed).toBe("end");
    expect(await outcome()).toMatchObject({ error: null, replied: true, status: 403 });
  });

  test("an upstream that dies within such an answer cuts the client", async () => {
    origin.onUpgrade = (_req, socket) =>
      socket.write("HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\nhalf", () => socket.destroy());
    await start(origin.url);
    const client = await RawClient.connect(gateway.port);
    client.send(HANDSHAKE);
    await expect(client.response()).rejects.toThrow();
    expect((await outcome()).error?.code).toBe("PROXY_TRUNCATED");
  });

  test("a 101 to another protocol is a 502", async () => {
    origin.onUpgrade = (_req, socket) =>
      socket.write("HTTP/1.1 101 X\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n");
    await start(origin.url);
    expect(statusOf(await ask(gateway.port, HANDSHAKE))).toBe(502);
    expect((await outcome()).error?.code).toBe("PROXY_BAD_RESPONSE");
  });

  test("an upstream that hangs up instead of answering is a 502", async () => {
    origin.onUpgrade = (_req, socket) => socket.destroy();
    await start(origin.url);
    expect(statusOf(await ask(gateway.port, HANDSHAKE))).toBe(502);
    expect((await outcome()).error?.code).toBe("PROXY_RESET");
  });

  test("an upstream that never answers is a 504", async () => {
    origin.onUpgrade = (_req, socket) => void socket.resume();
    await start(origin.url, { handshakeMs: 100 });
    expect(statusOf(await ask(gateway.port, HANDSHAKE))).toBe(504);
    await origin.until(() => origin.sockets.every((socket) => socket.destroyed));
  });

  test("an upstream that cannot be reached is a 502", async () => {
    const gone = await RawOrigin.start();
    await start(gone.url);
    await gone.stop();
    expect(statusOf(await ask(gateway.port, HANDSHAKE))).toBe(502);
    expect((await outcome()).error?.code).toBe("PROXY_CONNECT_FAILED");
  });

  test("a client that leaves during the handshake takes the upstream request with it", async () => {
    origin.onUpgrade = (_req, socket) => void socket.resume();
    await start(origin.url);
    const client = await RawClient.connect(gateway.port);
    client.send(HANDSHAKE);
    await origin.until(() => origin.sockets.length === 1);
    client.destroy();
    expect((await outcome()).error?.code).toBe("REPLY_CLIENT_GONE");
    await origin.until(() => origin.sockets.every((socket) => socket.destroyed));
  });

  test("where every slot is taken it is refused before anything goes upstream", async () => {
    await start(origin.url, { slots: 1 });
    const first = await joined();
    const refused = await ask(gateway.port, HANDSHAKE);
    expect([statusOf(refused), fieldOf(refused, "retry-after")]).toEqual([503, "1"]);
    expect(origin.upgrades.length).toBe(1);
    first.destroy();
    await outcome();
  });
});

describe("requests that only look like it are ordinary requests", () => {
  const cases: [string, string][] = [
    ["another protocol", HANDSHAKE.replace("websocket", "h2c")],
    ["another method", HANDSHAKE.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n")],
    ["with a body", HANDSHAKE.replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nhi")],
  ];
  test.each(cases)("%s", async (_, bytes) => {
    await start(origin.url);
    const answer = await ask(gateway.port, bytes);
    expect([statusOf(answer), answer.body.toString()]).toEqual([200, "plain"]);
    expect(origin.upgrades).toEqual([]);
  });
});

describe("frames", () => {
  test("text, binary, ping and pong pass both ways", async () => {
    await start(origin.url);
    const client = await joined();
    client.send(masked(TEXT, "hello"));
    expect(await frame(client)).toEqual({ opcode: TEXT, text: "hello" });
    client.send(masked(BINARY, "\x00\x01"));
    expect(await frame(client)).toEqual({ opcode: BINARY, text: "\x00\x01" });
    client.send(masked(PING, "p"));
    expect(await frame(client)).toEqual({ opcode: PONG, text: "p" });
    client.destroy();
    await outcome();
  });

  test("node's own WebSocket: open, message, close code and reason", async () => {
    await start(origin.url);
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/`);
    await once(socket, "open");
    socket.send("hello");
    const [message] = (await once(socket, "message")) as [MessageEvent];
    expect(message.data).toBe("hello");
    socket.close(3001, "bye");
    const [closed] = (await once(socket, "close")) as [CloseEvent];
    expect([closed.code, closed.reason]).toEqual([3001, "bye"]);
    expect(await outcome()).toMatchObject({ error: null, status: 101, replied: true });
  });

  test("a client that does not read holds the upstream back", async () => {
    await start(origin.url);
    const client = await joined();
    client.socket.pause();
    const [upstream] = origin.sockets;
    const message = encode(BINARY, Buffer.alloc(1 << 20));
    let written = 0;
    while (upstream?.write(message) || written < 4) written += 1;
    const total = 64;
    for (let i = written; i < total; i++) upstream?.write(message);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(upstream?.writableLength).toBeGreaterThan(16 << 20);
    client.destroy();
    await outcome();
  });
});

describe("ends", () => {
  test("an upstream that is reset ends the client's connection", async () => {
    await start(origin.url);
    const client = await joined();
    origin.sockets[0]?.resetAndDestroy();
    await client.closed;
    expect((await outcome()).replied).toBe(true);
  });

  test("a client that is reset ends the upstream's connection", async () => {
    await start(origin.url);
    const client = await joined();
    client.socket.resetAndDestroy();
    await outcome();
    await origin.until(() => origin.sockets.every((socket) => socket.destroyed));
  });

  test("a side that closes its half does not keep the other open for ever", async () => {
    await start(origin.url);
    const client = await joined();
    origin.onFrame = () => {};
    client.socket.end();
    await outcome();
    await origin.until(() => origin.sockets.every((socket) => socket.destroyed));
    expect(gateway.listener.connections).toBe(0);
  });

  test("an idle tunnel is closed; one with traffic is not", async () => {
    await start(origin.url, { idleMs: 300 });
    const [quiet, busy] = [await joined(), await joined()];
    const chat = setInterval(() => busy.send(masked(PING, "")), 50);
    await quiet.closed;
    expect((await outcome()).error?.code).toBe("PROXY_TIMED_OUT");
    expect(outcomes.length).toBe(1);
    expect(busy.socket.destroyed).toBe(false);
    clearInterval(chat);
    busy.destroy();
    while (outcomes.length < 2) await new Promise<void>((resolve) => wake.push(resolve));
  });

  test("abort() ends both sides", async () => {
    await start(origin.url);
    const client = await joined();
    for (const tunnel of open) tunnel.abort(new GatewayError("ADMIT_DRAINING"));
    await client.closed;
    await outcome();
    await origin.until(() => origin.sockets.every((socket) => socket.destroyed));
  });

  test("closing the listener leaves open tunnels alone", async () => {
    await start(origin.url);
    const client = await joined();
    const closed = gateway.listener.close();
    client.send(masked(TEXT, "still here"));
    expect(await frame(client)).toEqual({ opcode: TEXT, text: "still here" });
    client.destroy();
    await closed;
    await outcome();
  });

  test("a client that is reset while its upgrade waits for a slot harms nobody", async () => {
    let waiting = 0;
    outcomes = [];
    open = new Set();
    gateway = await SmallGateway.start({ targets: [origin.url], upgrade: () => void (waiting += 1) });
    const client = await RawClient.connect(gateway.port);
    client.send(HANDSHAKE);
    await gateway.until(() => waiting === 1);
    client.socket.resetAndDestroy();
    await gateway.until(() => gateway.listener.connections === 0);
  });
});
