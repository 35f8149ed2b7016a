// Evidence of a storm in which nothing went wrong, to plant one violation at a time in.
import { Exposition } from "../support/exposition.ts";
import { Book, idOf } from "./book.ts";
import type { Evidence } from "./evidence.ts";
import { Ledger } from "./ledger.ts";
import type { Standing } from "./standing.ts";

const METRICS = `# HELP nea_requests_total Requests.
# TYPE nea_requests_total counter
nea_requests_total{route="echo",code="2xx"} 2
nea_requests_total{route="hostile",code="5xx"} 1
# HELP nea_errors_total Errors.
# TYPE nea_errors_total counter
nea_errors_total{code="HANDLE_THREW"} 1
# HELP nea_handler_failures_total Failures.
# TYPE nea_handler_failures_total counter
nea_handler_failures_total{route="hostile",cause="threw"} 1
# HELP nea_log_lines_dropped_total Lines.
# TYPE nea_log_lines_dropped_total counter
nea_log_lines_dropped_total 0
`;

const LINES = [
  { msg: "request", route: "echo", status: 200, code: null, requestId: idOf(0) },
  { msg: "request", route: "echo", status: 200, code: null, requestId: idOf(1) },
  { msg: "handler threw", route: "hostile", cause: "threw", requestId: idOf(2) },
  { msg: "request", route: "hostile", status: 500, code: "HANDLE_THREW", requestId: idOf(2) },
];

const STANDING: Standing = {
  slotsTaken: [],
  permits: 0,
  waiting: 0,
  requests: 0,
  connections: 0,
  upstreamRequests: 0,
  upgrades: 0,
  imagesBytes: 1_000_000,
  threads: 14,
  descriptors: 40,
};

/** Three requests, all of them answered and logged. `metrics` replaces text of the exposition. */
export function soundEvidence(metrics: readonly [from: string, to: string] = ["", ""]): Evidence {
  const book = new Book();
  const ledger = new Ledger([{ name: "echo" }, { name: "hostile", handler: "h.ts", pool: "p" }]);
  for (let i = 0; i < 3; i++) book.answer(book.next(), idOf(i), 200);
  for (const line of LINES) {
    ledger.read(line);
    if (line.msg === "request") book.line(line.requestId);
  }
  return {
    book,
    ledger,
    innocents: [
      { name: "one", like: "same", requests: 4, errors: [], quietMs: [10, 10], stormyMs: [30, 30] },
    ],
    bystanders: [
      { name: "same", like: "same", requests: 4, errors: [], quietMs: [1, 1], stormyMs: [1, 1] },
      { name: "other", like: "other", requests: 4, errors: [], quietMs: [1, 1], stormyMs: [90, 90] },
    ],
    memory: { plannedBytes: 1000, peakBytes: 1000 },
    before: STANDING,
    after: STANDING,
    metrics: new Exposition(METRICS.replace(...metrics)),
    exit: { code: 0, signal: null },
    errorText: "",
    upstreamFaults: [],
    kills: 0,
  };
}
