/** The command line of `nea profile`, and what the configuration says about the handler's route. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../../config.ts";
import type { GatewayConfig, RouteConfig } from "../../config/types.ts";
import { formatSizeBytes } from "../../shared/units.ts";
import type { ArenaOptions, Upstream } from "../../testing/types.ts";
import { CommandError } from "../command-error.ts";
import { NOTHING_TO_REPLAY, replayOf } from "./replay.ts";

export interface ProfileOptions {
  arena: ArenaOptions;
  /** The handler as it was named. */
  handler: string;
  method: string;
  path: string;
  headers: [string, string][];
  data: string | Buffer<ArrayBuffer> | null;
  runs: number;
  /** What is to be told beside the figures. */
  notes: string[];
}

const DEFAULT_CONFIG = "config/gateway.yaml";
const DEFAULT_RUNS = 100;
const RUNS_MAX = 100_000;

const OPTIONS = {
  method: { type: "string" },
  path: { type: "string" },
  header: { type: "string", multiple: true, default: [] as string[] },
  data: { type: "string" },
  replay: { type: "string" },
  env: { type: "string", multiple: true, default: [] as string[] },
  upstream: { type: "string" },
  arena: { type: "string" },
  runs: { type: "string", default: String(DEFAULT_RUNS) },
  config: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const PROFILE_USAGE = `usage: nea profile HANDLER [options]

  --method M        GET, or POST when there is --data
  --path P          path and query, default /
  --header "N: V"   may be repeated
  --data TEXT       the body; @FILE: the file's contents
  --replay URL      a failing request that a gateway with \`capture: true\` kept:
                    its admin port's /api/overflows/ID; the options above
                    change it
  --env N=V         may be repeated
  --upstream URL    what ctx.next() reaches
  --arena SIZE      default 4Mi
  --runs N          how often it is sent, default ${DEFAULT_RUNS}; 1: once
  --config FILE     arena, env, upstreams and warm requests are taken from its
                    first route with this handler; default ${DEFAULT_CONFIG}`;

/** Asks a gateway for the request if it is to be replayed. */
export async function parseProfileOptions(argv: string[]): Promise<ProfileOptions> {
  const { values, positionals } = parseCommandLine(argv);
  const [handler, ...rest] = positionals;
  if (handler === undefined || rest.length > 0 || values.help) throw new CommandError(PROFILE_USAGE);
  if (!existsSync(handler)) throw new CommandError(`there is no handler ${handler}`);
  const given: Partial<ArenaOptions> = {
    ...(values.upstream !== undefined && { upstream: urlOf(values.upstream) }),
    ...(values.arena !== undefined && { arena: values.arena }),
  };
  const known = fromConfig(handler, values.config);
  const env = { ...known.env, ...Object.fromEntries(values.env.map((text) => pairOf(text, "=", "--env"))) };
  const replay = values.replay === undefined ? NOTHING_TO_REPLAY : await replayOf(values.replay);
  const data = values.data === undefined ? replay.data : dataOf(values.data);
  return {
    arena: { handler, ...known, ...given, env },
    handler,
    method: values.method ?? (replay.method || (data === null ? "GET" : "POST")),
    path: values.path ?? replay.path,
    headers: withGiven(
      replay.headers,
      values.header.map((text) => pairOf(text, ":", "--header")),
    ),
    data,
    runs: runsOf(values.runs),
    notes: replay.notes,
  };
}

/** A field that is given takes the place of the captured one. */
function withGiven(captured: [string, string][], given: [string, string][]): [string, string][] {
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  return [...captured.filter(([name]) => !names.has(name.toLowerCase())), ...given];
}

function parseCommandLine(argv: string[]) {
  try {
    return parseArgs({ args: argv, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${PROFILE_USAGE}`);
  }
}

function runsOf(text: string): number {
  const runs = Number(text);
  if (Number.isInteger(runs) && runs >= 1 && runs <= RUNS_MAX) return runs;
  throw new CommandError(`--runs: expected a whole number from 1 to ${RUNS_MAX}`);
}

function urlOf(text: string): string {
  if (URL.canParse(text)) return text;
  throw new CommandError(`--upstream: expected a URL such as http://127.0.0.1:3000`);
}

function pairOf(text: string, separator: string, option: string): [string, string] {
  const at = text.indexOf(separator);
  if (at <= 0) throw new CommandError(`${option}: expected NAME${separator}VALUE, got ${text}`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function dataOf(text: string): string | Buffer<ArrayBuffer> {
  if (!text.startsWith("@")) return text;
  try {
    return Buffer.from(readFileSync(text.slice(1)));
  } catch {
    throw new CommandError(`--data: there is no file ${text.slice(1)}`);
  }
}

/** A configuration that is named must be there; the default one may be missing. */
function fromConfig(handler: string, named: string | undefined): Partial<ArenaOptions> {
  const file = named ?? DEFAULT_CONFIG;
  if (named === undefined && !existsSync(file)) return {};
  const config = loadConfig(file);
  const route = config.routes.find((entry) => entry.handler?.file === resolve(handler));
  if (route) return ofRoute(route, config);
  if (named === undefined) return {};
  throw new CommandError(`${file} has no route with the handler ${handler}`);
}

function ofRoute({ handler, upstreams }: RouteConfig, config: GatewayConfig): Partial<ArenaOptions> {
  const { env, bindings, pool, warm } = handler!;
  const address = (upstream: string): Upstream => config.upstreams[upstream]!.targets[0]!.url;
  return {
    arena: formatSizeBytes(config.pools[pool]!.arenaBytes),
    env: { ...env },
    bindings: Object.fromEntries(
      Object.entries(bindings).map(([name, upstream]) => [name, address(upstream)]),
    ),
    warm: warm.map(({ method, target }) => `${method} ${target}`),
    ...(upstreams[0] && { upstream: address(upstreams[0].name) }),
    reachable: Object.keys(config.upstreams).map((name) => String(address(name))),
  };
}
