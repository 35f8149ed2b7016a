// Several targets: who gets a request, who is left alone, and what is tried twice.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { targetAddress } from "../../gateway/proxy/connect.ts";
import { Upstream } from "../../gateway/proxy/upstream.ts";
import { ask, RawClient } from "../support/raw-client.ts";
import { RawOrigin, type Answer } from "../support/raw-origin.ts";
import { SmallGateway, type SmallGatewayOptions } from "../support/small-gateway.ts";
import { fieldOf, statusOf } from "../support/wire.ts";

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function origins(...answers: Answer[]): Promise<RawOrigin[]> {
  const started = await Promise.all(answers.map((answer) => RawOrigin.start(answer)));
  running.push(...started);
  return started;
}

async function gatewayTo(
  targets: string[],
  upstream: SmallGatewayOptions["upstream"] = {},
  more: Partial<SmallGatewayOptions> = {},
) {
  const gateway = await SmallGateway.start({ targets, upstream, ...more });
  running.unshift(gateway);
  return gateway;
}

const named =
  (name: string): Answer =>
  () =>
    `HTTP/1.1 200 OK\r\ncontent-length: ${name.length}\r\n\r\n${name}`;
const silent: Answer = () => null;
const resets: Answer = (_, { socket }) => {
  socket.resetAndDestroy();
  return null;
};
const request = (method = "GET", body = ""): string =>
  `${method} / HTTP/1.1\r\nHost: a\r\n${body === "" ? "" : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
const GET = request();
const body = async (gateway: SmallGateway, bytes = GET): Promise<string> => {
  const got = await ask(gateway.port, bytes);
  const text = got.body.toString();
  return statusOf(got) === 200 ? text : (JSON.parse(text) as { code: string }).code;
};
const engine = {
  connections: 64,
  keepAliveMs: 4000,
  headBytes: 16_384,
  connectMs: 1000,
  bufferBytes: 65_536,
};
const health = { failures: 3, ejectMs: 60_000 };

describe("balance", () => {
  test("round-robin visits every target in turn", async () => {
    const all = await origins(named("a"), named("b"), named("c"));
    const gateway = await gatewayTo(
      all.map(({ url }) => url),
      { balance: "round-robin" },
    );
    const got: string[] = [];
    for (let i = 0; i < 6; i++) got.push(await body(gateway));
    expect(got.slice(0, 3).sort()).toEqual(["a", "b", "c"]);
    expect(got.slice(3)).toEqual(got.slice(0, 3));
  });

  test("round-robin gives a target of weight two twice its share", async () => {
    const [a, b] = (await origins(named("a"), named("b"))) as [RawOrigin, RawOrigin];
    const targets = [
      { address: targetAddress(a.url), weight: 2 },
      { address: targetAddress(b.url), weight: 1 },
    ];
    const gateway = await gatewayTo([], { balance: "round-robin", targets });
    for (let i = 0; i < 9; i++) await body(gateway);
    expect([a.requests.length, b.requests.length]).toEqual([6, 3]);
  });

  test("least-pending avoids the target that is busy", async () => {
    const [slow, quick] = (await origins(silent, named("quick"))) as [RawOrigin, RawOrigin];
    const gateway = await gatewayTo([slow.url, quick.url], { balance: "least-pending" });
    const held = await RawClient.connect(gateway.port);
    while (slow.requests.length === 0) {
      held.send(GET);
      await Promise.race([slow.request(), held.response().catch(() => {})]);
    }
    for (let i = 0; i < 5; i++) expect(await body(gateway)).toBe("quick");
    held.destroy();
  });
});

describe("caps", () => {
  const target = { connections: 1, pending: 1, health };

  test("one request runs, one waits, one more is refused with Retry-After, and the waiting one runs next", async () => {
    const [origin] = (await origins(silent)) as [RawOrigin];
    const gateway = await gatewayTo([origin.url], { target, engine: { ...engine, connections: 1 } });
    const clients = [await RawClient.connect(gateway.port), await RawClient.connect(gateway.port)];
    clients[0]?.send(GET);
    await origin.request(0);
    clients[1]?.send(GET);
    await gateway.until(() => gateway.upstream.stats()[0]?.waiting === 1);
    const refused = await ask(gateway.port, GET);
    expect([statusOf(refused), fieldOf(refused, "retry-after")]).toEqual([503, "1"]);
    expect(JSON.parse(refused.body.toString())).toMatchObject({ code: "PROXY_TARGETS_BUSY" });
    for (const socket of origin.sockets) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(statusOf((await clients[0]?.response())!)).toBe(200);
    await origin.request(1);
    for (const client of clients) client.destroy();
  });

  test("who waits longer than connecting may take is refused", async () => {
    const [origin] = (await origins(silent)) as [RawOrigin];
    const gateway = await gatewayTo([origin.url], {
      target,
      engine: { ...engine, connections: 1, connectMs: 150 },
    });
    const first = await RawClient.connect(gateway.port);
    first.send(GET);
    await origin.request(0);
    expect(await body(gateway)).toBe("PROXY_TARGETS_BUSY");
    first.destroy();
  });

  test("a full target sends the request to the next one", async () => {
    const [full, free] = (await origins(silent, named("free"))) as [RawOrigin, RawOrigin];
    const small = { connections: 1, pending: 0, health };
    const gateway = await gatewayTo([full.url, free.url], { target: small, balance: "round-robin" });
    const held = await RawClient.connect(gateway.port);
    while (full.requests.length === 0) {
      held.send(GET);
      await Promise.race([full.request(), held.response().catch(() => {})]);
    }
    for (let i = 0; i < 4; i++) expect(await body(gateway)).toBe("free");
    held.destroy();
  });
});

describe("retries", () => {
  test("a target that refuses connections costs nobody an answer, whatever the method", async () => {
    const [gone, well] = (await origins(silent, named("well"))) as [RawOrigin, RawOrigin];
    const gateway = await gatewayTo([gone.url, well.url], { balance: "round-robin" });
    await gone.vanish();
    for (let i = 0; i < 4; i++) expect(await body(gateway, request("POST", "hello"))).toBe("well");
    expect(well.requests.every(({ body }) => body.toString() === "hello")).toBe(true);
  });

  test("a reset before any byte of the answer is tried once more, elsewhere, if the method allows it", async () => {
    const [bad, good] = (await origins(resets, named("good"))) as [RawOrigin, RawOrigin];
    const gateway = await gatewayTo([bad.url, good.url], {
      balance: "round-robin",
      target: { connections: 9, pending: 9, health: { failures: 0, ejectMs: 1 } },
    });
    for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
      for (let i = 0; i < 2; i++) expect(await body(gateway, request(method)), method).toBe("good");
    }
    expect(bad.requests.length).toBeGreaterThan(0);
  });

  test("a POST that may have had its effect is not sent again", async () => {
    const [bad] = (await origins(resets)) as [RawOrigin];
    const gateway = await gatewayTo([bad.url]);
    expect(await body(gateway, request("POST"))).toBe("PROXY_RESET");
    expect(bad.requests.length).toBe(1);
  });

  test("a request whose body has begun to stream is not sent again", async () => {
    const [bad, good] = (await origins(resets, named("good"))) as [RawOrigin, RawOrigin];
    const gateway = await gatewayTo([bad.url, good.url], { balance: "round-robin" });
    const got = [await body(gateway, request("PUT", "hello")), await body(gateway, request("PUT", "hello"))];
    expect(got.sort()).toEqual(["PROXY_RESET", "good"]);
  });

  test("two failures are enough: there is no third attempt", async () => {
    const all = (await origins(resets, resets, resets)) as RawOrigin[];
    const gateway = await gatewayTo(all.map(({ url }) => url));
    expect(await body(gateway)).toBe("PROXY_RESET");
    expect(all.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(2);
    expect((await gateway.outcome()).attempts).toBe(2);
  });

  test("an answer that has begun is not begun again", async () => {
    const [bad] = (await origins((_, { socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", () => socket.destroy());
      return null;
    })) as [RawOrigin];
    const gateway = await gatewayTo([bad.url]);
    await expect(ask(gateway.port, GET)).rejects.toThrow();
    expect(bad.requests.length).toBe(1);
  });

  test("retries cannot double the load: after a burst they are a fifth of the requests", async () => {
    const [bad] = (await origins(resets)) as [RawOrigin];
    const gateway = await gatewayTo([bad.url], {
      target: { connections: 9, pending: 9, health: { failures: 0, ejectMs: 1 } },
    });
    for (let i = 0; i < 60; i++) await body(gateway);
    expect(bad.requests.length).toBeLessThanOrEqual(60 + 10 + 60 / 5);
    expect(bad.requests.length).toBeGreaterThan(60);
  });
});

describe("health", () => {
  test("a target that fails three times in a row is left alone, then tried by one request at a time", async () => {
    const [bad, good] = (await origins(resets, named("good"))) as [RawOrigin, RawOrigin];
    const target = { connections: 9, pending: 9, health: { failures: 3, ejectMs: 200 } };
    const gateway = await gatewayTo([bad.url, good.url], { balance: "round-robin", target });
    for (let i = 0; i < 12; i++) expect(await body(gateway)).toBe("good");
    expect(bad.requests.length).toBe(3);
    const state = (): string | undefined => gateway.upstream.stats()[0]?.state;
    expect(state()).toBe("ejected");
    await gateway.until(() => state() === "half-open");
    bad.answer = named("back");
    const got: string[] = [];
    while (!got.includes("back")) got.push(await body(gateway));
    expect(state()).toBe("healthy");
  });

  test("the last target standing is never ejected", async () => {
    const [bad] = (await origins(resets)) as [RawOrigin];
    const gateway = await gatewayTo([bad.url], {
      retries: 0,
      target: { connections: 9, pending: 9, health },
    });
    for (let i = 0; i < 6; i++) expect(await body(gateway)).toBe("PROXY_RESET");
    bad.answer = named("back");
    expect(await body(gateway)).toBe("back");
  });

  test("active checks take a target out and put it back", async () => {
    const [origin] = (await origins(named("app"))) as [RawOrigin];
    let well = true;
    origin.answer = ({ startLine }) =>
      startLine.includes("/healthz")
        ? `HTTP/1.1 ${well ? 200 : 500} X\r\ncontent-length: 0\r\n\r\n`
        : "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\napp";
    const check = { path: "/healthz", intervalMs: 30, timeoutMs: 500, healthyAfter: 2, unhealthyAfter: 2 };
    const gateway = await gatewayTo([origin.url], { check });
    const state = (): string | undefined => gateway.upstream.stats()[0]?.state;
    expect(await body(gateway)).toBe("app");
    well = false;
    await gateway.until(() => state() === "unhealthy");
    expect(await body(gateway)).toBe("PROXY_NO_TARGET");
    well = true;
    await gateway.until(() => state() === "healthy");
    expect(await body(gateway)).toBe("app");
  });
});

describe("names", () => {
  test("targets follow what their name resolves to, and who left finishes what it has", async () => {
    const [origin] = (await origins(silent)) as [RawOrigin];
    let addresses = ["127.0.0.1"];
    const lookup = async (): Promise<readonly string[]> => addresses;
    const targets = [`http://app.test:${origin.port}`];
    const gateway = await gatewayTo(targets, { resolveMs: 20 }, { parts: { lookup } });
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await origin.request(0);
    addresses = ["127.0.0.2"];
    await gateway.until(() => gateway.upstream.targets[0]?.address.host === "127.0.0.2");
    for (const socket of origin.sockets) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    expect((await client.response()).body.toString()).toBe("done");
    await origin.until(() => origin.sockets.size === 0);
    client.destroy();
  });

  test("a name that resolves to nothing is a 503 until it does; a failed lookup changes nothing", async () => {
    const [origin] = (await origins(named("app"))) as [RawOrigin];
    let answer: readonly string[] | null = [];
    let asked = 0;
    const lookup = async (): Promise<readonly string[]> => {
      asked += 1;
      if (answer === null) throw new Error("SERVFAIL");
      return answer;
    };
    const gateway = await gatewayTo(
      [`http://app.test:${origin.port}`],
      { resolveMs: 20 },
      { parts: { lookup } },
    );
    expect(await body(gateway)).toBe("PROXY_NO_TARGET");
    answer = ["127.0.0.1"];
    await gateway.until(() => gateway.upstream.targets.length === 1);
    expect(await body(gateway)).toBe("app");
    answer = null;
    const before = asked;
    await gateway.until(() => asked > before + 1);
    expect(await body(gateway)).toBe("app");
  });

  test("Host and certificate checks go by the name, connections by the address", async () => {
    const [origin] = (await origins(named("app"))) as [RawOrigin];
    const lookup = async (): Promise<readonly string[]> => ["127.0.0.1"];
    const targets = [`http://app.test:${origin.port}`];
    const gateway = await gatewayTo(targets, {}, { parts: { lookup }, policy: { host: "target" } });
    await body(gateway);
    expect(fieldOf(await origin.request(), "host")).toBe(`app.test:${origin.port}`);
  });
});

