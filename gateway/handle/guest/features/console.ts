/** console (Console standard), to the host's log with the request's id. */
import { EFFECT, LOG_LEVEL } from "../../abi.ts";
import { defineGlobal } from "../global.ts";
import { host } from "../host.ts";
import { format } from "../inspect/format.ts";
import { table } from "../inspect/table.ts";

const counts = new Map<string, number>();
const timers = new Map<string, number>();
let indent = "";

function write(level: number, values: unknown[]): void {
  const text = format(values);
  host(EFFECT.log, level, indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
}

const { debug, info, warn, error } = LOG_LEVEL;

/** Labels are the author's; more of them than this are an author's mistake. */
const LABELS = 256;

function label(input: unknown): string {
  return input === undefined ? "default" : `${input as string}`;
}

function sinceStart(name: string): string | undefined {
  const start = timers.get(name);
  return start === undefined ? undefined : `${name}: ${(performance.now() - start).toFixed(3)}ms`;
}

const methods = {
  log: (...values: unknown[]) => write(info, values),
  info: (...values: unknown[]) => write(info, values),
  debug: (...values: unknown[]) => write(debug, values),
  warn: (...values: unknown[]) => write(warn, values),
  error: (...values: unknown[]) => write(error, values),
  trace: (...values: unknown[]) => write(debug, [...values, `\n${new Error("").stack ?? ""}`]),
  assert: (condition?: unknown, ...values: unknown[]) => {
    if (!condition)
      write(
        error,
        typeof values[0] === "string"
          ? [`Assertion failed: ${values[0]}`, ...values.slice(1)]
          : ["Assertion failed", ...values],
      );
  },
  dir: (value?: unknown) => write(info, [value]),
  dirxml: (...values: unknown[]) => write(info, values),
  table: (value?: unknown, columns?: string[]) => write(info, [table(value, columns)]),
  group: (...values: unknown[]) => {
    if (values.length > 0) write(info, values);
    if (indent.length < 64) indent += "  ";
  },
  groupCollapsed: (...values: unknown[]) => methods.group(...values),
  groupEnd: () => {
    indent = indent.slice(2);
  },
  count: (name?: unknown) => {
    const key = label(name);
    const count = (counts.get(key) ?? 0) + 1;
    if (counts.has(key) || counts.size < LABELS) counts.set(key, count);
    write(info, [`${key}: ${count}`]);
  },
  countReset: (name?: unknown) => {
    counts.delete(label(name));
  },
  time: (name?: unknown) => {
    if (timers.size < LABELS) timers.set(label(name), performance.now());
  },
  timeLog: (name?: unknown, ...values: unknown[]) =>
    write(info, [sinceStart(label(name)) ?? `${label(name)}: no such timer`, ...values]),
  timeEnd: (name?: unknown) => {
    methods.timeLog(name);
    timers.delete(label(name));
  },
  clear: () => {},
};

defineGlobal("console", methods);
