/** `nea check`: everything that is wrong with the config, each with its place, or what the config comes to. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { ConfigError, loadConfig } from "../config.ts";
import type { GatewayConfig, RouteConfig } from "../config.ts";
import { COLUMNS, renderFault, wrap } from "../config/frame.ts";
import { size } from "../plan/table.ts";
import { formatSizeBytes } from "../shared/units.ts";
import type { CheckedHandlers } from "./check/handlers.ts";

export interface CheckOptions {
  readonly configFile: string;
  readonly write: (text: string) => void;
}

/** The exit code: 0 when all is well, 1 when anything is not. */
export async function runCheck({ configFile, write }: CheckOptions): Promise<number> {
  const config = checkConfig(configFile, write);
  if (config === undefined) return 1;
  if (!config.routes.some(({ handler }) => handler)) {
    write(describe(config));
    return 0;
  }
  // Only here: the engine and the bundler take longer to load than a configuration takes to check.
  const { checkHandlers } = await import("./check/handlers.ts");
  const checked = await checkHandlers(config);
  write(
    checked.faults.length > 0
      ? describeFaults(checked)
      : describe(config) + describeHandlers(checked, config),
  );
  return checked.faults.length > 0 ? 1 : 0;
}

function describeFaults({ faults }: CheckedHandlers): string {
  const texts = faults.map(({ file, line, column, message }) => {
    const [what = "", ...frame] = message.split("\n");
    return [
      ...wrap(`${file}:${line}:${column}: ${what}`, COLUMNS),
      ...frame.map((text) => text.slice(0, COLUMNS)),
    ];
  });
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return `${texts.map((lines) => `${lines.join("\n")}\n`).join("\n")}\n${count} in handlers\n`;
}

function describeHandlers(
  { handlers, imagesBytes, warnings }: CheckedHandlers,
  config: GatewayConfig,
): string {
  const rows = handlers.map(({ name, pool, imageBytes, freeBytes, arenaBytes }) => {
    const left = `${size(freeBytes)} of ${size(arenaBytes)} left in pool ${pool}`;
    return [endOf(name), size(imageBytes), left];
  });
  const room = `${size(imagesBytes)} of ${size(config.imagesBytes)} for images are in use.`;
  const warned = warnings.flatMap((warning) => wrap(`warning: ${warning}`, COLUMNS));
  const more = warned.length === 0 ? "" : `\n${warned.join("\n")}\n`;
  return `\n${renderColumns([["handler", "image", "for a request"], ...rows])}\n${room}\n${more}`;
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
  return [endOf(relative(process.cwd(), handler.file)), names].filter((part) => part !== "").join(", then ");
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

/** Of a long path the end says most. */
function endOf(path: string): string {
  return path.length > COLUMN_MOST ? `...${path.slice(3 - COLUMN_MOST)}` : path;
}

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
