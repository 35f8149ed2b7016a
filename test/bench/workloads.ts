/**
 * What is measured: requests and the answers that every server must give before it is measured. What handlers answer is
 * taken from running the very handler module here.
 */
import { fileURLToPath } from "node:url";
import type { Answer } from "./load/answer-reader.ts";

/** Handlers and apps by file name, in handlers/ and peers/apps/. */
export type App = "hello" | "json" | "static" | "allocate" | "csv" | "hono" | "next" | "hog";

export type Kind = "handler" | "next" | "proxy" | "websocket";

export interface Workload {
  name: string;
  title: string;
  kind: Kind;
  /** null: nothing but forwarding. */
  app: App | null;
  method: "GET" | "POST";
  path: string;
  body: string | null;
  /** What CPU time is divided by. */
  unit: "request" | "MB" | "message";
  /** Instead of the run's own number of connections. */
  connections?: number;
  /** At least, so that some requests come to their end. */
  seconds?: number;
  /** Part of --quick. */
  quick: boolean;
}

const MIB = 1024 * 1024;
const POINTS = 64;
/** A prime, so that the points look random and are the same in every run. */
const STEP = 611_953;

/** "x,y" lines, below a million each. */
function points(): string {
  const point = (index: number) => `${(index * STEP) % 1_000_000},${(index * index * STEP) % 1_000_000}`;
  return Array.from({ length: POINTS }, (_, index) => `${point(index + 1)}\n`).join("");
}

const get = { method: "GET", body: null, unit: "request" } as const;
const handler = { ...get, kind: "handler" } as const;
const proxy = { ...get, kind: "proxy", app: null } as const;

export const WORKLOADS: readonly Workload[] = [
  { ...handler, name: "hello", title: "a greeting", app: "hello", path: "/hello/ada", quick: true },
  { ...handler, name: "json", title: "10 KB of JSON", app: "json", path: "/json", quick: true },
  { ...handler, name: "static", title: "1 KB of text", app: "static", path: "/static", quick: false },
  ...[1, 10, 50].map((count) => ({
    ...handler,
    name: `alloc-${count}`,
    title: `an array of ${count} x 1024 slots`,
    app: "allocate" as const,
    path: `/allocate/${count}`,
    quick: count === 50,
  })),
  {
    ...handler,
    name: "csv",
    title: `${POINTS} posted points to an SVG path`,
    app: "csv",
    method: "POST",
    path: "/csv",
    body: points(),
    quick: false,
  },
  {
    ...handler,
    name: "hono",
    title: "a Hono app, a route with JSON",
    app: "hono",
    path: "/api/users/42/orders?limit=3",
    quick: true,
  },
  {
    ...get,
    kind: "next",
    name: "next",
    title: "ctx.next(), 1 KB from upstream",
    app: "next",
    path: "/1k",
    quick: true,
  },
  { ...proxy, name: "proxy-1k", title: "1 KB from upstream", path: "/1k", quick: true },
  {
    ...proxy,
    name: "proxy-1m",
    title: "1 MB from upstream",
    path: "/1m",
    unit: "MB",
    connections: 8,
    quick: false,
  },
  {
    ...proxy,
    name: "proxy-100m",
    title: "100 MB from upstream",
    path: "/100m",
    unit: "MB",
    connections: 2,
    seconds: 2,
    quick: false,
  },
  {
    ...proxy,
    kind: "websocket",
    name: "websocket",
    title: "64-byte messages to an echo and back",
    path: "/echo",
    unit: "message",
    quick: false,
  },
];

const UPSTREAM_BYTES: Readonly<Record<string, number>> = { "/1k": 1024, "/1m": MIB, "/100m": 100 * MIB };

export function handlerFile(app: App): string {
  return fileURLToPath(new URL(`handlers/${app}.ts`, import.meta.url));
}

/** What is wrong with an answer; null: nothing. */
export async function faultOf(
  workload: Workload,
  { status, bodyBytes, body }: Answer,
): Promise<string | null> {
  if (status !== 200) return `answered ${status}`;
  const upstreamBytes = UPSTREAM_BYTES[workload.path];
  if (upstreamBytes !== undefined) {
    return bodyBytes === upstreamBytes ? null : `answered ${bodyBytes} bytes instead of ${upstreamBytes}`;
  }
  const expected = await expectedBody(workload);
  return body === expected || sameJson(body, expected)
    ? null
    : `answered ${JSON.stringify(body.slice(0, 60))}`;
}

interface Module {
  default: { fetch(request: Request, env: object, ctx: object): Response | Promise<Response> };
}

async function expectedBody({ app, method, path, body }: Workload): Promise<string> {
  const module = (await import(handlerFile(app!))) as Module;
  const request = new Request(`http://localhost${path}`, { method, body });
  const response = await module.default.fetch(request, {}, {});
  return response.text();
}

/** Lua and JavaScript write the same values differently. */
function sameJson(one: string, other: string): boolean {
  try {
    return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
  } catch {
    return false;
  }
}
