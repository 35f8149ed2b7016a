/**
 * What each part of the plan is measured by: a config, something that makes the gateway hold as much of that part as it
 * can, and how many of it there were. A cost is the difference between before and during, by the piece.
 */
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { inRepository } from "../../support/gateway-process.ts";
import { fields, head, openClients } from "./clients.ts";
import type { Reading, Subject } from "./subject.ts";

export interface Scenario {
  readonly name: string;
  readonly config: (origin: string) => object;
  /** What it is compared with, if not with itself before `run`. */
  readonly baseline?: (origin: string) => object;
  /** Does it and says how many there were; whatever it holds is held until the gateway is stopped. */
  readonly run: (subject: Subject) => Promise<number>;
  /** Which reading after `run` counts; the usual one is what stays. */
  readonly peak?: true;
}

const KIB = 1024;

function small(origin: string, more: object = {}): object {
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    limits: { connections: 4096, ...(more as { limits?: object }).limits },
    upstreams: { app: { targets: [origin], connections: 4096 } },
    pools: { small: { slots: 1, arena: "2Mi" } },
    proxy: { slots: 2048, queue: { length: 2048, wait: "1m" } },
    threads: 1,
    images: "1Mi",
    watch: false,
    log: { level: "error" },
    routes: [{ match: { path: { prefix: "/" } }, upstream: "app" }],
    ...more,
  };
}

function withHandler(origin: string, file: string, more: object = {}): object {
  const route = {
    match: { path: { prefix: "/" } },
    handler: inRepository(file),
    pool: "small",
    upstream: "app",
  };
  return small(origin, { images: "16Mi", routes: [{ ...route, limits: { wall: "1h" } }], ...more });
}

const clients =
  (count: number, first: string | Buffer = "") =>
  async (subject: Subject): Promise<number> => {
    await openClients(subject.port, count, (socket) => first.length > 0 && socket.write(first));
    return count;
  };

export const SCENARIOS: readonly Scenario[] = [
  { name: "connection, idle", config: small, run: clients(2000) },
  {
    name: "connection, half of a 14Ki head, 90 fields",
    config: small,
    run: clients(1000, head("/", fields(14_000, 90)).slice(0, -2)),
  },
  {
    name: "connection, half of a 14Ki head, 1 field",
    config: small,
    run: clients(1000, head("/", fields(14_000, 1)).slice(0, -2)),
  },
  { name: "exchange, waiting for its upstream", config: small, run: clients(1000, head("/hang")) },
  {
    name: "exchange, 14Ki head, 90 fields",
    config: small,
    run: clients(1000, head("/hang", fields(14_000, 90))),
  },
  {
    name: "exchange, 14Ki head, 1 field",
    config: small,
    run: clients(1000, head("/hang", fields(14_000, 1))),
  },
  { name: "exchange, 14Ki head of the answer", config: small, run: clients(1000, head("/head")) },
  { name: "exchange, client does not read", config: small, run: clients(200, head("/bytes/100000000")) },
  { name: "exchange, upstream does not read", config: small, run: slowUploads },
  {
    name: "requests waiting in a queue, 14Ki heads",
    config: queued,
    run: clients(1000, head("/hang", fields(14_000, 90))),
  },
  { name: "connection, requests sent ahead", config: small, run: sendAhead },
  { name: "exchange, one-byte chunks, upstream does not read", config: small, run: chunkedUploads },
  { name: "garbage: 64 downloads of 100 MB", config: small, run: downloads, peak: true },
  { name: "garbage: 64 uploads of 100 MB", config: small, run: uploads, peak: true },
  { name: "subrequests whose bodies nobody reads", config: keepers, run: keptSubrequests },
  { name: "slot, its instance", config: manySlots, run: useAllSlots },
  {
    name: "thread, idle",
    baseline: small,
    config: (origin) => small(origin, { threads: 9 }),
    run: async () => 8,
  },
  { name: "the process, its two threads and 5Mi of arenas", config: small, run: async () => 0 },
  { name: "hostile handlers, all of them twice", config: hostile, run: runHostile },
  {
    name: "threads killed, 200",
    config: (origin) => withHandler(origin, "test/hostile/handlers/native-sort.ts"),
    run: requests(200),
  },
  {
    name: "handlers loaded, each with a package",
    config: packages,
    run: async () => PACKAGES.length,
    peak: true,
  },
];

function queued(origin: string): object {
  return small(origin, { proxy: { slots: 1, queue: { length: 2048, wait: "1m" } } });
}

async function slowUploads(subject: Subject): Promise<number> {
  const body = Buffer.alloc(512 * KIB);
  await openClients(subject.port, 500, (socket) => {
    socket.write(head("/sink", `content-length: ${1024 * KIB}\r\n`, "POST"));
    socket.write(body);
  });
  return 500;
}

