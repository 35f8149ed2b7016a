/**
 * Text that comes from a handler (a console line, the description of what it threw) as its author wants to read it:
 * stack lines that point into the bundle point to the author's own lines, and the platform's own frames are left out.
 * The text is the handler's: bounded by whoever hands it in, and only its positions are interpreted.
 */
import { LOG_LEVEL } from "./abi.ts";
import type { SourcePosition } from "./code-frame.ts";
import type { SourcePositions } from "./source-position.ts";

export interface ConsoleEntry {
  console: string;
  /** file:line:column of the first stack in an error's line, and the source around it. */
  at?: string;
  codeFrame?: string;
}

export interface ConsoleText {
  text: string;
  /** Where the first stack in the text begins; undefined if there is none. */
  first: SourcePosition | undefined;
}

/** Frames of the platform, which is compiled without positions. */
const PLATFORM_FRAME = /^ *at [^\n]*\(<null>:\d+:\d+\)\n?/gm;

export function consoleText(raw: string, positions: SourcePositions): ConsoleText {
  if (!raw.includes("    at ")) return { text: raw, first: undefined };
  let first: SourcePosition | undefined;
  const text = raw
    .replace(PLATFORM_FRAME, "")
    .replace(positions.inText, (whole, line: string, column: string) => {
      const position = positions.find(positions.bundleName, Number(line), Number(column));
      first ??= position;
      return position ? `(${position.file}:${position.line}:${position.column})` : whole;
    });
  return { text: text.trimEnd(), first };
}

/** A console line as the log has it. */
export function consoleEntry(raw: string, level: number, positions: SourcePositions): ConsoleEntry {
  const { text, first } = consoleText(raw, positions);
  if (!first || level !== LOG_LEVEL.error) return { console: text };
  const { file, line, column } = first;
  return { console: text, at: `${file}:${line}:${column}`, codeFrame: positions.frame(first) };
}
