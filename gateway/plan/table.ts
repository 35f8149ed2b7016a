/** The plan for people: a table of at most 80 columns, largest terms first. */
import type { Plan } from "../plan.ts";

const MIB = 1024 * 1024;
const NAME_COLUMNS = 22;
const SIZE_COLUMNS = 9;
const REASON_COLUMNS = 45;

/** "64Ki", "4Mi", "1.5Mi": the units of the configuration. */
export function size(bytes: number): string {
  const [unit, divisor] = bytes >= MIB ? ["Mi", MIB] : ["Ki", 1024];
  return `${Math.round((bytes / divisor) * 10) / 10}${unit}`;
}

export function renderPlan({ terms, totalBytes }: Plan): string {
  const rows = terms.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  return [
    ...rows.map(({ name, bytes, reason }) => line(name, bytes, reason)),
    `  ${"".padEnd(NAME_COLUMNS + SIZE_COLUMNS, "-")}`,
    line("sum", totalBytes, "the process never uses more"),
  ].join("\n");
}

function line(name: string, bytes: number, reason: string): string {
  const cut = name.length < NAME_COLUMNS ? name : `${name.slice(0, NAME_COLUMNS - 4)}...`;
  const figure = size(bytes).padStart(SIZE_COLUMNS);
  return `  ${cut.padEnd(NAME_COLUMNS)}${figure}  ${reason.slice(0, REASON_COLUMNS)}`.trimEnd();
}
