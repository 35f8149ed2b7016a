/** A few lines of an author's source with a mark under the place that is meant. */

export interface SourcePosition {
  file: string;
  /** 1-based, like every editor. */
  line: number;
  column: number;
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
