/**
 * What is wrong with a config file: a list of faults, each with its place, what was given and what is expected.
 * ConfigError carries all of them at once; its message is the list, ready to be printed.
 */
import { CONFIG_FAULTS } from "../limits.ts";

export interface Position {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

export interface Fault extends Position {
  readonly file: string;
  /** `pools.small.slots`, `routes[0].match`; "" for the file as a whole. */
  readonly key: string;
  /** `got "many", expected a whole number from 1 to 4096` */
  readonly problem: string;
}

/** Where in the parsed file: mapping keys and list indexes. */
export type Path = readonly (string | number)[];

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** In the order of the file, at least one. */
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const sorted = [...faults].sort((a, b) => a.line - b.line || a.column - b.column).slice(0, CONFIG_FAULTS);
    super(sorted.map(formatFault).join("\n"));
    this.faults = sorted;
  }
}

/** `config/gateway.yaml:12:5: pools.small.slots: got "many", expected a whole number from 1 to 4096` */
export function formatFault({ file, line, column, key, problem }: Fault): string {
  return `${file}:${line}:${column}: ${key === "" ? "" : `${key}: `}${problem}`;
}

export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const plain = /^[A-Za-z_][\w-]{0,62}$/.test(part) ? part : showText(part);
    return text === "" ? plain : `${text}.${plain}`;
  }, "");
}

/** A given value in a fault: short, on one line, and without the password of a URL. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return showText(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  return typeof value === "object" ? "a section" : String(value);
}

function showText(text: string): string {
  const masked = text.replace(/\/\/[^@/\s]*@/, "//***@");
  return JSON.stringify(masked.length > 60 ? `${masked.slice(0, 60)}...` : masked);
}
