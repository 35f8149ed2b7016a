/**
 * Durations (`250ms`, `10s`, `5m`, `1h`) and sizes (`64Ki`, `4Mi`, `1Gi`, `1Ti`, plain bytes): the one
 * place that reads and writes them, for the config, the command line and everything printed.
 */

/** A duration or size that cannot be read. The message is a full sentence about what was given. */
export class UnitError extends Error {
  override readonly name = "UnitError";
}

const DURATIONS_MS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const SIZES_BYTES = { Ti: 2 ** 40, Gi: 2 ** 30, Mi: 2 ** 20, Ki: 2 ** 10 } as const;

export const DURATION_FORM = `a duration such as 250ms, 10s or 5m`;
export const SIZE_FORM = `a size such as 65536, 64Ki, 4Mi or 1Gi`;

/** Whole milliseconds. `1.5s` is fine, `0.5ms` is not: nothing here waits for less than one. */
export function parseDurationMs(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (digits === undefined) throw new UnitError(`${quote(text)} is not ${DURATION_FORM}`);
  if (unit === undefined && digits !== "0") {
    throw new UnitError(`${quote(text)} has no unit: write ${text}ms or ${text}s`);
  }
  return whole(
    Number(digits) * DURATIONS_MS[(unit ?? "ms") as keyof typeof DURATIONS_MS],
    text,
    "milliseconds",
  );
}

/** Whole bytes. Only powers of two: `4M` and `4MB` mean different things to different people. */
export function parseSizeBytes(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti)?$/.exec(text) ?? [];
  if (digits === undefined) throw new UnitError(`${quote(text)} is not ${SIZE_FORM}${sizeHint(text)}`);
  const scale = unit === undefined ? 1 : SIZES_BYTES[unit as keyof typeof SIZES_BYTES];
  return whole(Number(digits) * scale, text, "bytes");
}

/** The shortest text that reads back as the same value: `90s`, not `1.5m`; `1m`, not `60s`. */
export function formatDurationMs(ms: number): string {
  if (ms === 0) return "0s";
  return formatExact(ms, DURATIONS_MS) ?? `${ms}ms`;
}

/** The shortest text that reads back as the same value: `4Mi`, `1536Ki`, `1000`. */
export function formatSizeBytes(bytes: number): string {
  return (bytes === 0 ? undefined : formatExact(bytes, SIZES_BYTES)) ?? String(bytes);
}

function formatExact(value: number, scales: Readonly<Record<string, number>>): string | undefined {
  const match = Object.entries(scales).find(([, scale]) => value % scale === 0);
  return match && `${value / match[1]}${match[0]}`;
}

function sizeHint(text: string): string {
  const [, digits, letter] = /^(\d+(?:\.\d+)?)\s*([kKmMgGtT])(?:[iI]?[bB]|[iI])?$/.exec(text) ?? [];
  return letter === undefined ? "" : `: write ${digits}${letter.toUpperCase()}i`;
}

function whole(value: number, text: string, unit: string): number {
  // 0.1 * 1024 and the like are off by an ulp; anything further off than that is a real fraction.
  const rounded = Math.round(value);
  if (Math.abs(value - rounded) > 1e-6)
    throw new UnitError(`${quote(text)} is not a whole number of ${unit}`);
  if (!Number.isSafeInteger(rounded)) throw new UnitError(`${quote(text)} is too large`);
  return rounded;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
