// Promise P1, from outside: whatever is asked of it, the process tree never uses more memory than the figure that it
// printed when it started. The figures of each phase are printed, for people.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import { RawClient } from "../support/raw-client.ts";
import { RawOrigin } from "../support/raw-origin.ts";
import { MIB } from "../support/arena-lab.ts";

/** V8 sizes its young generation by what it just saw; that much may differ from pass to pass. */
const SAME_BYTES = 10 * MIB;
const LOOK_MS = 100;
const SETTLED_LOOKS = 5;

let upstream: RawOrigin;
let gateway: GatewayProcess;
const phases: string[] = [];

function record(phase: string): void {
  const { residentBytes, peakBytes } = gateway.memory.read();
  const mib = (bytes: number) => `${Math.round(bytes / MIB)} Mi`.padStart(8);
  phases.push(`${phase.padEnd(40)} now ${mib(residentBytes)}, peak ${mib(peakBytes)}`);
  expect(peakBytes).toBeLessThanOrEqual(gateway.plannedBytes);
}

beforeAll(async () => {
  upstream = await RawOrigin.start(({ body, startLine }) => {
    if (!startLine.includes("/proxied")) return "HTTP/1.1 204 No Content\r\n\r\n";
    const text = "y".repeat(2_000_000);
    return `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\nx-got: ${body.length}\r\n\r\n${text}`;
  });
  const route = (name: string, pool: string, limits: object = {}, handlers = "hostile/handlers") => ({
    name: `${name}-${pool}`,
    match: { path: { exact: `/${name}/${pool}` } },
    handler: inRepository(`test/${handlers}/${name}.ts`),
    pool,
    upstream: "app",
    limits: { cpu: "2s", wall: "20s", body: "64Mi", ...limits },
  });
  const queue = { length: 64, wait: "30s" };
  gateway = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    upstreams: { app: { targets: [upstream.url] } },
    pools: { small: { slots: 16, arena: "4Mi", queue }, large: { slots: 2, arena: "32Mi", queue } },
    proxy: { slots: 64, queue: { length: 256, wait: "30s" } },
    drain: { delay: "0s" },
    routes: [
      ...[
        "answers",
        "alloc-strings",
        "alloc-one-gigabyte",
        "alloc-body-text",
        "answer-large",
        "answer-large-chunk",
      ].flatMap((name) => [route(name, "small"), route(name, "large")]),
      route("alloc-in-stream-pull", "small"),
      route("answer-large-in-wait-until", "small"),
      route("flood-console", "small"),
      route("flood-subrequest-bodies", "large"),
      route("flood-effects", "small"),
      {
        ...route("culprit", "small", { cpu: "20ms" }, "integration/handlers"),
        match: { path: { prefix: "/culprit" } },
      },
      { name: "proxied", match: { path: { prefix: "/" } }, upstream: "app", limits: { body: "64Mi" } },
    ],
  });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  console.info([`planned ${Math.round(gateway.plannedBytes / MIB)} Mi`, ...phases].join("\n"));
});

/** `count` requests, `clients` at a time. */
async function repeat(
  path: string,
  count: number,
  clients: number,
  options: Parameters<typeof ask>[1] = {},
): Promise<void> {
  let left = count;
  const client = async () => {
    while (left-- > 0) await ask(gateway.url + path, options);
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** How many threads had to be terminated so far. */
async function kills(): Promise<number> {
  const { body } = await ask(`${gateway.adminUrl}/metrics`);
  return Number(/^nea_arena_thread_kills_total (\d+)/m.exec(body)?.[1]);
}

test("after the start", () => {
  record("after the start");
});

test("under an ordinary load", async () => {
  await repeat("/answers/small", 3000, 16);
  await repeat("/answers/large", 200, 4);
  record("after 3,200 handled requests");
  await repeat("/proxied", 200, 16);
  record("after 200 proxied answers of 2 MB");
}, 120_000);

test("with handlers that ask for more than there is", async () => {
  for (const path of ["/alloc-strings/small", "/alloc-one-gigabyte/small", "/alloc-in-stream-pull/small"]) {
    await repeat(path, 40, 16);
  }
  await repeat("/alloc-strings/large", 8, 4);
  for (const path of ["/flood-console/small", "/flood-effects/small", "/flood-subrequest-bodies/large"]) {
    await repeat(path, 16, 8);
  }
  record("after 176 overflows and floods");
}, 120_000);

test("with large bodies in, read and passed on", async () => {
  const body = Buffer.alloc(8 * MIB, "z");
  await repeat("/alloc-body-text/small", 24, 12, { method: "POST", body });
  await repeat("/alloc-body-text/large", 6, 3, { method: "POST", body });
  await repeat("/proxied", 24, 12, { method: "POST", body });
  record("after 54 bodies of 8 MB");
}, 120_000);

test("with clients that do not read what they asked for", async () => {
  const paths = [
    "/answer-large/small",
    "/answer-large-chunk/small",
    "/answer-large-in-wait-until/small",
    "/answer-large/large",
    "/proxied",
  ];
  const clients = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const client = await RawClient.connect(gateway.port);
      client.socket.pause();
      client.send(`GET ${paths[i % paths.length]} HTTP/1.1\r\nhost: x\r\n\r\n`);
      return client;
    }),
  );
  // Whoever gets no slot now waits behind the slow ones.
  const late = ask(`${gateway.url}/answers/small`);
  await sleep(500);
  record("with 60 clients that do not read");
  for (const client of clients) client.destroy();
  expect((await late).status).toBe(200);
  record("after they left");
});

test("with 900 connections that are kept waiting within a head of 15 KiB", async () => {
  const head = `GET /answers/small HTTP/1.1\r\nhost: x\r\nx-long: ${"h".repeat(15_000)}`;
  const clients = await Promise.all(
    Array.from({ length: 900 }, async () => {
      const client = await RawClient.connect(gateway.port);
      client.send(head);
      return client;
    }),
  );
  expect((await ask(`${gateway.url}/answers/small`)).status).toBe(200);
  record("with 900 half heads");
  for (const client of clients) client.destroy();
});

test("with threads that have to be killed", async () => {
  const before = await kills();
  await repeat("/culprit/wrap", 50, 2);
  expect((await kills()) - before).toBe(50);
  record("after 50 killed threads");
  await repeat("/answers/small", 500, 8);
  record("after 500 more requests");
}, 120_000);

/** The resident size once it no longer moves. */
async function settledBytes(): Promise<number> {
  let [last, same] = [0, 0];
  while (same < SETTLED_LOOKS) {
    await sleep(LOOK_MS);
    const { residentBytes } = gateway.memory.read();
    same = Math.abs(residentBytes - last) < MIB / 4 ? same + 1 : 0;
    last = residentBytes;
  }
  return last;
}

/** A little of everything. */
async function pass(): Promise<void> {
  await repeat("/answers/small", 500, 16);
  await repeat("/alloc-strings/small", 24, 16);
  await repeat("/proxied", 60, 16, { method: "POST", body: Buffer.alloc(200_000, "x") });
  await repeat("/culprit/bigint", 4, 2);
}

test("two passes of the same requests end at the same resident size", async () => {
  // What was larger before is given back in the first ones, and what is compiled and cached is there after them.
  await pass();
  await pass();
  const before = await settledBytes();
  await pass();
  const after = await settledBytes();
  record("after the same once more");
  expect(after - before).toBeLessThan(SAME_BYTES);
}, 120_000);
