/** The command line of `nea plan`. */
import { parseArgs } from "node:util";
import { CommandError } from "../commands/command-error.ts";
import { UnitError, parseSizeBytes } from "../shared/units.ts";
import { erlangs } from "./erlang.ts";
import type { Load } from "./load.ts";

export interface PlanOptions {
  readonly configFile: string;
  readonly json: boolean;
  /** What to do; the plan itself if there is nothing else. */
  readonly memoryBytes: number | null;
  readonly load: Load | null;
  readonly from: { readonly url: URL; readonly beyond: number } | null;
}

export const PLAN_USAGE = `usage: nea plan [--config FILE] [--json]

  --memory SIZE           how many slots fit into so much memory
  --rps N --service-ms N  what such a load meets in each pool: how much would be
                          refused, would wait, and the slots that it needs
  --target PART           of that load may wait longer than queue.wait: 0.001
  --from URL              arena sizes from what a running gateway has seen
                          (its admin port, as http://127.0.0.1:9090)
  --beyond PART           of a route's requests may outgrow them: 0
`;

const DEFAULT_TARGET = 0.001;

/** Busier than any gateway: 65536 slots are the most that the configuration takes. */
const MOST_ERLANGS = 65_536;

const OPTIONS = {
  "config": { type: "string", default: "config/gateway.yaml" },
  "json": { type: "boolean", default: false },
  "memory": { type: "string" },
  "rps": { type: "string" },
  "service-ms": { type: "string" },
  "target": { type: "string" },
  "from": { type: "string" },
  "beyond": { type: "string" },
  "help": { type: "boolean", short: "h", default: false },
} as const;

/** Null: what is wanted is PLAN_USAGE. Throws CommandError, one line that says what is allowed. */
export function parsePlanOptions(argv: string[]): PlanOptions | null {
  const values = valuesOf(argv);
  if (values.help) return null;
  if ((values.rps === undefined) !== (values["service-ms"] === undefined)) {
    throw new CommandError("--rps and --service-ms go together");
  }
  if (values.target !== undefined && values.rps === undefined) {
    throw new CommandError("--target goes with --rps and --service-ms");
  }
  if (values.beyond !== undefined && values.from === undefined)
    throw new CommandError("--beyond goes with --from");
  const load = values.rps === undefined ? null : loadOf(values.rps, values["service-ms"]!, values.target);
  const from =
    values.from === undefined
      ? null
      : { url: urlOf(values.from), beyond: partOf("--beyond", values.beyond ?? "0", true) };
  const memoryBytes = values.memory === undefined ? null : sizeOf(values.memory);
  return { configFile: values.config, json: values.json, memoryBytes, load, from };
}

function valuesOf(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS }).values;
  } catch (error) {
    // Node's first line says what it is about.
    throw new CommandError(`${(error as Error).message.split("\n")[0]} (nea plan --help)`);
  }
}

function loadOf(rps: string, serviceMs: string, target: string | undefined): Load {
  const load = {
    requestsPerSecond: positive("--rps", rps),
    serviceMs: positive("--service-ms", serviceMs),
    target: target === undefined ? DEFAULT_TARGET : partOf("--target", target, false),
  };
  const busy = erlangs(load.requestsPerSecond, load.serviceMs);
  if (busy <= MOST_ERLANGS) return load;
  throw new CommandError(
    `--rps x --service-ms keep ${Math.round(busy)} slots busy; expected ${MOST_ERLANGS} at most`,
  );
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new CommandError(`${name}: ${JSON.stringify(text)} is not a number above 0`);
}

function partOf(name: string, text: string, mayBeZero: boolean): number {
  const value = Number(text);
  if (text !== "" && value < 1 && (value > 0 || (mayBeZero && value === 0))) return value;
  throw new CommandError(`${name}: ${JSON.stringify(text)} is not a part of 1, such as 0.001`);
}

function sizeOf(text: string): number {
  try {
    return parseSizeBytes(text);
  } catch (error) {
    if (error instanceof UnitError) throw new CommandError(`--memory: ${error.message}`);
    throw error;
  }
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new CommandError(`--from: ${JSON.stringify(text)} is not an http(s) URL`);
}
