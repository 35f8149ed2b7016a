// The cluster on one machine: what the chart renders is run as pods would run it, behind a balancer, with Redis; then the
// pods are replaced one after the other while clients keep asking. No request may fail.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Balancer } from "../chart/balancer.ts";
import { helmIsHere, helmOrSkip, type Manifest, template } from "../chart/helm.ts";
import { isolation, LocalPod } from "../chart/local-pod.ts";
import { type Ask, SteadyLoad } from "../chart/steady-load.ts";
import { freePort } from "../support/free-port.ts";
import { RedisServer } from "../support/redis-server.ts";

// Five gateways are started, on a machine that may have other work.
vi.setConfig({ testTimeout: 240_000 });

describe.skipIf(!helmIsHere)(`pods of the chart, ${isolation}, by ${helmOrSkip}`, () => {
  const pods: LocalPod[] = [];
  const ends: (() => unknown)[] = [];

  async function startPod(name: string, manifests: readonly Manifest[]): Promise<LocalPod> {
    const pod = await LocalPod.start(name, manifests);
    pods.push(pod);
    return pod;
  }

  afterAll(async () => {
    for (const end of ends.reverse()) await end();
    await Promise.all(pods.map((pod) => pod.stop()));
    await Promise.all(pods.map((pod) => pod.remove()));
  });

  test("the default values give a pod that starts and serves", async () => {
    const pod = await startPod("nea-default", await template({ values: { config: await freePorts() } }));
    const reply = await fetch(`http://127.0.0.1:${pod.http}/ada`);
    expect([reply.status, await reply.text()]).toEqual([200, "hello ada\n"]);
    expect(await pod.stop()).toEqual({ code: 0, killed: false });
    // Where there is a limit, it is the one that the gateway held its plan against.
    if (pod.cgroup) expect(pod.output).toMatch(new RegExp(`limit +${pod.limit} +/sys/fs/cgroup/`));
    expect(pod.cgroup?.kills ?? 0).toBe(0);
  });

  describe("two of them, with Redis", () => {
    let upstream: Server;
    let redisPort: number;

    beforeAll(async () => {
      upstream = await startUpstream();
      redisPort = await startRedis(ends);
      ends.push(() => upstream.close());
    });

    test("are replaced one after the other under load, and no request fails", async () => {
      const render = async () => template({ values: proofValues(await freePorts(), upstream, redisPort) });
      const old = await Promise.all(
        ["nea-old-1", "nea-old-2"].map(async (name) => startPod(name, await render())),
      );
      const balancer = await Balancer.start(old);
      ends.push(() => balancer.close());
      const load = new SteadyLoad(balancer.port, 12, ASKS);
      await load.more(200);

      for (const [index, pod] of old.entries()) {
        await balancer.add(await startPod(`nea-new-${index + 1}`, await render()));
        await load.more(100);
        expect(await pod.stop()).toEqual({ code: 0, killed: false });
        balancer.remove(pod);
        await load.more(100);
      }
      await load.stop();

      expect(load.failures).toEqual([]);
      expect(load.answers).toBeGreaterThan(500);
      for (const { cgroup } of pods) expect(cgroup?.kills ?? 0).toBe(0);
    });

    test("name a handler's line as its author knows it, not by the directory that the kubelet made", async () => {
      const [pod] = pods.slice(-1) as [LocalPod];
      expect((await fetch(`http://127.0.0.1:${pod.http}/boom`)).status).toBe(500);
      const at = () => /"at":"([^"]+)"/.exec(pod.output)?.[1];
      await expect.poll(at, { timeout: 10_000 }).toBe("handlers/lib/boom.ts:2:13");
    });

    test("know each other through Redis", async () => {
      for (const pod of pods.slice(-2))
        await expect.poll(() => fleetSeenBy(pod), { timeout: 10_000 }).toBe(2);
    });

    test("take up a changed ConfigMap in one step, config and handler together, and no request fails", async () => {
      const [pod] = pods.slice(-1) as [LocalPod];
      const load = new SteadyLoad(pod.http, 4, ASKS.slice(1, 4));
      await load.more(20);
      const values = proofValues(portsOf(pod), upstream, redisPort);
      const changed = JSON.stringify(values)
        .replace('"GREETING":"hi"', '"GREETING":"hey"')
        .replaceAll("lib/", "library/");
      await pod.update(await template({ values: JSON.parse(changed) as object }));
      await expect.poll(() => textOf(pod, "/hello/ada"), { timeout: 15_000 }).toBe("hey ada\n");
      await load.more(20);
      await load.stop();
      expect(load.failures).toEqual([]);
    });
  });
});

