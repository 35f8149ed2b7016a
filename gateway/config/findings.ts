/**
 * What the check-*.ts files work with: the values of a file that may have any number of other faults, read without
 * trusting them, and a place to report to. They look at the file itself and not at what the schema made of it, because
 * the schema makes nothing of a file with a fault, and a person wants to hear of everything at once.
 */
import { z } from "zod";
import type { ConfigDocument } from "./document.ts";
import { formatPath, show } from "./faults.ts";
import type { Fault, Path } from "./faults.ts";
import { nearest } from "./suggest.ts";

export class Findings {
  readonly faults: Fault[] = [];
  readonly document: ConfigDocument;

  constructor(document: ConfigDocument) {
    this.document = document;
  }

  /** About the value at this path. */
  report(path: Path, problem: string): void {
    this.faults.push({
      file: this.document.file,
      ...this.document.positionOf(path),
      key: formatPath(path),
      problem,
    });
  }

  /** About a name that must be one of those defined elsewhere. Values that are no text are the schema's business. */
  reportUnknownName(path: Path, name: unknown, defined: readonly string[], where: string): void {
    if (typeof name !== "string" || defined.includes(name)) return;
    const near = nearest(name, defined);
    const names = defined.length === 0 ? "there are none" : `there are ${defined.slice(0, 8).join(", ")}`;
    this.report(
      path,
      `${show(name)} is not under ${where}${near === undefined ? ` (${names})` : `, did you mean ${near}?`}`,
    );
  }
}

export type Section = Readonly<Record<string, unknown>>;

const NOTHING: Section = Object.freeze({});

/** The mapping at this key, or an empty one. */
export function sectionAt(value: Section, key: string): Section {
  return asSection(value[key]);
}

export function asSection(value: unknown): Section {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Section) : NOTHING;
}

export function listAt(value: Section, key: string): readonly unknown[] {
  const list = value[key];
  return Array.isArray(list) ? list : [];
}

/** The value at this key as the schema reads it, its default included; undefined when it has a fault of its own. */
export function readKey<S extends z.ZodObject, K extends keyof S["shape"] & string>(
  section: S,
  values: Section,
  key: K,
): z.output<S["shape"][K]> | undefined {
  const schema = section.shape[key] as S["shape"][K];
  return z.safeParse(schema, values[key]).data;
}
