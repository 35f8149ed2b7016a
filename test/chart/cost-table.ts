/** The table in the chart's README of what one more of everything costs, made from gateway/plan.ts. */
import { planOf, size } from "../../gateway/plan.ts";
import { configWith, type Point } from "./plan-quantities.ts";

const MIB = 1024 * 1024;

/** The gateway's defaults, and one pool of the demo's size. */
const USUAL: Point = {
  "limits.connections": 1024,
  "limits.headBytes": 16 * 1024,
  "proxy.slots": 256,
  "proxy.bufferBytes": 64 * 1024,
  "upgrades.slots": 64,
  "threads": 1,
  "images": 32 * MIB,
  "memory.headroom": 32 * MIB,
  "pools.slots": 16,
  "pools.largestArena": 4 * MIB,
  "queues.length": 320,
  "routes.mostSubrequests": 4,
  "routes.count": 1,
  "tls": 0,
  "fleet": 0,
  "pool.slots": 0,
  "pool.arena": 0,
};

const ROWS: readonly { readonly what: string; readonly point: Partial<Point> }[] = [
  { what: "one more slot of a pool with `arena: 4Mi`", point: { "pools.slots": USUAL["pools.slots"] + 1 } },
  {
    what: "one more subrequest per request (`limits.subrequests`), with 16 slots",
    point: { "routes.mostSubrequests": 5 },
  },
  { what: "one more CPU, which is one more arena thread", point: { threads: USUAL.threads + 1 } },
  { what: "one more proxy slot", point: { "proxy.slots": USUAL["proxy.slots"] + 1 } },
  { what: "one more upgrade slot", point: { "upgrades.slots": USUAL["upgrades.slots"] + 1 } },
  {
    what: "one more client connection (`limits.connections`)",
    point: { "limits.connections": USUAL["limits.connections"] + 1 },
  },
  { what: "one more place in a queue", point: { "queues.length": USUAL["queues.length"] + 1 } },
  { what: "one more route", point: { "routes.count": USUAL["routes.count"] + 1 } },
  { what: "the fleet view (Redis)", point: { fleet: 1 } },
  { what: "TLS on the listener", point: { tls: 1 } },
];

export function costTable(): string {
  const bytesWith = (point: Partial<Point>) => planOf(configWith({ ...USUAL, ...point })).totalBytes;
  const usual = bytesWith({});
  const costs = ROWS.map(({ what, point }) => ({ what, bytes: bytesWith(point) - usual })).filter(
    ({ bytes }) => bytes > 0,
  );
  const rows = costs.map(({ what, bytes }) => `| ${what} | ${size(bytes)} |`);
  return [`| the chart's defaults | ${size(usual)} |`, "| --- | --- |", ...rows].join("\n");
}