async function sendAhead(subject: Subject): Promise<number> {
  const request = head("/hang", fields(14_000, 90));
  await openClients(subject.port, 500, (socket) => void socket.write(request.repeat(3)));
  return 500;
}

async function chunkedUploads(subject: Subject): Promise<number> {
  const chunks = "1\r\nx\r\n".repeat(200_000);
  await openClients(subject.port, 50, (socket) => {
    socket.write(head("/sink", "transfer-encoding: chunked\r\n", "POST"));
    socket.write(chunks);
  });
  return 50;
}

async function downloads(subject: Subject): Promise<number> {
  await Promise.all(Array.from({ length: 64 }, () => fetchAll(subject, "/bytes/100000000")));
  return 1;
}

async function uploads(subject: Subject): Promise<number> {
  const piece = Buffer.alloc(64 * KIB);
  const one = () =>
    fetchAll(subject, "/", async (write) => {
      for (let i = 0; i < 1600; i++) await write(piece);
    });
  await Promise.all(Array.from({ length: 64 }, one));
  return 1;
}

type Feed = (write: (piece: Buffer) => Promise<void>) => Promise<void>;

/** One request to its end, whatever the end; the body is not kept. */
function fetchAll({ port }: Subject, path: string, feed?: Feed): Promise<number> {
  return new Promise((resolve) => {
    const req = request(
      { port, host: "127.0.0.1", path, method: feed ? "POST" : "GET", agent: false },
      (res) => {
        res.resume().on("close", () => resolve(res.statusCode ?? 0));
      },
    );
    req.on("error", () => resolve(0));
    if (!feed) return void req.end();
    let goOn = (): void => {};
    req.on("drain", () => goOn()).on("close", () => goOn());
    const write = (piece: Buffer) =>
      new Promise<void>((taken) => {
        goOn = taken;
        if (req.write(piece) || req.destroyed) taken();
      });
    void feed(write).then(() => req.end());
  });
}

const KEEPER_SLOTS = 32;

function keepers(origin: string): object {
  const pools = { small: { slots: KEEPER_SLOTS, arena: "2Mi" } };
  return withHandler(origin, "test/bench/memory/keep-subrequests.ts", { pools });
}

async function keptSubrequests(subject: Subject): Promise<number> {
  await openClients(subject.port, KEEPER_SLOTS, (socket) => void socket.write(head("/bytes/100000000")));
  return KEEPER_SLOTS * 4;
}

const MANY_SLOTS = 65;

function manySlots(origin: string): object {
  const pools = { small: { slots: MANY_SLOTS, arena: "2Mi" } };
  return withHandler(origin, "test/bench/memory/hold-slot.ts", { pools });
}

async function useAllSlots(subject: Subject): Promise<number> {
  await openClients(subject.port, MANY_SLOTS, (socket) => void socket.write(head("/")));
  return MANY_SLOTS;
}

const HOSTILE = readdirSync(inRepository("test/hostile/handlers")).filter((file) => file.endsWith(".ts"));

function hostile(origin: string): object {
  const routes = HOSTILE.map((file) => ({
    match: { path: { prefix: `/${file.slice(0, -3)}` } },
    handler: inRepository(`test/hostile/handlers/${file}`),
    pool: "small",
    upstream: "app",
    limits: { wall: "1s" },
  }));
  return small(origin, {
    pools: { small: { slots: 8, arena: "4Mi", queue: { length: 64, wait: "1m" } } },
    images: "512Mi",
    routes,
  });
}

async function runHostile(subject: Subject): Promise<number> {
  const paths = [...HOSTILE, ...HOSTILE].map((file) => `/${file.slice(0, -3)}`);
  const client = async (): Promise<void> => {
    for (let path = paths.shift(); path !== undefined; path = paths.shift()) await fetchAll(subject, path);
  };
  await Promise.all(Array.from({ length: 12 }, client));
  return 1;
}

function requests(count: number) {
  return async (subject: Subject): Promise<number> => {
    for (let i = 0; i < count; i++) await fetchAll(subject, "/");
    return 1;
  };
}

const PACKAGES = ["hono", "zod", "graphql", "valibot", "marked", "jose", "date-fns", "fast-xml-parser"];

function packages(origin: string): object {
  const routes = PACKAGES.map((name) => ({
    match: { path: { prefix: `/${name}` } },
    handler: inRepository(`test/bench/memory/packages/${name}.ts`),
    pool: "small",
  }));
  return small(origin, { pools: { small: { slots: 1, arena: "16Mi" } }, images: "128Mi", routes });
}

/** What is compared with what, in bytes per piece. */
export function costOf(
  before: Reading,
  after: Reading,
  count: number,
  peak: boolean,
): { heap: number; besides: number } {
  if (peak) return { heap: 0, besides: (after.treePeakBytes - before.residentBytes) / count };
  return {
    heap: (after.heapLiveBytes - before.heapLiveBytes) / count,
    besides: (after.besidesBytes - before.besidesBytes) / count,
  };
}
