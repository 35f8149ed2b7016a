/** A server that is measured: how it is found and started, and which workloads it has. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { ServerProcess } from "../measure/server-process.ts";
import { type App, type Workload, handlerFile } from "../workloads.ts";

/** Where a server is started. */
export interface Site {
  /** Its own, empty, deleted afterwards. */
  directory: string;
  cpus: string | null;
  upstreamPort: number;
}

export interface Started {
  process: ServerProcess;
  port: number;
}

export interface Peer {
  name: string;
  /** What it is and its version; null: not installed here. */
  version(): string | null;
  serves(workload: Pick<Workload, "kind" | "app">): boolean;
  start(workload: Pick<Workload, "kind" | "app">, site: Site): Promise<Started>;
}

export function peerFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** The first of these files that exists, else the command if PATH has it, else null. */
export function findProgram(command: string, ...files: string[]): string | null {
  const file = files.map(peerFile).find((one) => existsSync(one));
  if (file !== undefined) return file;
  const found = spawnSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : null;
}

/** What a program says when asked for its version, on either stream, as far as `pattern` goes. */
export function versionOf(program: string | null, argument: string, pattern: RegExp): string | null {
  if (program === null) return null;
  const { stdout, stderr } = spawnSync(program, [argument], { encoding: "utf8" });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? null;
}

/** A handler module with all it imports, as one file of JavaScript. */
export async function bundleApp(app: App, directory: string): Promise<string> {
  const outfile = `${directory}/app.mjs`;
  await build({ entryPoints: [handlerFile(app)], outfile, bundle: true, format: "esm", logLevel: "silent" });
  return outfile;
}
