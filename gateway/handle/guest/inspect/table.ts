/** console.table: rows and columns of an object of objects. Bounds: 100 rows, 20 columns, 40 characters a cell. */
import { inspect } from "./inspect.ts";

const ROWS = 100;
const COLUMNS = 20;
const CELL_LENGTH = 40;

export function table(data: unknown, only?: string[]): string {
  if (typeof data !== "object" || data === null) return inspect(data);
  const rows = Object.entries(data).slice(0, ROWS);
  const columns = (only ?? columnsOf(rows)).slice(0, COLUMNS);
  const hasValues = rows.some(([, row]) => typeof row !== "object" || row === null);
  const lines = [["(index)", ...columns, ...(hasValues ? ["Values"] : [])]];
  for (const [index, row] of rows) {
    const cells = columns.map((column) => cellOf(row, column));
    lines.push([
      index,
      ...cells,
      ...(hasValues ? [typeof row === "object" && row !== null ? "" : inspect(row)] : []),
    ]);
  }
  return aligned(lines.map((line) => line.map((cell) => cell.slice(0, CELL_LENGTH))));
}

function columnsOf(rows: [string, unknown][]): string[] {
  const columns = new Set<string>();
  for (const [, row] of rows) {
    if (typeof row === "object" && row !== null) for (const key of Object.keys(row)) columns.add(key);
  }
  return [...columns];
}

function cellOf(row: unknown, column: string): string {
  if (typeof row !== "object" || row === null || !Object.hasOwn(row, column)) return "";
  return inspect((row as Record<string, unknown>)[column], 1);
}

function aligned(lines: string[][]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const rows = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join(" | ")
      .trimEnd(),
  );
  rows.splice(1, 0, widths.map((width) => "-".repeat(width)).join("-|-"));
  return rows.join("\n");
}
