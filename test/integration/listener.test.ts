// The listening side: limits, refusals that can be read, draining, TLS.
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { Certificate } from "../../gateway/accept/certificate.ts";
import { refuse } from "../../gateway/reply/refuse.ts";
import { sendReply } from "../../gateway/reply/send.ts";
import { GatewayError } from "../../gateway/errors.ts";
import type { Exchange } from "../../gateway/accept/exchange.ts";
import { makePair } from "../support/key-pair.ts";
import { ask, RawClient } from "../support/raw-client.ts";
import { ok, RawOrigin } from "../support/raw-origin.ts";
import { SmallGateway, type SmallGatewayOptions } from "../support/small-gateway.ts";
import { fieldOf, readResponse, statusOf, Wire, type Message } from "../support/wire.ts";

const running: { stop(): Promise<void> }[] = [];
const directories: string[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

async function start(
  options: Partial<SmallGatewayOptions> = {},
): Promise<{ origin: RawOrigin; gateway: SmallGateway }> {
  const origin = await RawOrigin.start(ok);
  const gateway = await SmallGateway.start({ targets: [origin.url], ...options });
  running.push(gateway, origin);
  return { origin, gateway };
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const code = (message: Message): string => (JSON.parse(message.body.toString()) as { code: string }).code;

describe("connections", () => {
  test("at the cap every connection is served; one more is told 503 and closed", async () => {
    const { gateway } = await start({ listener: { connections: 3, overflow: 2 } });
    const clients: RawClient[] = [];
    for (let i = 0; i < 3; i++) {
      const client = await RawClient.connect(gateway.port);
      client.send(GET);
      expect(statusOf(await client.response())).toBe(200);
      clients.push(client);
    }
    const extra = await RawClient.connect(gateway.port);
    extra.send(GET);
    const refused = await extra.response();
    expect([statusOf(refused), code(refused), fieldOf(refused, "retry-after")]).toEqual([
      503,
      "ACCEPT_TOO_MANY_CONNECTIONS",
      "1",
    ]);
    expect(fieldOf(refused, "connection")).toBe("close");
    expect(await extra.closed).toBe("end");
    expect(gateway.listener.refusedConnections).toBe(1);
    for (const client of clients) client.send(GET);
    for (const client of clients) expect(statusOf(await client.response())).toBe(200);
    clients[0]?.destroy();
    await gateway.until(() => gateway.listener.connections === 2);
    expect(statusOf(await ask(gateway.port, GET))).toBe(200);
    for (const client of clients) client.destroy();
  });

  test("beyond the overflow the connection is closed at once", async () => {
    const { gateway } = await start({ listener: { connections: 1, overflow: 1 } });
    const held = [await RawClient.connect(gateway.port), await RawClient.connect(gateway.port)];
    await gateway.until(() => gateway.listener.connections === 2);
    const third = await RawClient.connect(gateway.port);
    await third.closed;
    expect(third.bytes).toBe(0);
    for (const client of held) client.destroy();
  });

  test("idle connections are closed after the keep-alive timeout", async () => {
    const { gateway } = await start({ listener: { keepAliveMs: 100 } });
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await client.response();
    expect(await client.closed).toBe("end");
  });

  test("the last request that a connection may carry says so", async () => {
    const { gateway } = await start({ listener: { requestsPerConnection: 2 } });
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    expect(fieldOf(await client.response(), "connection")).toBe("keep-alive");
    client.send(GET);
    expect(fieldOf(await client.response(), "connection")).toBe("close");
    expect(await client.closed).toBe("end");
  });
});

describe("clients that dawdle", () => {
  test("half a head is answered 408", async () => {
    const { gateway } = await start({ listener: { headMs: 200 } });
    const client = await RawClient.connect(gateway.port);
    client.send("GET / HTTP/1.1\r\nHost:");
    const got = await client.response();
    expect([statusOf(got), code(got)]).toEqual([408, "ACCEPT_HEAD_TIMED_OUT"]);
    expect(fieldOf(got, "x-request-id")).toMatch(/^[0-9a-f]{20}$/);
    expect(gateway.broken.map(({ code }) => code)).toEqual(["ACCEPT_HEAD_TIMED_OUT"]);
  });

  test("nothing at all is answered with nothing", async () => {
    const { gateway } = await start({ listener: { headMs: 200 } });
    const client = await RawClient.connect(gateway.port);
    await client.closed;
    expect(client.bytes).toBe(0);
  });
});

describe("garbage behind a good request", () => {
  test("the good one is answered, then the garbage is, then the connection ends", async () => {
    const { gateway } = await start();
    const client = await RawClient.connect(gateway.port);
    client.send(`${GET}\x00\x01garbage\r\n\r\n`);
    expect(statusOf(await client.response())).toBe(200);
    await client.closed;
    expect(gateway.upstream.stats()[0]).toMatchObject({ requests: 1, running: 0 });
  });

  test("a broken chunk within a body ends the upstream request and is answered 400", async () => {
    const { origin, gateway } = await start();
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    await origin.until(() => origin.received.join("").includes("hello"));
    client.send("zz\r\n");
    const got = await client.response();
    expect([statusOf(got), code(got)]).toEqual([400, "ACCEPT_BAD_REQUEST"]);
    expect((await gateway.outcome()).error?.code).toBe("ACCEPT_BAD_REQUEST");
    await origin.until(() => origin.cut === 1);
  });
});

describe("draining", () => {
  test("running requests finish, their connections close, new connections are still answered until close()", async () => {
    const { origin, gateway } = await start();
    origin.answer = () => null;
    const [busy, idle] = [await RawClient.connect(gateway.port), await RawClient.connect(gateway.port)];
    busy.send(GET);
    await origin.request(0);
    gateway.listener.drain();
    for (const socket of origin.sockets) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(fieldOf(await busy.response(), "connection")).toBe("close");
    expect(await busy.closed).toBe("end");
    origin.answer = ok;
    expect(fieldOf(await ask(gateway.port, GET), "connection")).toBe("close");
    const closed = gateway.listener.close();
    expect(await idle.closed).toBe("end");
    await closed;
    expect(gateway.listener.connections).toBe(0);
  });

  test("close() waits for a slow answer that has begun", async () => {
    const { origin, gateway } = await start();
    origin.answer = () => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await client.wire.more();
    const closed = gateway.listener.close();
    for (const socket of origin.sockets) socket.write("world");
    expect((await client.response()).body.toString()).toBe("helloworld");
    await closed;
  });
});

describe("replies", () => {
  const served = async (
    serve: (exchange: Exchange) => void,
    bytes = GET,
    method = "GET",
  ): Promise<Message> => {
    const { gateway } = await start({ serve });
    return ask(gateway.port, bytes, method);
  };

  test("a refusal is a problem document with the code, the title and the request id, and nothing else", async () => {
    const got = await served((exchange) =>
      refuse(exchange, new GatewayError("PROXY_CONNECT_FAILED", "10.0.0.7 said no")),
    );
    expect(fieldOf(got, "content-type")).toBe("application/problem+json");
    const requestId = fieldOf(got, "x-request-id");
    expect(JSON.parse(got.body.toString())).toEqual({
      type: "about:blank",
      title: "The upstream could not be reached",
      status: 502,
      code: "PROXY_CONNECT_FAILED",
      requestId,
    });
    expect(fieldOf(got, "retry-after")).toBeUndefined();
  });

  test("Retry-After is there where the error says so", async () => {
    const error = new GatewayError("ADMIT_QUEUE_FULL", "", { retryAfterS: 7 });
    expect(fieldOf(await served((exchange) => refuse(exchange, error)), "retry-after")).toBe("7");
  });

  test("HEAD gets the head that GET would get", async () => {
    const serve = (exchange: Exchange): void =>
      void sendReply(exchange, { status: 200, headers: ["x-a", "b"], body: "hello" });
    const got = await served(serve, GET.replace("GET", "HEAD"), "HEAD");
    expect([fieldOf(got, "content-length"), fieldOf(got, "x-a")]).toEqual(["5", "b"]);
  });

  test.each([204, 304])("%d has no body and no length of one", async (status) => {
    const got = await served(
      (exchange) => void sendReply(exchange, { status, headers: ["content-length", "5"], body: "hello" }),
    );
    expect([statusOf(got), fieldOf(got, "content-length"), fieldOf(got, "transfer-encoding")]).toEqual([
      status,
      undefined,
      undefined,
    ]);
  });

  test("after an answer has begun a refusal can only cut", async () => {
    const { gateway } = await start({
      serve: (exchange) => {
        exchange.reply.writeHead(200, "OK", ["content-length", "10"]);
        exchange.reply.writeText("half");
        refuse(exchange, new GatewayError("GATEWAY_FAULT"));
      },
    });
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await expect(client.response()).rejects.toThrow();
  });

  test("a small body that nobody read is dropped and the connection stays", async () => {
    const { gateway } = await start({
      serve: (exchange) => refuse(exchange, new GatewayError("ADMIT_QUEUE_FULL")),
    });
    const client = await RawClient.connect(gateway.port);
    for (let i = 0; i < 3; i++) {
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n${"x".repeat(50_000)}`);
      expect(statusOf(await client.response())).toBe(503);
    }
    client.destroy();
  });

  test("a body that never ends does not keep the connection", async () => {
    const { gateway } = await start({
      serve: (exchange) => refuse(exchange, new GatewayError("ADMIT_QUEUE_FULL")),
      listener: { restMs: 200, restBytes: 1 << 30, keepAliveMs: 60_000 },
    });
    const client = await RawClient.connect(gateway.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nx");
    expect(statusOf(await client.response())).toBe(503);
    await client.closed;
  });
});

describe("TLS", () => {
  function scratch(): string {
    const directory = mkdtempSync(join(tmpdir(), "nea-tls-"));
    directories.push(directory);
    return directory;
  }

  function open(port: number): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, () =>
        resolve(socket),
      );
      socket.on("error", reject);
    });
  }

  async function askTls(socket: TLSSocket): Promise<Message> {
    const wire = new Wire();
    socket.on("data", (chunk: Buffer) => wire.push(chunk));
    socket.write(GET);
    return readResponse(wire);
  }

  const nameOf = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;
  const quiet = { onReload: () => {}, onFault: () => {} };

  test("requests are served, and the upstream hears that it was https", async () => {
    const certificate = new Certificate(makePair(scratch(), "one.test"), quiet);
    const { origin, gateway } = await start({ listener: { certificate } });
    const socket = await open(gateway.port);
    expect(statusOf(await askTls(socket))).toBe(200);
    expect(fieldOf(await origin.request(), "x-forwarded-proto")).toBe("https");
    socket.destroy();
  });

  test("a changed pair reaches new connections; old ones go on", async () => {
    const root = scratch();
    makePair(join(root, "v1"), "one.test");
    makePair(join(root, "v2"), "two.test");
    // The way Kubernetes mounts a secret: names that point through a link that is swapped.
    symlinkSync("v1", join(root, "..data"));
    symlinkSync("..data/tls.crt", join(root, "tls.crt"));
    symlinkSync("..data/tls.key", join(root, "tls.key"));
    let reloaded: () => void = () => {};
    const swap = new Promise<void>((resolve) => (reloaded = resolve));
    const certificate = new Certificate(
      { certFile: join(root, "tls.crt"), keyFile: join(root, "tls.key") },
      { onReload: () => reloaded(), onFault: () => {} },
    );
    const { gateway } = await start({ listener: { certificate } });
    const before = await open(gateway.port);
    expect(nameOf(before)).toBe("one.test");
    symlinkSync("v2", join(root, "..data_tmp"));
    renameSync(join(root, "..data_tmp"), join(root, "..data"));
    await swap;
    const after = await open(gateway.port);
    expect(nameOf(after)).toBe("two.test");
    expect(statusOf(await askTls(before))).toBe(200);
    before.destroy();
    after.destroy();
  });

  test("a pair that does not belong together is reported, and the old one stays", async () => {
    const root = scratch();
    const pair = makePair(root, "one.test");
    let report: (error: Error) => void = () => {};
    const fault = new Promise<Error>((resolve) => (report = resolve));
    const certificate = new Certificate(pair, { onReload: () => {}, onFault: (error) => report(error) });
    const { gateway } = await start({ listener: { certificate } });
    writeFileSync(pair.keyFile, "not a key");
    expect((await fault).message).not.toBe("");
    const socket = await open(gateway.port);
    expect(nameOf(socket)).toBe("one.test");
    socket.destroy();
    unlinkSync(pair.keyFile);
    certificate.reload();
  });

  test("an https upstream is checked against its CA and its name", async () => {
    const root = scratch();
    const pair = makePair(root, "app.test");
    const { readFileSync } = await import("node:fs");
    const certificate = new Certificate(pair, quiet);
    const inner = await start({ listener: { certificate } });
    const url = `https://127.0.0.1:${inner.gateway.port}`;
    const ca = readFileSync(pair.certFile);
    const outer = async (tls: SmallGatewayOptions["tls"]): Promise<Message> => {
      const gateway = await SmallGateway.start({ targets: [url], ...(tls === undefined ? {} : { tls }) });
      running.unshift(gateway);
      return ask(gateway.port, GET);
    };
    expect(statusOf(await outer({ ca }))).toBe(200);
    expect(statusOf(await outer({ ca, serverName: "app.test" }))).toBe(200);
    const wrongName = await outer({ ca, serverName: "other.test" });
    expect([statusOf(wrongName), code(wrongName)]).toEqual([502, "PROXY_TLS_FAILED"]);
    expect(code(await outer(undefined))).toBe("PROXY_TLS_FAILED");
    expect(statusOf(await outer({ verify: false }))).toBe(200);
  });

  test("an https upstream that asks for a client certificate gets it", async () => {
    const { createServer } = await import("node:https");
    const { readFileSync } = await import("node:fs");
    const root = scratch();
    const pair = makePair(join(root, "server"), "app.test");
    const client = makePair(join(root, "client"), "gateway.test");
    const options = {
      cert: readFileSync(pair.certFile),
      key: readFileSync(pair.keyFile),
      ca: readFileSync(client.certFile),
    };
    const server = createServer({ ...options, requestCert: true, rejectUnauthorized: true }, (req, res) => {
      res.end((req.socket as TLSSocket).getPeerCertificate().subject.CN);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const tls = { ca: options.cert, cert: readFileSync(client.certFile), key: readFileSync(client.keyFile) };
    const gateway = await SmallGateway.start({ targets: [`https://127.0.0.1:${port}`], tls });
    expect((await ask(gateway.port, GET)).body.toString()).toBe("gateway.test");
    await gateway.stop();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});
