/**
 * From positions in a handler's bundle to the author's own lines: one decoder per loaded handler, kept for the life of
 * its image (the map is text of about twice the bundle's size; the plan counts it).
 */
import { isAbsolute, resolve } from "node:path";
import { TraceMap, originalPositionFor, sourceContentFor } from "@jridgewell/trace-mapping";
import { displayName } from "./bundle.ts";
import { type SourcePosition, codeFrame } from "./code-frame.ts";

export class SourcePositions {
  readonly bundleName: string;
  /** "(name:line:column)" as the engine writes positions in the bundle into a stack. */
  readonly inText: RegExp;
  readonly #map: TraceMap;

  /** `bundleName` is the name under which the bundle was compiled: frames of anything else are not ours to map. */
  constructor(bundleName: string, mapJson: string) {
    this.bundleName = bundleName;
    this.inText = new RegExp(`\\(${escapeRegExp(bundleName)}:(\\d+):(\\d+)\\)`, "g");
    this.#map = new TraceMap(mapJson);
  }

  /** Undefined for positions outside the bundle (the platform, eval) or without a counterpart. */
  find(file: string, line: number, column: number): SourcePosition | undefined {
    if (file !== this.bundleName || line < 1) return undefined;
    const {
      source,
      line: foundLine,
      column: foundColumn,
    } = originalPositionFor(this.#map, {
      line,
      column: Math.max(0, column - 1),
    });
    if (source === null || foundLine === null) return undefined;
    return { file: this.#displaySource(source), line: foundLine, column: foundColumn + 1 };
  }

  /** The author's line and its neighbours, with a mark under the column; "" if the source is not in the map. */
  frame(position: SourcePosition): string {
    const content = this.#contentOf(position.file);
    return content === null ? "" : codeFrame(content, position);
  }

  /** The author's line alone. */
  lineAt({ file, line }: SourcePosition): string {
    return this.#contentOf(file)?.split("\n", line)[line - 1] ?? "";
  }

  /** The first place in an author's file that matches. */
  search(file: string, pattern: RegExp): SourcePosition | undefined {
    const content = this.#contentOf(file) ?? "";
    const at = content.search(pattern);
    if (at < 0) return undefined;
    const before = content.slice(0, at).split("\n");
    return { file, line: before.length, column: before.at(-1)!.length + 1 };
  }

  #contentOf(file: string): string | null {
    const source = this.#map.sources.find((name) => name !== null && this.#displaySource(name) === file);
    return source ? sourceContentFor(this.#map, source) : null;
  }

  /** esbuild writes sources relative to its output directory, which is the root. */
  #displaySource(source: string): string {
    return displayName(isAbsolute(source) ? source : resolve("/", source));
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
