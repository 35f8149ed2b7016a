/** The command line of the benchmarks. */
import { parseArgs } from "node:util";
import { type LoadClient, hasWrk } from "./load/load.ts";
import { WORKLOADS } from "./workloads.ts";

export const USAGE = `usage: npm run bench -- [options]

  --only NAME,...         these workloads; a beginning is enough, "proxy" stands for all proxy workloads
  --peers NAME,...        these servers besides Nea and the baselines; "none" for no others
  --rounds N              how often each server is measured (3)
  --seconds N             how long each time (1)
  --connections N,...     open connections, each with one request under way (32)
  --client NAME           wrk or built-in (wrk if there is one)
  --quick                 a few workloads, Nea and the baselines, one round: under a minute
  --json                  one JSON document on standard output, progress on standard error
  --markdown              the README's table at the end

Workloads:
${WORKLOADS.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}
  hog          one greedy request beside steady clients
  micro        a request's way through an arena in parts

Peers from npm are installed by npm run bench:peers; others (nginx, HAProxy) are used where they are found.
`;

export interface Options {
  only: readonly string[];
  peers: readonly string[] | null;
  rounds: number;
  seconds: number;
  connections: readonly number[];
  client: LoadClient;
  quick: boolean;
  json: boolean;
  markdown: boolean;
  command: string;
}

export class UsageError extends Error {}

const FLAGS = {
  only: { type: "string" },
  peers: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  connections: { type: "string" },
  client: { type: "string" },
  quick: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  markdown: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** Null when only help is wanted. Throws UsageError. */
export async function readOptions(argv: string[]): Promise<Options | null> {
  const { values } = parse(argv);
  if (values.help) return null;
  const { quick, json, markdown } = values;
  return {
    only: known(list(values.only)),
    peers: values.peers === undefined ? (quick ? [] : null) : list(values.peers),
    rounds: number("rounds", values.rounds, quick ? 1 : 3),
    seconds: number("seconds", values.seconds, 1),
    connections: (values.connections ?? "32").split(",").map((one) => number("connections", one, 0)),
    client: await clientOf(values.client),
    quick,
    json,
    markdown,
    command: ["npm run bench", ...(argv.length > 0 ? ["--", ...argv] : [])].join(" "),
  };
}

/** Whether a name is asked for by itself or by its beginning; without --only everything is, or what --quick keeps. */
export function isWanted({ only, quick }: Options, name: string, isQuick: boolean): boolean {
  if (only.length > 0) return only.some((wanted) => isCalled(name, wanted));
  return !quick || isQuick;
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: FLAGS });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function list(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}

function known(wanted: string[]): string[] {
  const names = [...WORKLOADS.map(({ name }) => name), "hog", "micro"];
  const unknown = wanted.find((one) => !names.some((name) => isCalled(name, one)));
  if (unknown !== undefined) throw new UsageError(`--only: there is no workload ${unknown}\n\n${USAGE}`);
  return wanted;
}

function isCalled(name: string, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted}-`);
}

function number(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--${name}: a whole number from 1\n\n${USAGE}`);
  return value;
}

async function clientOf(name: string | undefined): Promise<LoadClient> {
  if (name === undefined) return (await hasWrk()) ? "wrk" : "built-in";
  if (name === "wrk" || name === "built-in") return name;
  throw new UsageError(`--client: wrk or built-in\n\n${USAGE}`);
}
