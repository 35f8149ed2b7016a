/**
 * What the gateway tells about the requests it serves, one method per fact. Whoever listens (admin/figures.ts) counts;
 * nothing here may throw, wait, or keep a record beyond the call.
 */
import type { GatewayConfig } from "./config/types.ts";
import type { Code, GatewayError } from "./errors.ts";

/** What is known of a request at its end; null where it did not get so far. */
export interface RequestRecord {
  readonly route: string | null;
  readonly handler: string | null;
  readonly pool: string | null;
  /** Whose permit it had: a pool's name, or one of those in admit/gates.ts. */
  readonly gate: string | null;
  readonly status: number;
  readonly error: GatewayError | null;
  readonly waitMs: number;
  /** From the start of the handler to the end of its last turn. */
  readonly handlerMs: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly arenaPeakBytes: number | null;
  readonly cpuMs: number | null;
  /** The upstream's target that answered. */
  readonly target: string | null;
}

export interface Observer {
  requestEnded(record: RequestRecord, durationMs: number): void;
  /** A handler was aborted or threw; the log has the same record. `capture`: the request, if it may be kept (capture.ts). */
  handlerFailed(failure: Failure, capture: Buffer | null): void;
  /** A failure that the client does not get to see: run again in larger arenas, or sent to the upstream. */
  takenOver(route: string, by: TakenOverBy): void;
  /** Bytes that never became a request. */
  broken(code: Code): void;
  /** A new configuration serves. */
  adopted(config: GatewayConfig): void;
  /** Console lines of a handler that were dropped because there were too many. */
  consoleDropped(lines: number): void;
}

export type TakenOverBy = "retry_pool" | "upstream";

/** What ended a handler before its time, or "threw". */
export const FAILURE_CAUSES = ["memory", "cpu", "wall", "stuck", "effects", "trapped", "threw"] as const;
export type FailureCause = (typeof FAILURE_CAUSES)[number];

/** Promise P3: everything that is known about an abort or a throw. */
export interface Failure {
  readonly requestId: string;
  readonly traceId: string;
  readonly method: string;
  readonly path: string;
  readonly route: string | null;
  readonly handler: string | null;
  readonly pool: string | null;
  readonly code: Code | null;
  readonly cause: FailureCause;
  readonly reason: string | null;
  /** file:line:column in the author's source; null where it is not known. */
  readonly at: string | null;
  readonly function: string | null;
  readonly precision: "call" | "last" | "function" | null;
  readonly stack: readonly string[];
  readonly codeFrame: string;
  /** What the allocation that did not fit asked for; 0 for other causes. */
  readonly askedBytes: number;
  readonly arenaBytes: number;
  readonly arenaPeakBytes: number;
  readonly cpuMs: number;
}
