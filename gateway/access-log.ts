/** One line per request: what came, where it went, how it ended, what it cost. */
import type { Arrival } from "./accept/exchange.ts";
import type { RequestRecord } from "./observer.ts";
import type { Logger } from "./shared/log.ts";

export class AccessLog {
  readonly #logger: Logger;
  readonly #sample2xx: number;

  /** `sample2xx`: the part of requests answered 2xx without a fault that get a line; all others do. */
  constructor(logger: Logger, sample2xx: number) {
    this.#logger = logger;
    this.#sample2xx = sample2xx;
  }

  write(arrival: Arrival, record: RequestRecord, durationMs: number): void {
    const { status, error } = record;
    if (!this.#isWanted(record)) return;
    const { method, target, requestId, traceId, clientAddress } = arrival;
    const query = target.indexOf("?");
    const line = {
      requestId,
      traceId,
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
      duration: round(durationMs),
      bytesIn: record.bytesIn,
      bytesOut: record.bytesOut,
      arenaPeakBytes: record.arenaPeakBytes,
      cpu: record.cpuMs === null ? null : round(record.cpuMs),
      target: record.target,
    };
    if (status >= 500 && error !== null) this.#logger.warn(line, "request");
    else this.#logger.info(line, "request");
  }

  #isWanted({ status, error }: RequestRecord): boolean {
    const sampled = error === null && status >= 200 && status < 300;
    return !sampled || this.#sample2xx === 1 || Math.random() < this.#sample2xx;
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
