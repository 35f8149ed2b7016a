// How the gateway starts, stops, and says no: probes, signals, ports, configurations, and the way into a full house.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import { HeldUpstream } from "../support/held-upstream.ts";
import { RawClient } from "../support/raw-client.ts";
import { fieldOf, statusOf } from "../support/wire.ts";

let upstream: HeldUpstream;
beforeAll(async () => {
  upstream = await HeldUpstream.start();
});
afterAll(() => upstream.stop());

const handler = (name: string) => inRepository(`test/integration/handlers/${name}.ts`);

function config(more: object = {}, queue: object = { length: 2, wait: "20s" }) {
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    upstreams: { app: { targets: [upstream.url] } },
    pools: { one: { slots: 1, arena: "4Mi", queue } },
    proxy: { slots: 1, queue },
    drain: { delay: "0s", deadline: "20s" },
    routes: [
      {
        name: "held",
        match: { path: { prefix: "/held" } },
        handler: handler("held"),
        pool: "one",
        upstream: "app",
      },
      { name: "proxied", match: { path: { prefix: "/" } }, upstream: "app" },
    ],
    ...more,
  };
}

describe("a gateway that serves", () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await GatewayProcess.start(config());
  });
  afterAll(() => gateway.stop());

  test("is alive and ready", async () => {
    expect((await ask(`${gateway.adminUrl}/livez`)).status).toBe(200);
    expect((await ask(`${gateway.adminUrl}/readyz`)).status).toBe(200);
  });

  test("answers probes while every slot and every place in the queue is taken", async () => {
    const taking = ["/held", "/held", "/held", "/proxied", "/proxied", "/proxied"].map((path) =>
      ask(gateway.url + path),
    );
    await upstream.holds(2);
    expect((await ask(`${gateway.adminUrl}/livez`)).status).toBe(200);
    expect((await ask(`${gateway.adminUrl}/readyz`)).status).toBe(200);
    for (let round = 0; round < 3; round++) {
      await upstream.holds(2);
      upstream.release();
    }
    for (const { status } of await Promise.all(taking)) expect(status).toBe(200);
  });

  test("prints the plan, its sum, and where it listens", () => {
    expect(gateway.text).toMatch(/^ *arenas one +4Mi/m);
    expect(gateway.plannedBytes).toBeGreaterThan(100 * 2 ** 20);
    expect(gateway.text).toContain(`http://127.0.0.1:${gateway.port}`);
  });
});

test("at every level the log has nothing of header values, bodies and queries, however a request ends", async () => {
  const culprit = { handler: handler("culprit"), pool: "one", limits: { cpu: "100ms", wall: "1s" } };
  const routes = [
    { name: "culprit", match: { path: { prefix: "/culprit" } }, ...culprit },
    { name: "absent", match: { path: { prefix: "/absent" } }, upstream: "absent" },
  ];
  const upstreams = { app: { targets: [upstream.url] }, absent: { targets: ["http://127.0.0.1:1"] } };
  const gateway = await GatewayProcess.start(config({ routes, upstreams, log: { level: "trace" } }));
  const headers = { "authorization": "Bearer s3cret", "cookie": "sid=s3cret", "x-key": "s3cret" };
  const ends = ["nothing", "overflow", "throw", "spin", "sort", "wait"].map((end) => `/culprit/${end}`);
  for (const path of [...ends, "/absent", "/nowhere"]) {
    await ask(`${gateway.url}${path}?key=s3cret`, { method: "POST", headers, body: "s3cret" });
  }
  const refused = await RawClient.connect(gateway.port);
  refused.send("GET /refused?key=s3cret HTTP/1.1\r\nHost: a\r\nAuthorization: s3cret\x01\r\n\r\n");
  await refused.closed;
  await gateway.stop();
  // In any order: a line is written when its slot is clean, which after a kill takes longer than the next request.
  const statuses = gateway.accessLines().map(({ status }) => status as number);
  expect(statuses.sort((a, b) => a - b)).toEqual([200, 404, 500, 500, 500, 500, 502, 504]);
  expect(gateway.log.filter(({ code }) => code === "ACCEPT_BAD_REQUEST")).toHaveLength(1);
  expect(JSON.stringify(gateway.log)).not.toContain("s3cret");
});

