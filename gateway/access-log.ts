/** One line per request: what came, where it went, how it ended, what it cost. */
import type { Arrival } from "./accept/exchange.ts";
import type { GatewayError } from "./errors.ts";
import type { Logger } from "./shared/log.ts";

/** What is known of a request at its end; null where it did not get so far. */
export interface AccessRecord {
  route: string | null;
  handler: string | null;
  pool: string | null;
  status: number;
  error: GatewayError | null;
  waitMs: number;
  bytesIn: number;
  bytesOut: number;
  arenaPeakBytes: number | null;
  cpuMs: number | null;
  target: string | null;
}

export class AccessLog {
  readonly #logger: Logger;
  readonly #sample2xx: number;

  constructor(logger: Logger, sample2xx: number) {
    this.#logger = logger;
    this.#sample2xx = sample2xx;
  }

  write(arrival: Arrival, record: AccessRecord): void {
    const { status, error } = record;
    if (error === null && status < 300 && this.#sample2xx < 1 && Math.random() >= this.#sample2xx) return;
    const { method, target, requestId, clientAddress, acceptedAtMs, traceparent } = arrival;
    const query = target.indexOf("?");
    const line = {
      requestId,
      traceId: traceparent.slice(3, 35),
      method,
      path: query === -1 ? target : target.slice(0, query),
      client: clientAddress,
      route: record.route,
      handler: record.handler,
      pool: record.pool,
      status,
      code: error?.code ?? null,
      detail: error?.detail || undefined,
      wait: round(record.waitMs),
      duration: round(performance.now() - acceptedAtMs),
      bytesIn: record.bytesIn,
      bytesOut: record.bytesOut,
      arenaPeakBytes: record.arenaPeakBytes,
      cpu: record.cpuMs === null ? null : round(record.cpuMs),
      target: record.target,
    };
    if (status >= 500 && error !== null) this.#logger.warn(line, "request");
    else this.#logger.info(line, "request");
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
