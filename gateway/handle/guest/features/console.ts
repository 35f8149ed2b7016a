/**
 * console (Console standard), to the host's log with the request's id. It never throws, whatever it is given: a
 * line for the log must not be what breaks a request.
 */
import { CALL, EFFECT, LOG_LEVEL } from "../../abi.ts";
import { defineGlobal } from "../global.ts";
import { host } from "../host.ts";
import { format } from "../inspect/format.ts";
import { table } from "../inspect/table.ts";
import { describe } from "../life/describe.ts";
import { forgetWith, leftovers } from "../life/leftovers.ts";

const { debug, info, warn, error } = LOG_LEVEL;

/** Labels of count() and time(): more of them than this are an author's mistake. */
const LABELS = 256;
const INDENT_LENGTH = 32;

const counts = new Map<string, number>();
const timers = new Map<string, number>();
let indent = "";

forgetWith(() => {
  counts.clear();
  timers.clear();
  indent = "";
});

function write(level: number, values: unknown[]): void {
  writeText(level, () => format(values));
}

function writeText(level: number, make: () => string): void {
  let text: string;
  try {
    text = make();
  } catch (thrown) {
    text = `(what was to be logged threw ${describe(thrown)})`;
  }
  host(EFFECT.log, level, indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
}

function labelOf(input: unknown): string {
  return input === undefined ? "default" : `${input as string}`;
}

function assert(condition?: unknown, ...values: unknown[]): void {
  if (condition) return;
  const [first, ...rest] = values;
  write(
    error,
    typeof first === "string" ? [`Assertion failed: ${first}`, ...rest] : ["Assertion failed", ...values],
  );
}

function group(...values: unknown[]): void {
  if (values.length > 0) write(info, values);
  leftovers.any = true;
  if (indent.length < INDENT_LENGTH) indent += "  ";
}

function count(input?: unknown): void {
  const label = labelOf(input);
  const value = (counts.get(label) ?? 0) + 1;
  leftovers.any = true;
  if (counts.has(label) || counts.size < LABELS) counts.set(label, value);
  write(info, [`${label}: ${value}`]);
}

function time(input?: unknown): void {
  leftovers.any = true;
  if (timers.size < LABELS) timers.set(labelOf(input), host(CALL.now) as number);
}

function timeLog(input?: unknown, ...values: unknown[]): void {
  const label = labelOf(input);
  const startMs = timers.get(label);
  if (startMs === undefined) return write(warn, [`There is no timer ${label}`]);
  write(info, [`${label}: ${((host(CALL.now) as number) - startMs).toFixed(3)}ms`, ...values]);
}

function timeEnd(input?: unknown): void {
  timeLog(input);
  timers.delete(labelOf(input));
}

function trace(...values: unknown[]): void {
  const { stack = "" } = new Error();
  write(debug, [values.length > 0 ? format(values) : "Trace", `\n${stack}`]);
}

defineGlobal("console", {
  log: (...values: unknown[]) => write(info, values),
  info: (...values: unknown[]) => write(info, values),
  debug: (...values: unknown[]) => write(debug, values),
  warn: (...values: unknown[]) => write(warn, values),
  error: (...values: unknown[]) => write(error, values),
  trace,
  assert,
  dir: (value?: unknown) => write(info, [value]),
  dirxml: (...values: unknown[]) => write(info, values),
  table: (value?: unknown, columns?: string[]) => writeText(info, () => table(value, columns)),
  group,
  groupCollapsed: group,
  groupEnd: () => {
    indent = indent.slice(2);
  },
  count,
  countReset: (input?: unknown) => void counts.delete(labelOf(input)),
  time,
  timeLog,
  timeEnd,
  clear: () => {},
});
