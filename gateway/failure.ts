/** Promise P3: the record of a handler that was aborted or threw, as the log has it and as the admin side keeps it. */
import type { Exchange } from "./accept/exchange.ts";
import type { Served } from "./handle/served.ts";
import type { Failure, RequestRecord } from "./observer.ts";
import type { Logger } from "./shared/log.ts";

/** Null: the handler ended as it should. */
export function failureOf(
  exchange: Exchange,
  request: RequestRecord,
  served: Served,
  arenaBytes: number,
): Failure | null {
  const { error, culprit, cause, askedBytes, arenaPeakBytes, cpuUs } = served;
  if (!culprit) return null;
  const { requestId, traceId, method, target } = exchange;
  const { route, handler, pool } = request;
  return {
    requestId,
    traceId,
    method,
    path: target.split("?", 1)[0]!,
    route,
    handler,
    pool,
    code: error?.code ?? null,
    cause: cause ?? "threw",
    reason: error?.detail ?? null,
    at: culprit.at ?? null,
    function: culprit.functionName ?? null,
    precision: culprit.precision ?? null,
    stack: culprit.stack,
    codeFrame: culprit.codeFrame,
    askedBytes: cause === "memory" ? askedBytes : 0,
    arenaBytes,
    arenaPeakBytes,
    cpuMs: cpuUs / 1000,
  };
}

export function logFailure(logger: Logger, { cpuMs, askedBytes, arenaBytes, ...known }: Failure): void {
  const memory = known.cause === "memory" ? { askedBytes, arenaBytes } : {};
  const what = known.cause === "threw" ? "handler threw" : "handler aborted";
  logger.error({ ...known, ...memory, cpu: cpuMs }, known.at === null ? what : `${what} at ${known.at}`);
}
