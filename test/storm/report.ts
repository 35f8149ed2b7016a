// What a storm was like, for people.
import { CHECKERS, TIMED } from "./checkers/all.ts";
import type { Evidence } from "./evidence.ts";
import { delayOf, type InnocentReport, percentile } from "./innocents.ts";
import type { StormResult } from "./storm.ts";

const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} Mi`;
const ms = (value: number) => `${value.toFixed(1)} ms`;

export function renderStorm({ evidence, delay }: StormResult): string {
  const { book, ledger, innocents, bystanders, memory, kills } = evidence;
  const statuses = [...book.statuses].sort().map(([status, count]) => `${count} x ${status}`);
  return [
    `requests   ${book.asked} sent, ${book.answers} answered (${statuses.join(", ")}), ${ledger.lines} log lines`,
    `reloads    ${ledger.reloads} good, ${ledger.failedReloads} bad; threads killed: ${evidence.metrics.value("nea_arena_thread_kills_total")}`,
    `memory     peak ${mib(memory.peakBytes)} of the plan's ${mib(memory.plannedBytes)}`,
    `container  ${kills === undefined ? "none" : `as large as the plan; killed by the kernel: ${kills}`}`,
    `I/O delay  p99 up to ${ms(Math.max(...delay.p99Ms))}, max ${ms(Math.max(...delay.maxMs))}, of ten seconds each`,
    ...innocents.map((one) => `innocent   ${waited(one)}`),
    ...bystanders.map((one) => `elsewhere  ${waited(one)}`),
    "",
  ].join("\n");
}

function waited(one: InnocentReport): string {
  const { name, requests, errors, quietMs, stormyMs } = one;
  const figures = `${requests} requests, ${errors.length} wrong; quiet ${times(quietMs)}; storm ${times(stormyMs)}`;
  return `${name.padEnd(11)} ${figures}; p99 x ${delayOf(one).toFixed(1)}`;
}

const times = (values: readonly number[]) =>
  `p50 ${ms(percentile(values, 0.5))}, p99 ${ms(percentile(values, 0.99))}, max ${ms(percentile(values, 1))}`;

/** By checker, what it found; empty if nothing. */
export function verdict(evidence: Evidence, checkers = { ...CHECKERS, ...TIMED }): Map<string, string[]> {
  const found = Object.entries(checkers).map(([name, checker]) => [name, checker(evidence)] as const);
  return new Map(found.filter(([, faults]) => faults.length > 0));
}
