// Ten thousand requests of every kind, and then nothing is left of them: no slot, permit, place in a queue, connection or
// timer is held, and the log has one line about each.
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { inRepository } from "../support/gateway-process.ts";
import { InProcessGateway } from "../support/in-process-gateway.ts";
import { Random } from "../support/random.ts";
import { RawClient } from "../support/raw-client.ts";
import { RawOrigin } from "../support/raw-origin.ts";
import { Cut } from "../support/wire.ts";

const REQUESTS = 10_000;
const CLIENTS = 24;

let upstream: RawOrigin;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = await RawOrigin.start(({ startLine, body }) => {
    if (/ \/(slow|wait-on-upstream)/.test(startLine)) return null;
    const text = `upstream got ${body.length}`;
    return `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  });
  const hostile = (name: string) => inRepository(`test/hostile/handlers/${name}.ts`);
  const route = (name: string, pool: string, limits: object = {}) => ({
    name,
    match: { path: { exact: `/${name}` } },
    handler: hostile(name),
    pool,
    upstream: "app",
    limits: { cpu: "1s", wall: "20s", ...limits },
  });
  gateway = await InProcessGateway.start({
    listen: "127.0.0.1:0",
    watch: false,
    upstreams: { app: { targets: [upstream.url], connections: 64, pending: 64 } },
    pools: {
      small: { slots: 6, arena: "4Mi", queue: { length: 32, wait: "20s" } },
      tight: { slots: 1, arena: "4Mi", queue: { length: 2, wait: "5ms" } },
    },
    proxy: { slots: 4, queue: { length: 8, wait: "20s" } },
    routes: [
      route("answers", "small"),
      route("alloc-strings", "small"),
      route("alloc-in-wait-until", "small"),
      route("throw-error", "small"),
      route("throw-in-stream", "small"),
      route("answer-nothing", "small"),
      route("answer-large", "small"),
      route("answer-large-chunk", "small"),
      route("send-and-abandon", "small"),
      route("pull-and-abandon", "small"),
      route("flood-subrequests", "small"),
      route("native-split", "small", { cpu: "10ms" }),
      route("spin-loop", "small", { cpu: "10ms" }),
      route("answer-stream-longer-than-its-length", "small"),
      route("wait-for-nothing", "tight"),
      route("wait-on-upstream", "tight", { wall: "30ms" }),
      { name: "elsewhere", match: { path: { prefix: "/proxied" } }, upstream: "app" },
    ],
  });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

/** How often each kind of request is sent, in 1000. */
const KINDS: readonly (readonly [
  weight: number,
  path: string,
  statuses: readonly number[],
  method?: string,
])[] = [
  [350, "/answers", [200]],
  [200, "/proxied/a", [200]],
  [60, "/proxied/body", [200], "POST"],
  [80, "/throw-error", [500]],
  [40, "/alloc-strings", [500]],
  [20, "/alloc-in-wait-until", [200]],
  [30, "/throw-in-stream", [200, 0]],
  [30, "/answer-nothing", [500]],
  [20, "/answer-large", [200]],
  [15, "/answer-large-chunk", [200]],
  [30, "/send-and-abandon", [200]],
  [30, "/pull-and-abandon", [200], "POST"],
  [20, "/flood-subrequests", [200]],
  [5, "/native-split", [500]],
  [10, "/spin-loop", [500]],
  [20, "/wait-for-nothing", [504, 503]],
  [20, "/wait-on-upstream", [504, 503]],
  [20, "/nowhere", [404]],
];

const BODY = "x".repeat(2000);
const answered = new Set<string>();
const abandoned = new Set<string>();
const wrong: string[] = [];
let sent = 0;

function pick(random: Random): (typeof KINDS)[number] {
  let left = random.below(1000);
  return KINDS.find(([weight]) => (left -= weight) < 0) ?? KINDS[0]!;
}

/** Sends a request and leaves before the answer is there, at some moment. */
function abandon(path: string, id: string, random: Random): Promise<void> {
  return new Promise((resolve) => {
    const req = request(gateway.url + path, {
      agent: false,
      method: "POST",
      headers: { "x-request-id": id },
    });
    req.on("error", () => {});
    req.on("response", (res) => res.on("error", () => {}).resume());
    req.on("close", () => resolve());
    req.write("x");
    setTimeout(() => req.destroy(), random.below(20));
  });
}

async function client(seed: number): Promise<void> {
  const random = new Random(seed);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while (sent < REQUESTS) {
    const id = `request-${sent++}`;
    const [, path, statuses, method = "GET"] = pick(random);
    if (random.below(100) < 6) {
      abandoned.add(id);
      await abandon(path, id, random);
    } else {
      answered.add(id);
      const body = method === "POST" ? { body: BODY } : {};
      const reply = await ask(gateway.url + path, {
        method,
        agent,
        headers: { "x-request-id": id },
        ...body,
      });
      if (!statuses.includes(reply.status))
        wrong.push(`${id} ${path} ${reply.status} ${reply.code} ${reply.error}`);
    }
  }
  agent.destroy();
}

describe("after ten thousand requests", () => {
  beforeAll(async () => {
    await Promise.all(Array.from({ length: CLIENTS }, (_, seed) => client(seed + 1)));
    await gateway.gateway.idle();
    const { listener } = gateway.gateway;
    while (listener.connections + gateway.deadlines.size > 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }, 240_000);

  test("every one that was not abandoned had the answer of its kind", () => {
    expect(answered.size + abandoned.size).toBeGreaterThanOrEqual(REQUESTS);
    expect(abandoned.size).toBeGreaterThan(300);
    expect(wrong).toEqual([]);
  });

  test("no gate has a permit out or anybody waiting", () => {
    for (const [name, gate] of gateway.gateway.gates) {
      const { active, waiting, admitted, released } = gate.counters();
      expect({ name, active, waiting, out: admitted - released }).toEqual({
        name,
        active: 0,
        waiting: 0,
        out: 0,
      });
    }
  });

  test("every slot is free", () => {
    for (const { free, slots } of gateway.arenas.pools.values()) {
      expect(free).toBe(slots.length);
      expect(slots.filter(({ leased }) => leased)).toEqual([]);
    }
  });

  test("no connection is open, no request under way, no deadline watched", () => {
    expect(gateway.gateway.listener.connections).toBe(0);
    expect(gateway.gateway.active).toBe(0);
    expect(gateway.deadlines.size).toBe(0);
  });

  test("the log has exactly one line about each request", () => {
    const lines = new Map<string, number>();
    for (const { requestId } of gateway.accessLines())
      lines.set(requestId!, (lines.get(requestId!) ?? 0) + 1);
    expect([...lines].filter(([, count]) => count > 1)).toEqual([]);
    expect([...answered].filter((id) => !lines.has(id))).toEqual([]);
    expect([...lines.keys()].filter((id) => !answered.has(id) && !abandoned.has(id))).toEqual([]);
  });

  test("every abort has a record that names its route and line", () => {
    for (const line of gateway.log.filter(({ cause }) => cause === "memory")) {
      expect(line).toMatchObject({
        route: expect.stringMatching(/^alloc-/),
        at: expect.stringMatching(/^test\/hostile\/handlers\/alloc-[a-z-]+\.ts:\d+:\d+$/),
      });
    }
  });

  test("upstreams have read nothing but whole requests, and those that were abandoned", () => {
    expect(upstream.faults).toEqual([]);
  });

  test("a new request is answered as the first one was", async () => {
    for (let i = 0; i < 20; i++) {
      const { status, body } = await ask(`${gateway.url}/answers`, { agent: new Agent() });
      expect([status, body]).toEqual([200, '{"path":"/answers","seen":1,"words":389}']);
    }
  });
});

test("an answer that is longer than it says is cut off, and nothing of it becomes the next answer", async () => {
  const client = await RawClient.connect(gateway.port);
  const path = "/answer-stream-longer-than-its-length";
  client.send(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\nGET /answers HTTP/1.1\r\nhost: x\r\n\r\n`);
  await expect(client.response()).rejects.toThrow(Cut);
  expect(client.wire.unread).not.toContain("forged");
  client.destroy();
});
