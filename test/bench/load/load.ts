/** Load on one server for a while, from a process of its own: wrk where there is one, else the built-in client. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Answer } from "./answer-reader.ts";

export interface LoadSpec {
  port: number;
  method: string;
  path: string;
  body: string | null;
  /** Open all the time, each with one request under way. */
  connections: number;
  seconds: number;
}

export interface LoadResult {
  /** Answered 2xx, complete. */
  requests: number;
  /** Anything else: other statuses, connections that broke, answers that were none. */
  errors: number;
  bytes: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export type LoadClient = "wrk" | "built-in";

const run = promisify(execFile);
const WRK_SCRIPT = fileURLToPath(new URL("./wrk-report.lua", import.meta.url));
const GRACE_MS = 20_000;
const PROGRAM_MS = 60_000;

export async function hasWrk(): Promise<boolean> {
  // `wrk --version` exits with 1 as well.
  const found = await run("wrk", ["--version"]).catch((error: { code?: unknown }) => error);
  return !("code" in found && found.code === "ENOENT");
}

export function load(client: LoadClient, spec: LoadSpec): Promise<LoadResult> {
  return client === "wrk" ? wrk(spec) : builtIn("http-load.ts", spec);
}

async function wrk({ port, method, path, body, connections, seconds }: LoadSpec): Promise<LoadResult> {
  const url = `http://127.0.0.1:${port}${path}`;
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", WRK_SCRIPT, url];
  const env = { ...process.env, NEA_BENCH_METHOD: method, NEA_BENCH_BODY: body ?? "" };
  const { stdout } = await run("wrk", args, { env, timeout: seconds * 1000 + GRACE_MS });
  return parse(stdout);
}

/** One of the client programs of this folder: its specification is its argument, its result a line of JSON. */
export async function builtIn<Result = LoadResult>(program: string, spec: object): Promise<Result> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await run(process.execPath, [file, JSON.stringify(spec)], { timeout: PROGRAM_MS });
  return parse(stdout);
}

/** A single request on a connection of its own. */
export function ask(spec: Pick<LoadSpec, "port" | "method" | "path" | "body">): Promise<Answer> {
  return builtIn("ask.ts", spec);
}

function parse<Result>(output: string): Result {
  const line = output.split("\n").find((one) => one.startsWith("{"));
  if (line === undefined) throw new Error(`the load program printed no result: ${output.trim()}`);
  return JSON.parse(line) as Result;
}