describe("a signal", () => {
  let gateway: GatewayProcess;
  afterEach(() => gateway.child.kill("SIGKILL"));

  test("SIGTERM: not ready, what is under way finishes, and the exit code is 0", async () => {
    gateway = await GatewayProcess.start(config({ drain: { delay: "300ms", deadline: "20s" } }));
    const underWay = [ask(`${gateway.url}/held`), ask(`${gateway.url}/proxied`)];
    await upstream.holds(2);
    gateway.child.kill("SIGTERM");
    await gateway.line(({ msg }) => msg === "draining");
    expect((await ask(`${gateway.adminUrl}/readyz`)).status).toBe(503);
    expect((await ask(`${gateway.adminUrl}/livez`)).status).toBe(200);
    upstream.release();
    for (const { status, body } of await Promise.all(underWay))
      expect([status, body]).toEqual([200, "released"]);
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
  });

  test("SIGINT does the same", async () => {
    gateway = await GatewayProcess.start(config());
    expect(await gateway.stop("SIGINT")).toEqual({ code: 0, signal: null });
  });

  test("requests are still taken until the drain's delay is over", async () => {
    gateway = await GatewayProcess.start(config({ drain: { delay: "10s", deadline: "20s" } }));
    gateway.child.kill("SIGTERM");
    await gateway.line(({ msg }) => msg === "draining");
    const late = ask(`${gateway.url}/held`);
    await upstream.holds(1);
    upstream.release();
    const { status, headers } = await late;
    expect([status, headers["connection"]]).toEqual([200, "close"]);
  });

  test("a second one cuts off what is under way and ends with 1", async () => {
    gateway = await GatewayProcess.start(config());
    const underWay = ask(`${gateway.url}/held`);
    await upstream.holds(1);
    gateway.child.kill("SIGTERM");
    await gateway.line(({ msg }) => msg === "draining");
    gateway.child.kill("SIGTERM");
    expect(await gateway.exited).toEqual({ code: 1, signal: null });
    expect((await underWay).cut).toBe(true);
    upstream.release();
  });

  test("at the drain's deadline the rest is cut off as well", async () => {
    gateway = await GatewayProcess.start(config({ drain: { delay: "0s", deadline: "200ms" } }));
    const underWay = ask(`${gateway.url}/held`);
    await upstream.holds(1);
    expect(await gateway.stop()).toEqual({ code: 1, signal: null });
    expect((await underWay).cut).toBe(true);
    upstream.release();
  });

  test("during the start ends it at once, and nothing is left running", async () => {
    gateway = GatewayProcess.spawn(config());
    await gateway.until(() => gateway.text.includes("sum"));
    gateway.child.kill("SIGTERM");
    const { code, signal } = await gateway.exited;
    // As a shell has it: ended by the signal, or with 0 because nothing was lost.
    expect(signal === "SIGTERM" || code === 0 || code === 143).toBe(true);
    expect(gateway.port).toBe(0);
  });

  test("before the configuration is read ends it at once, as process 1 of a container as well", async () => {
    const directory = mkdtempSync(join(tmpdir(), "nea-test-"));
    const file = join(directory, "gateway.yaml");
    execFileSync("mkfifo", [file]);
    const serve = [process.execPath, inRepository("gateway/main.ts"), "serve", "--config", file];
    const [command, ...rest] = [...asProcess1(), ...serve] as [string, ...string[]];
    const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
    const text = child.stdout.toArray();
    const exited = once(child, "exit");
    // A pipe that somebody waits at can be opened for writing.
    const pipe = await openedByReader(file);
    process.kill(command === process.execPath ? child.pid! : onlyChildOf(child.pid!), "SIGTERM");
    writeSync(pipe, JSON.stringify(config()));
    closeSync(pipe);
    expect(await exited).toEqual([0, null]);
    expect(await text).toEqual([]);
    rmSync(directory, { recursive: true });
  });
});

/** What makes the command behind it process 1 of its own, if this machine lets us. */
function asProcess1(): string[] {
  const unshare = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child"];
  return spawnSync(unshare[0]!, [...unshare.slice(1), "true"]).status === 0 ? unshare : [];
}

function onlyChildOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
}

async function openedByReader(fifo: string): Promise<number> {
  for (;;) {
    try {
      return openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
      await sleep(10);
    }
  }
}

describe("a start that cannot be", () => {
  async function failed(data: string | object): Promise<{ code: number | null; text: string }> {
    const gateway = GatewayProcess.spawn(data);
    const { code } = await gateway.exited;
    expect(gateway.port).toBe(0);
    return { code, text: gateway.errorText };
  }

  test("a port in use: exit 78, and says which", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { code, text } = await failed(config({ listen: `127.0.0.1:${port}` }));
    expect([code, text]).toEqual([78, expect.stringMatching(new RegExp(`cannot listen: .*${port}`))]);
    await new Promise((resolve) => server.close(resolve));
  });

  test("a faulty configuration: exit 78, with every fault at its place", async () => {
    const yaml = ["listen: 127.0.0.1:0", "pools:", "  small: { slots: none, arena: 5Xi }", "rutes: []"].join(
      "\n",
    );
    const { code, text } = await failed(yaml);
    expect(code).toBe(78);
    expect(text).toMatch(/gateway\.yaml:3:\d+: pools\.small\.slots/);
    expect(text).toMatch(/gateway\.yaml:3:\d+: pools\.small\.arena/);
    expect(text).toMatch(/gateway\.yaml:4:1: .*rutes/);
  });

  test("a handler that cannot be loaded: exit 78, with the author's line", async () => {
    const broken = { ...config().routes[0], handler: handler("broken") };
    const { code, text } = await failed(config({ routes: [broken] }));
    expect(code).toBe(78);
    expect(text).toContain("test/integration/handlers/broken.ts:6:");
  });

  test("a plan that does not fit: exit 78, the large terms, and what would fit", async () => {
    const pools = { one: { slots: 400, arena: "4Mi" } };
    const { code, text } = await failed(config({ pools, memory: { limit: "1Gi" } }));
    expect(code).toBe(78);
    expect(text).toMatch(/the plan needs [\d.]+(Mi|Gi), the limit is 1(024Mi|Gi)/);
    expect(text).toMatch(/pools\.one\.slots: \d+ would fit \(now 400\)/);
  });
});

