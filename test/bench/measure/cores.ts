/**
 * Which processors measure what: the server has one of its own, the load and the upstream share the rest. With one
 * processor, or without taskset, nothing is pinned and the report says so.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Placement {
  /** A processor list as taskset takes it; null: not pinned. */
  server: string | null;
  load: string | null;
}

export function placement(): Placement {
  const [first, ...rest] = allowedCpus();
  const hasTaskset = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
  if (!hasTaskset || first === undefined || rest.length === 0) return { server: null, load: null };
  return { server: String(first), load: rest.join(",") };
}

/** Moves this process (and so everything it starts without saying otherwise) to the load's processors. */
export function moveToLoad({ load }: Placement): void {
  if (load) spawnSync("taskset", ["--all-tasks", "--pid", "--cpu-list", load, String(process.pid)]);
}

export function pinned(cpus: string | null, command: string, args: readonly string[]): [string, string[]] {
  return cpus === null ? [command, [...args]] : ["taskset", ["--cpu-list", cpus, command, ...args]];
}

/** proc(5): Cpus_allowed_list, such as "0-3,8". */
function allowedCpus(): number[] {
  let status: string;
  try {
    status = readFileSync("/proc/self/status", "latin1");
  } catch {
    return [];
  }
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(status)?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [from = NaN, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}