const ASKS: readonly Ask[] = [
  { method: "GET", path: "/hello/ada", expected: "hi ada\n" },
  { method: "GET", path: "/app", expected: "GET /app\n" },
  { method: "POST", path: "/app/form", body: "x".repeat(100_000), expected: "POST /app/form 100000\n" },
  { method: "GET", path: "/app/slow", expected: "1\n2\n3\n" },
  { method: "GET", path: "/hello/bob", expected: "hi bob\n", once: true },
];

/** Everything the chart can add to a small gateway, with a drain that a test can wait for. */
function proofValues(ports: Ports, upstream: Server, redisPort: number): object {
  const { port } = upstream.address() as AddressInfo;
  return {
    config: {
      ...ports,
      pools: { small: { slots: 8, arena: "2Mi" } },
      limits: { connections: 128 },
      upstreams: { app: { targets: [`http://127.0.0.1:${port}`] } },
      drain: { delay: "1s", deadline: "10s" },
      fleet: { interval: "250ms", ttl: "5s" },
      routes: [
        {
          match: { path: { prefix: "/hello" } },
          handler: "handlers/lib/hi.ts",
          pool: "small",
          env: { GREETING: "hi" },
        },
        { match: { path: { prefix: "/boom" } }, handler: "handlers/lib/boom.ts", pool: "small" },
        { match: { path: { prefix: "/" } }, upstream: "app" },
      ],
    },
    handlers: { files: { "lib/hi.ts": HANDLER, "lib/last.ts": LAST, "lib/boom.ts": BOOM } },
    redis: { url: `redis://127.0.0.1:${redisPort}` },
  };
}

const HANDLER = `import { last } from "./last.ts";
export default (request: Request, env: { GREETING: string }) =>
  new Response(\`\${env.GREETING} \${last(request.url)}\\n\`);
`;
const BOOM = `export default (): Response => {
  throw new Error("on purpose");
};
`;
const LAST = `export const last = (url: string): string => url.split("/").at(-1) ?? "";
`;

async function startUpstream(): Promise<Server> {
  const server = createServer(async (req, res) => {
    let bytes = 0;
    for await (const chunk of req) bytes += (chunk as Buffer).length;
    if (req.url === "/app/slow") {
      for (const line of ["1\n", "2\n", "3\n"]) {
        res.write(line);
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      res.end();
    } else res.end(`${req.method} ${req.url}${bytes > 0 ? ` ${bytes}` : ""}\n`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function startRedis(ends: (() => unknown)[]): Promise<number> {
  const redis = await RedisServer.start();
  ends.push(() => redis.stop());
  return redis.port;
}

/** How many gateways it shows as alive. */
async function fleetSeenBy({ admin }: LocalPod): Promise<number> {
  const reply = await fetch(`http://127.0.0.1:${admin}/api/fleet`);
  const { fleet } = (await reply.json()) as { fleet: { totals: { live: number } } };
  return fleet.totals.live;
}

async function textOf({ http }: LocalPod, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${http}${path}`)).text();
}

function portsOf({ http, admin }: LocalPod): Ports {
  return { listen: `0.0.0.0:${http}`, admin: `0.0.0.0:${admin}` };
}

interface Ports {
  readonly listen: string;
  readonly admin: string;
}

/** A pod's ports cannot be chosen by the kernel, as its Service has to know them. */
async function freePorts(): Promise<Ports> {
  const [http, admin] = await Promise.all([freePort(), freePort()]);
  return { listen: `0.0.0.0:${http}`, admin: `0.0.0.0:${admin}` };
}
