/** `nea check`: everything that is wrong with the config, each with its place, or what the config comes to. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { ConfigError, loadConfig } from "../config.ts";
import type { GatewayConfig, RouteConfig } from "../config.ts";
import { COLUMNS, renderFault } from "../config/frame.ts";
import { formatSizeBytes } from "../shared/units.ts";

export interface CheckOptions {
  readonly configFile: string;
  readonly write: (text: string) => void;
}

/** The exit code: 0 when all is well, 1 when anything is not. */
export async function runCheck({ configFile, write }: CheckOptions): Promise<number> {
  const config = checkConfig(configFile, write);
  if (config === undefined) return 1;
  // The handlers' part goes here: bundle and evaluate each route's handler, write their faults, return 1.
  write(describe(config));
  return 0;
}

function checkConfig(configFile: string, write: (text: string) => void): GatewayConfig | undefined {
  try {
    return loadConfig(configFile);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const text = readIfThere(configFile);
    const faults = error.faults.map((fault) => `${renderFault(fault, text)}\n`);
    write(
      `${faults.join("\n")}\n${faults.length === 1 ? "1 fault" : `${faults.length} faults`} in ${configFile}\n`,
    );
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function describe(config: GatewayConfig): string {
  const rows = config.routes.map((route) => [route.name, destinationOf(route), slotsOf(route, config)]);
  return `${config.file} is fine.\n\n${renderColumns([["route", "goes to", "slots"], ...rows])}`;
}

function destinationOf({ handler, upstreams, redirect }: RouteConfig): string {
  if (redirect !== null) return `redirect ${redirect.status}`;
  const names = upstreams.map(({ name }) => name).join(", ");
  if (handler === null) return names;
  return [relative(process.cwd(), handler.file), names].filter((part) => part !== "").join(", then ");
}

function slotsOf(
  { handler, redirect, upgrade }: RouteConfig,
  { pools, proxy, upgrades }: GatewayConfig,
): string {
  if (redirect !== null) return "none";
  if (upgrade) return `${proxy.slots} proxy, ${upgrades.slots} upgrades`;
  const pool = handler === null ? undefined : pools[handler.pool];
  return pool === undefined
    ? `${proxy.slots} proxy`
    : `${pool.slots} ${pool.name}, ${formatSizeBytes(pool.arenaBytes)} each`;
}

/** Two columns of at most this width leave room for the third. */
const COLUMN_MOST = 28;

/** Columns as wide as what is in them, cut where three of them would not fit beside one another. */
function renderColumns(rows: readonly (readonly string[])[]): string {
  const widthOf = (column: number) =>
    Math.min(COLUMN_MOST, Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [first, second] = [widthOf(0), widthOf(1)];
  const third = COLUMNS - first - second - 6;
  const lines = rows.map(
    ([a = "", b = "", c = ""]) => `  ${cut(a, first)}  ${cut(b, second)}  ${cut(c, third)}`,
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 3)}...` : text.padEnd(width);
}
