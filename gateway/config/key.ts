/**
 * How a key of the config file is defined: what it may hold, its default, and its documentation, in one expression.
 *
 *   headTimeout: withDefault(duration("100ms", "5m"), "10s", "Longest wait for a whole request head."),
 *
 * Conventions the rest relies on: the message of every issue these schemas raise says what was expected (faults.ts
 * puts "got ..., expected" before it); a section's unrecognized_keys message lists its keys (suggest.ts chooses
 * from it); every key has an entry in `keyDocs` (reference.ts makes config/README.md of it).
 */
import { z } from "zod";
import { UnitError } from "../shared/units.ts";

/** What one scalar may hold. `read` gives undefined for anything else, or throws UnitError to say it better. */
export interface Kind<T> {
  /** For the reference, in a word or two: `duration`. */
  readonly form: string;
  /** For the reference: `1ms to 5m`. */
  readonly range?: string;
  /** For faults, after "expected": `a duration from 1ms to 5m`. */
  readonly expected: string;
  readonly read: (raw: unknown) => T | undefined;
}

export interface KeyDoc {
  readonly form: string;
  readonly range?: string | undefined;
  /** "" for a key that may be left out and then is not there. */
  readonly default?: string;
  readonly meaning: string;
  /** A change of it needs a restart: a reload says so and goes on with the old value. */
  readonly restart?: boolean;
}

export interface KeyOptions {
  readonly restart?: true;
}

export const keyDocs = z.registry<KeyDoc>();

export function required<T>(kind: Kind<T>, meaning: string, options: KeyOptions = {}) {
  return scalar(kind).register(keyDocs, { ...documented(kind, meaning), ...options });
}

/** `fallback` is written as in YAML and goes through the same reading as what a person writes. */
export function withDefault<T>(
  kind: Kind<T>,
  fallback: string | number | boolean,
  meaning: string,
  options: KeyOptions = {},
) {
  const doc = { ...documented(kind, meaning), ...options, default: String(fallback) };
  return scalar(kind).prefault(fallback).register(keyDocs, doc);
}

/** `absent` tells the reference what holds without the key, where that is not simply nothing. */
export function optional<T>(kind: Kind<T>, meaning: string, absent = "", options: KeyOptions = {}) {
  return scalar(kind)
    .optional()
    .register(keyDocs, { ...documented(kind, meaning), ...options, default: absent });
}

/** One scalar without documentation of its own: the element of a list, the value of a map. */
export function scalar<T>(kind: Kind<T>) {
  return z.unknown().transform((raw, context): T => {
    const problem = (expected: string) => {
      context.issues.push({ code: "custom", message: expected, input: raw });
      return z.NEVER;
    };
    try {
      return kind.read(raw) ?? problem(kind.expected);
    } catch (error) {
      if (error instanceof UnitError) return problem(`${kind.expected}: ${error.message}`);
      throw error;
    }
  });
}

export type Shape = Readonly<Record<string, z.ZodType>>;

/** A mapping with exactly these keys. */
export function section<S extends Shape>(shape: S, meaning: string) {
  const keys = Object.keys(shape);
  const few =
    keys.length <= 8 ? keys.join(", ") : `${keys.slice(0, 6).join(", ")} and ${keys.length - 6} more keys`;
  return z
    .strictObject(shape, {
      error: (issue) => (issue.code === "unrecognized_keys" ? keys.join(", ") : `a section with ${few}`),
    })
    .register(keyDocs, { form: "section", meaning });
}

/** A section that may be left out, which means all its defaults. */
export function defaultedSection<S extends Shape>(shape: S, meaning: string) {
  // The cast: every key of such a shape has a default or is optional, which TypeScript cannot see through S.
  const empty = {} as z.input<ReturnType<typeof section<S>>>;
  return section(shape, meaning).prefault(empty).register(keyDocs, { form: "section", meaning });
}

export function optionalSection<S extends Shape>(shape: S, meaning: string, absent = "") {
  return section(shape, meaning).optional().register(keyDocs, { form: "section", meaning, default: absent });
}

/** A list that may be left out, which means an empty one. */
export function list<E extends z.ZodType>(element: E, most: number, form: string, meaning: string) {
  return listOf(element, 0, most, form)
    .prefault([])
    .register(keyDocs, { form: `list of ${form}`, meaning, default: "" });
}

export function requiredList<E extends z.ZodType>(element: E, most: number, form: string, meaning: string) {
  return listOf(element, 1, most, form).register(keyDocs, { form: `list of ${form}`, meaning });
}

function listOf<E extends z.ZodType>(element: E, least: number, most: number, form: string) {
  const expected = `a list of ${form}, ${least === 0 ? "at most" : `${least} to`} ${most} of them`;
  // Not zod's own min() and max(): they look at the `length` of whatever there is, and a mapping may have such a key.
  const fits = (items: readonly unknown[]) => items.length >= least && items.length <= most;
  const when = ({ value }: z.core.ParsePayload) => Array.isArray(value);
  return z.array(element, { error: expected }).refine(fits, { error: expected, when });
}

/** A mapping with keys of the author's choosing. It may be left out, which means an empty one. */
export function namedMap<V extends z.ZodType>(name: Kind<string>, value: V, form: string, meaning: string) {
  const expected = `a mapping, each key ${name.expected}`;
  return z
    .record(
      z.string().refine((text) => name.read(text) !== undefined, name.expected),
      value,
      { error: expected },
    )
    .prefault({})
    .register(keyDocs, { form, meaning, default: "" });
}

function documented<T>(kind: Kind<T>, meaning: string): KeyDoc {
  return { form: kind.form, range: kind.range, meaning };
}
