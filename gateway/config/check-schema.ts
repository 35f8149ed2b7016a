/** Runs the schema over a document and turns what zod finds into faults with places. */
import type { z } from "zod";
import type { ConfigDocument } from "./document.ts";
import { formatPath, show } from "./faults.ts";
import type { Fault, Path } from "./faults.ts";
import { configSchema } from "./schema.ts";
import type { ParsedConfig } from "./schema.ts";
import { nearest } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

export function checkSchema(document: ConfigDocument): { parsed: ParsedConfig | undefined; faults: Fault[] } {
  const result = configSchema.safeParse(document.values);
  const faults = result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue, [], document));
  return { parsed: result.data, faults };
}

/** `base` is where the issue's own path starts from: an issue within a union knows only the way from there. */
function faultsOf(issue: Issue, base: Path, document: ConfigDocument): Fault[] {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === "unrecognized_keys") {
    const allowed = issue.message.split(", ");
    return issue.keys.map((key) => unknownKey([...path, key], allowed, document));
  }
  if (issue.code === "invalid_key") return [badKey(path, issue.issues[0]?.message ?? "", document)];
  const inner = issue.code === "invalid_union" ? meantBranch(issue.errors) : undefined;
  return inner?.flatMap((one) => faultsOf(one, path, document)) ?? [badValue(path, issue.message, document)];
}

/** The branch that got past the question of what kind of value it is: its complaints are the ones worth reading. */
function meantBranch(branches: readonly Issue[][]): Issue[] | undefined {
  const outright = (issue: Issue) => issue.path.length === 0 && issue.code.startsWith("invalid_");
  return branches.find((issues) => issues.length > 0 && !issues.some(outright));
}

function badValue(path: Path, expected: string, document: ConfigDocument): Fault {
  const value = valueAt(document.values, path);
  const missing = value === undefined && path.length > 0;
  const given = document.sourceOf(path) ?? show(value);
  const problem = missing ? `is missing: expected ${expected}` : `got ${given}, expected ${expected}`;
  return { file: document.file, ...document.positionOf(path), key: formatPath(path), problem };
}

function badKey(path: Path, expected: string, document: ConfigDocument): Fault {
  const problem = `got the key ${show(path.at(-1))}, expected ${expected}`;
  return {
    file: document.file,
    ...document.positionOfKey(path),
    key: formatPath(path.slice(0, -1)),
    problem,
  };
}

function unknownKey(path: Path, allowed: readonly string[], document: ConfigDocument): Fault {
  const key = String(path.at(-1));
  const near = nearest(key, allowed);
  const advice =
    near === undefined
      ? `expected ${allowed.length > 1 ? "one of " : ""}${allowed.join(", ")}`
      : `did you mean ${near}?`;
  const position = document.positionOfKey(path);
  return {
    file: document.file,
    ...position,
    key: formatPath(path.slice(0, -1)),
    problem: `unknown key ${show(key)}, ${advice}`,
  };
}

function valueAt(values: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    return (value as Record<string | number, unknown>)[part];
  }, values);
}
