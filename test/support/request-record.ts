/** What the gateway knows of a request at its end: one that a handler answered, unless a test says otherwise. */
import type { RequestRecord } from "../../gateway/observer.ts";

export function requestRecord(changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    route: "hello",
    handler: "handlers/hello.ts",
    pool: "small",
    gate: "small",
    status: 200,
    error: null,
    waitMs: 0.00049,
    handlerMs: 1,
    bytesIn: 0,
    bytesOut: 10,
    arenaPeakBytes: 65536,
    cpuMs: 0.5004,
    target: null,
    ...changes,
  };
}
