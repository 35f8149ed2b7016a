/** Figures as people read them; sizes in the units of the configuration. */

const UNITS = ["", "Ki", "Mi", "Gi", "Ti"] as const;

/** "1.6Mi" */
export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${rest >= 100 || unit === 0 ? Math.round(rest) : Math.round(rest * 10) / 10}${UNITS[unit]}`;
}

/** "0.42 ms", "37 ms", "1.2 s", "3 min" */
export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms <= 0.01) return "0 ms";
  if (ms < 10) return `${ms < 1 ? ms.toFixed(2) : ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  if (ms < 48 * 3_600_000)
    return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
  return `${Math.floor(ms / (24 * 3_600_000))} days`;
}

/** "0.3", "12", "1,250" */
export function number(value: number): string {
  return value > 0 && value < 10 && !Number.isInteger(value)
    ? value.toFixed(1)
    : Math.round(value).toLocaleString("en");
}

export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(100, (part / whole) * 100);
}

/** "1 slot", "2 slots" */
export function plural(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "now", "12 s ago" */
export function ago(time: string, nowMs: number): string {
  const ms = nowMs - Date.parse(time);
  return ms < 1500 ? "now" : `${duration(ms)} ago`;
}

/** "04:02:11", as logs have it: in UTC. */
export function clock(time: string): string {
  return time.slice(11, 19);
}
