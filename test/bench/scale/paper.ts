/**
 * What many replicas carry, on paper: from one replica's measured CPU time per request, and the queueing formulas of
 * `nea plan` (gateway/plan/erlang.ts). A replica's arena threads are the servers of the queue: they are what a request
 * waits for when slots are free.
 */
import { meanWaitMs, waitingLonger } from "../../../gateway/plan/erlang.ts";

export interface OnPaper {
  readonly busy: number;
  readonly perReplica: number;
  readonly perFleet: number;
  readonly meanWaitMs: number;
  /** The part of the requests that wait longer than WAIT_MS for a processor. */
  readonly longer: number;
}

export const WAIT_MS = 10;

export function onPaper(cpuUs: number, replicas: number, processors: number, busy: number): OnPaper {
  const serviceMs = cpuUs / 1000;
  const perReplica = (busy * processors * 1000) / serviceMs;
  const load = busy * processors;
  return {
    busy,
    perReplica,
    perFleet: perReplica * replicas,
    meanWaitMs: meanWaitMs(processors, load, serviceMs),
    longer: waitingLonger(processors, load, serviceMs, WAIT_MS),
  };
}
