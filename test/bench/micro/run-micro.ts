/** micro.ts as a process of its own: it needs the gateway's V8 flags. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pinned } from "../measure/cores.ts";
import type { MicroResult } from "./micro-result.ts";

const MICRO = fileURLToPath(new URL("../micro.ts", import.meta.url));

export async function runMicroProcess(cpus: string | null): Promise<MicroResult[]> {
  const [command, args] = pinned(cpus, process.execPath, [MICRO, "--json"]);
  const { stdout } = await promisify(execFile)(command, args, { timeout: 120_000 });
  return JSON.parse(stdout) as MicroResult[];
}
