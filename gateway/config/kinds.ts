/** The plain kinds of values: numbers, flags, durations, sizes, words, text. The ones about HTTP are in kinds-http.ts. */
import { formatDurationMs, formatSizeBytes, parseDurationMs, parseSizeBytes } from "../shared/units.ts";
import type { Kind } from "./key.ts";

/** Digits in quotes count as a number, so that `slots: "${SLOTS}"` works. */
export function count(least: number, most: number): Kind<number> {
  return {
    form: "whole number",
    range: `${least} to ${most}`,
    expected: `a whole number from ${least} to ${most}`,
    read: (raw) => {
      const value = typeof raw === "string" && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
      return typeof value === "number" && Number.isInteger(value) && within(value, least, most)
        ? value
        : undefined;
    },
  };
}

export const fraction: Kind<number> = {
  form: "number",
  range: "0 to 1",
  expected: "a number from 0 to 1",
  read: (raw) => {
    const value = typeof raw === "string" && /^[01](\.\d{1,15})?$/.test(raw) ? Number(raw) : raw;
    return typeof value === "number" && within(value, 0, 1) ? value : undefined;
  },
};

export const flag: Kind<boolean> = {
  form: "true or false",
  expected: "true or false",
  read: (raw) =>
    raw === true || raw === "true" ? true : raw === false || raw === "false" ? false : undefined,
};

export function duration(least: string, most: string): Kind<number> {
  const [leastMs, mostMs] = [parseDurationMs(least), parseDurationMs(most)];
  return {
    form: "duration",
    range: `${least} to ${most}`,
    expected: `a duration from ${formatDurationMs(leastMs)} to ${formatDurationMs(mostMs)}`,
    read: (raw) => {
      if (typeof raw !== "string" && typeof raw !== "number") return undefined;
      const value = parseDurationMs(String(raw));
      return within(value, leastMs, mostMs) ? value : undefined;
    },
  };
}

/** `multiple` is in bytes, like the result. */
export function size(least: string, most: string, multiple = 1): Kind<number> {
  const [leastBytes, mostBytes] = [parseSizeBytes(least), parseSizeBytes(most)];
  const steps = multiple === 1 ? "" : `, a multiple of ${formatSizeBytes(multiple)}`;
  return {
    form: "size",
    range: `${least} to ${most}${steps}`,
    expected: `a size from ${least} to ${most}${steps}`,
    read: (raw) => {
      if (typeof raw !== "string" && typeof raw !== "number") return undefined;
      const value = parseSizeBytes(String(raw));
      return within(value, leastBytes, mostBytes) && value % multiple === 0 ? value : undefined;
    },
  };
}

export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  const or = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return { form: or, expected: or, read: (raw) => words.find((word) => word === raw) };
}

/** `none` in place of a value. */
export function orNone<T>(kind: Kind<T>): Kind<T | "none"> {
  return {
    form: `${kind.form} or none`,
    ...(kind.range === undefined ? {} : { range: kind.range }),
    expected: `${kind.expected}, or none`,
    read: (raw) => (raw === "none" ? "none" : kind.read(raw)),
  };
}

/** Text that fits a pattern, described in words: nobody should have to read the pattern. */
export function matching(form: string, expected: string, pattern: RegExp): Kind<string> {
  return { form, expected, read: (raw) => (typeof raw === "string" && pattern.test(raw) ? raw : undefined) };
}

/** Upstreams, pools, routes, fleets: what becomes a label in metrics. */
export const name = matching(
  "name",
  "a name of letters, digits, _ . and -, beginning with a letter, at most 63 long",
  /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/,
);

/** What a handler sees as `env.NAME`. Not __proto__: plain objects treat it as something else. */
export const variable = matching(
  "name",
  "a name of letters, digits and _, beginning with a letter, at most 63 long",
  /^[A-Za-z][A-Za-z0-9_]{0,62}$/,
);

/** An unquoted number or true is not text: YAML would turn 1.10 into 1.1 before anyone could object. */
export function text(most: number): Kind<string> {
  return {
    form: "text",
    expected: `text of at most ${most} characters (numbers, true and false in quotes)`,
    read: (raw) => (typeof raw === "string" && raw.length <= most ? raw : undefined),
  };
}

/** Relative to the config file. That the file is there is checked in references.ts. */
export const filePath = matching("file", "a file name, relative to this file", /^[^\x00-\x1f\x7f]{1,4096}$/);

function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}
