/** `nea plan --rps 400 --service-ms 30`: what such a load would meet in each pool. */
import type { GatewayConfig } from "../config/types.ts";
import {
  blocking,
  erlangs,
  meanWaitMs,
  refusedByFullQueue,
  slotsFor,
  waiting,
  waitingLonger,
} from "./erlang.ts";

export interface Load {
  readonly requestsPerSecond: number;
  readonly serviceMs: number;
  /** The part of requests that may be refused or wait longer than `queue.wait`. */
  readonly target: number;
}

/** Parts of all requests, 0 to 1. */
export interface LoadOnPool {
  readonly pool: string;
  readonly slots: number;
  readonly queueLength: number;
  readonly queueWaitMs: number;
  /** If nobody could wait (Erlang B). */
  readonly blocked: number;
  /** If all waited as long as it takes (Erlang C). */
  readonly waits: number;
  readonly waitsTooLong: number;
  readonly meanWaitMs: number;
  /** With the queue as it is. */
  readonly queueFull: number;
  readonly slotsForTarget: number;
}

export interface LoadReport {
  readonly load: Load;
  readonly erlangs: number;
  readonly pools: readonly LoadOnPool[];
}

/** The whole load on each pool by itself, and on the proxy's slots. */
export function loadReport({ pools, proxy }: GatewayConfig, load: Load): LoadReport {
  const offered = erlangs(load.requestsPerSecond, load.serviceMs);
  const all = [...Object.values(pools), { name: "proxy", ...proxy }];
  return { load, erlangs: offered, pools: all.map((pool) => onPool(pool, offered, load)) };
}

interface Queueing {
  readonly name: string;
  readonly slots: number;
  readonly queueLength: number;
  readonly queueWaitMs: number;
}

function onPool(
  { name, slots, queueLength, queueWaitMs }: Queueing,
  offered: number,
  load: Load,
): LoadOnPool {
  return {
    pool: name,
    slots,
    queueLength,
    queueWaitMs,
    blocked: blocking(slots, offered),
    waits: waiting(slots, offered),
    waitsTooLong: waitingLonger(slots, offered, load.serviceMs, queueWaitMs),
    meanWaitMs: meanWaitMs(slots, offered, load.serviceMs),
    queueFull: refusedByFullQueue(slots, queueLength, offered),
    slotsForTarget: slotsFor(offered, load.serviceMs, queueWaitMs, load.target),
  };
}
