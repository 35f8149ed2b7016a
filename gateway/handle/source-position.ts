/**
 * From positions in a handler's bundle to the author's own lines: one decoder per loaded handler, kept for the life of
 * its image (the map is text of about twice the bundle's size; the plan counts it).
 */
import { isAbsolute, resolve } from "node:path";
import { TraceMap, originalPositionFor, sourceContentFor } from "@jridgewell/trace-mapping";
import { displayName } from "./bundle.ts";

export interface SourcePosition {
  file: string;
  /** 1-based, like every editor. */
  line: number;
  column: number;
}

export class SourcePositions {
  readonly #bundleName: string;
  readonly #map: TraceMap;

  /** `bundleName` is the name under which the bundle was compiled: frames of anything else are not ours to map. */
  constructor(bundleName: string, mapJson: string) {
    this.#bundleName = bundleName;
    this.#map = new TraceMap(mapJson);
  }

  /** Undefined for positions outside the bundle (the platform, eval) or without a counterpart. */
  find(file: string, line: number, column: number): SourcePosition | undefined {
    if (file !== this.#bundleName || line < 1) return undefined;
    const { source, line: foundLine, column: foundColumn } = originalPositionFor(this.#map, {
      line,
      column: Math.max(0, column - 1),
    });
    if (source === null || foundLine === null) return undefined;
    return { file: this.#displaySource(source), line: foundLine, column: foundColumn + 1 };
  }

  /** The author's line and its neighbours, with a mark under the column; "" if the source is not in the map. */
  frame(position: SourcePosition): string {
    const source = this.#map.sources.find((name) => name !== null && this.#displaySource(name) === position.file);
    const content = source ? sourceContentFor(this.#map, source) : null;
    return content ? codeFrame(content, position) : "";
  }

  /** esbuild writes sources relative to its output directory, which is the root. */
  #displaySource(source: string): string {
    return displayName(isAbsolute(source) ? source : resolve("/", source));
  }
}

const CONTEXT_LINES = 2;
const MAX_LINE_CHARACTERS = 160;

export function codeFrame(source: string, { line, column }: SourcePosition): string {
  const lines = source.split("\n");
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const mark = number === line ? ">" : " ";
    const text = lines[number - 1]!.trimEnd().slice(0, MAX_LINE_CHARACTERS);
    frame.push(`${mark} ${String(number).padStart(width)} | ${text}`);
    if (number === line) frame.push(`  ${" ".repeat(width)} | ${" ".repeat(Math.max(0, column - 1))}^`);
  }
  return frame.join("\n");
}
