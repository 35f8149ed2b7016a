/** What the figures were taken on. */
import { execFileSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import type { LoadClient } from "../load/load.ts";
import type { Placement } from "../measure/cores.ts";
import type { Peer } from "../peers/peer.ts";

export interface Machine {
  date: string;
  command: string;
  processor: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  commit: string;
  placement: Placement;
  client: LoadClient;
  versions: Record<string, string>;
}

interface MachineOptions {
  command: string;
  placement: Placement;
  client: LoadClient;
  peers: readonly Peer[];
}

const GIB = 1024 ** 3;

export function describeMachine({ command, placement, client, peers }: MachineOptions): Machine {
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    command,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / GIB),
    kernel: `${type()} ${release()}`,
    commit: commit(),
    placement,
    client,
    versions: Object.fromEntries([["node", process.versions.node], ...peers.map(nameAndVersion)]),
  };
}

function nameAndVersion(peer: Peer): [string, string] {
  return [peer.name, peer.version() ?? "?"];
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no").trim() !== "";
    return git("rev-parse", "--short", "HEAD").trim() + (changed ? " with changes" : "");
  } catch {
    return "unknown";
  }
}

export function renderMachine({ versions, placement, ...machine }: Machine): string {
  const { server, load } = placement;
  const pinning =
    server === null ? "nothing is pinned" : `server on cpu ${server}, load and upstream on ${load}`;
  return [
    machine.command,
    `${machine.date}, commit ${machine.commit}`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}`,
    `${pinning}; load by ${machine.client === "wrk" ? "wrk" : "the built-in client"}`,
    ...wrap(Object.entries(versions).map(([name, version]) => `${name} ${version}`)),
  ].join("\n");
}

const WIDTH = 98;

function wrap(words: readonly string[]): string[] {
  const lines = [""];
  for (const word of words) {
    const line = lines[lines.length - 1]!;
    if (line.length + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line}, ${word}`;
  }
  return lines;
}
