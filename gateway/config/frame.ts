/** A fault as a person reads it in a terminal: what is wrong, and the line it is in with a mark under the place. */
import { formatFault } from "./faults.ts";
import type { Fault } from "./faults.ts";

/** Narrow terminals, mail and chat: what is wider than this is broken or cut. */
export const COLUMNS = 80;

/** `text` is the whole file; without it (it could not be read) there is no line to show. */
export function renderFault(fault: Fault, text: string | undefined): string {
  const source = text?.split(/\r\n|\r|\n/)[fault.line - 1];
  const frame = source === undefined || source.trim() === "" ? [] : renderLine(source, fault);
  return [...wrap(formatFault(fault), COLUMNS), ...frame].join("\n");
}

/** Breaks between words; lines after the first are indented, so that each fault begins where a line begins. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line.trim() !== "" && longer.length > columns) {
      lines.push(line);
      line = `    ${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

function renderLine(source: string, { line, column }: Fault): string[] {
  const gutter = `${String(line).padStart(6)} | `;
  const room = COLUMNS - gutter.length;
  // A long line is shown from a little before the place in question.
  const start = column <= room - 10 ? 0 : column - 1 - Math.floor(room / 2);
  const visible = source.slice(start, start + room).replaceAll("\t", " ");
  return [
    `${gutter}${visible}`.trimEnd(),
    `${" ".repeat(gutter.length - 2)}| ${" ".repeat(column - 1 - start)}^`,
  ];
}
