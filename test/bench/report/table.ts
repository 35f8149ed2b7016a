/** Aligned columns for a terminal of 100 columns. */

export interface Column {
  title: string;
  /** Text is on the left, figures are on the right. */
  align?: "left";
}

export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) =>
        columns[index]!.align === "left" ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!),
      )
      .join("  ")
      .trimEnd();
  return [columns.map(({ title }) => title), ...rows].map((cells) => `  ${line(cells)}`).join("\n");
}

/** With three significant digits and thin groups: 12.3, 8 264, 0.031. */
export function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "-";
  if (value < 0) return `-${figure(-value)}`;
  if (value >= 1000) return grouped(Math.round(value));
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function percent(part: number | null): string {
  return part === null || !Number.isFinite(part) ? "-" : `${Math.round(part * 100)} %`;
}

export function mebibytes(bytes: number): string {
  return grouped(Math.round(bytes / 2 ** 20));
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}