describe("the way in", () => {
  let gateway: GatewayProcess;
  afterEach(() => gateway.stop());

  /** As many as there are slots and places in the queue, and one more: of a route with a handler, of one without. */
  describe.each([
    ["handled", "/held"],
    ["proxied", "/proxied"],
  ])("for %s requests", (_kind, path) => {
    test("of one more than slots and queue hold, one gets 503 with Retry-After at once; the others are served", async () => {
      gateway = await GatewayProcess.start(config());
      const url = gateway.url + path;
      const admitted = ask(url);
      await upstream.holds(1);
      // On connections of their own, which the gateway may read in any order: refused is whoever finds the queue full.
      const others = [ask(url), ask(url), ask(url)];
      const refused = await Promise.race(others);
      expect([refused.status, refused.code]).toEqual([503, "ADMIT_QUEUE_FULL"]);
      expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
      for (let served = 0; served < 3; served++) {
        await upstream.holds(1);
        upstream.release();
      }
      const statuses = (await Promise.all([admitted, ...others])).map(({ status }) => status);
      expect(statuses.sort()).toEqual([200, 200, 200, 503]);
    });

    test("one that waits too long gets 503 with Retry-After, and its place is free again", async () => {
      gateway = await GatewayProcess.start(config({}, { length: 1, wait: "50ms" }));
      const admitted = ask(gateway.url + path);
      await upstream.holds(1);
      for (let round = 0; round < 3; round++) {
        const expired = await ask(gateway.url + path);
        expect([expired.status, expired.code]).toEqual([503, "ADMIT_WAIT_EXPIRED"]);
        expect(Number(expired.headers["retry-after"])).toBeGreaterThanOrEqual(1);
      }
      upstream.release();
      expect((await admitted).status).toBe(200);
    });

    test("a client that leaves the queue gives its place to the next", async () => {
      gateway = await GatewayProcess.start(config({}, { length: 1, wait: "20s" }));
      const admitted = ask(gateway.url + path);
      await upstream.holds(1);
      for (let round = 0; round < 5; round++) {
        const leave = new AbortController();
        const id = `leaving-${path.slice(1)}-${round}`;
        const leaving = ask(gateway.url + path, { signal: leave.signal, headers: { "x-request-id": id } });
        // Leaves once it stands in the queue: then the next one is refused.
        while ((await ask(gateway.url + path)).code !== "ADMIT_QUEUE_FULL");
        leave.abort();
        expect((await leaving).status).toBe(0);
        const line = await gateway.line(({ msg, requestId }) => msg === "request" && requestId === id);
        expect(line["code"]).toBe("ADMIT_CLIENT_GONE");
      }
      const next = ask(gateway.url + path);
      upstream.release();
      await upstream.holds(1);
      upstream.release();
      for (const { status } of [await admitted, await next]) expect(status).toBe(200);
    });

    test("100 Continue is sent after admission and not before", async () => {
      gateway = await GatewayProcess.start(config());
      const admitted = ask(gateway.url + path);
      await upstream.holds(1);
      const client = await RawClient.connect(gateway.port);
      client.send(`POST ${path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n`);
      // A second client on its way in shows that the first one has been read by now.
      const second = ask(gateway.url + path);
      await ask(`${gateway.adminUrl}/livez`);
      expect(client.bytes).toBe(0);
      upstream.release();
      expect(statusOf(await client.response())).toBe(100);
      client.send("hello");
      for (let served = 0; served < 2; served++) {
        await upstream.holds(1);
        upstream.release();
      }
      const answer = await client.response();
      expect([statusOf(answer), fieldOf(answer, "x-request-id") !== undefined]).toEqual([200, true]);
      for (const { status } of [await admitted, await second]) expect(status).toBe(200);
      client.destroy();
    });

    test("a client that is refused is never told to continue", async () => {
      gateway = await GatewayProcess.start(config({}, { length: 0, wait: "1s" }));
      const admitted = ask(gateway.url + path);
      await upstream.holds(1);
      const client = await RawClient.connect(gateway.port);
      client.send(`POST ${path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n`);
      const answer = await client.response();
      expect([statusOf(answer), fieldOf(answer, "retry-after")]).toEqual([
        503,
        expect.stringMatching(/^[1-9]/),
      ]);
      client.destroy();
      upstream.release();
      expect((await admitted).status).toBe(200);
    });
  });

  beforeEach(() => upstream.release());
});