describe("places", () => {
  test("a unix socket", async () => {
    const directory = mkdtempSync(join(tmpdir(), "nea-"));
    const path = join(directory, "app.sock");
    const origin = await RawOrigin.start(named("unix"), { path });
    running.push(origin);
    const gateway = await gatewayTo([`unix:${path}`]);
    expect(await body(gateway)).toBe("unix");
    rmSync(directory, { recursive: true });
  });

  test("an IPv6 address", async () => {
    const origin = await RawOrigin.start(named("six"), { port: 0, host: "::1" });
    running.push(origin);
    const gateway = await gatewayTo([`http://[::1]:${origin.port}`]);
    expect(await body(gateway)).toBe("six");
  });
});

describe("stickiness", () => {
  test("one key stays with one target; keys spread over all", async () => {
    const all = await origins(named("a"), named("b"), named("c"));
    const gateway = await gatewayTo(all.map(({ url }) => url));
    const { upstream } = gateway;
    const pick = (key: string): string => {
      const target = upstream.pick(key, null);
      return "label" in target ? target.label : target.code;
    };
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const first = pick(`user-${i}`);
      expect(pick(`user-${i}`)).toBe(first);
      seen.add(first);
    }
    expect(seen.size).toBe(3);
    expect(upstream).toBeInstanceOf(Upstream);
  });
});

describe("closing", () => {
  test("close() lets the running request finish, then closes its connection", async () => {
    const [origin] = (await origins(silent)) as [RawOrigin];
    const gateway = await gatewayTo([origin.url]);
    const client = await RawClient.connect(gateway.port);
    client.send(GET);
    await origin.request();
    const closed = gateway.upstream.close();
    for (const socket of origin.sockets) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    expect((await client.response()).body.toString()).toBe("done");
    await closed;
    await origin.until(() => origin.sockets.size === 0);
    client.destroy();
  });
});
