import type { Evidence, Checker } from "../evidence.ts";

/** What the counters say is what the log says, request by request, code by code and failure by failure. */
export const countersReconcile: Checker = (evidence) => {
  const { ledger, metrics } = evidence;
  const dropped = metrics.value("nea_log_lines_dropped_total");
  if (dropped > 0) return [`${dropped} log lines were dropped: nothing can be said about the rest`];
  return [
    ...differences(
      "nea_requests_total",
      ledger.requests,
      byLabels(evidence, "nea_requests_total", "route", "code"),
    ),
    ...differences("nea_errors_total", ledger.errors, byLabels(evidence, "nea_errors_total", "code")),
    ...differences(
      "nea_handler_failures_total",
      ledger.failures,
      byLabels(evidence, "nea_handler_failures_total", "route", "cause"),
    ),
  ];
};

function byLabels({ metrics }: Evidence, name: string, ...labels: string[]): Map<string, number> {
  const series = metrics.all(name).filter(({ value }) => value > 0);
  return new Map(
    series.map(({ labels: own, value }) => [labels.map((label) => own[label]).join(" "), value]),
  );
}

function differences(
  name: string,
  logged: ReadonlyMap<string, number>,
  counted: ReadonlyMap<string, number>,
): string[] {
  const keys = new Set([...logged.keys(), ...counted.keys()]);
  return [...keys]
    .map((key) => [key, logged.get(key) ?? 0, counted.get(key) ?? 0] as const)
    .filter(([, lines, figure]) => lines !== figure)
    .map(([key, lines, figure]) => `${name} of ${key} is ${figure}, the log has ${lines}`);
}
