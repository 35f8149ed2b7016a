/**
 * A server under measurement: a child process on processors of its own. Owner: whoever started it, who stops it; what is
 * left when this process ends is killed by pid, children included.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { pinned } from "./cores.ts";
import { treeOf } from "./process-tree.ts";

const READY_MS = 60_000;
const STOP_MS = 1500;
const KNOCK_MS = 10;
const KEPT_OUTPUT = 4096;

const running = new Set<ServerProcess>();
process.on("exit", () => {
  for (const server of running) server.kill();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

export interface SpawnOptions {
  cpus: string | null;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** File descriptors past the usual three that become pipes to us. */
  extraPipes?: number;
}

export class ServerProcess {
  readonly child: ChildProcess;
  /** The end of what it wrote to both streams: for a line to wait for, and for error messages. */
  output = "";
  exit: string | null = null;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.child = child;
    running.add(this);
    for (const stream of child.stdio.slice(1)) {
      stream?.on("data", (chunk: Buffer) => (this.output = (this.output + chunk).slice(-KEPT_OUTPUT)));
    }
    this.#ended = new Promise<void>((resolve) => {
      child.once("error", (error) => this.#over(error.message, resolve));
      child.once("exit", (code, signal) => this.#over(signal ?? `exit code ${code}`, resolve));
    });
  }

  static spawn(command: string, args: readonly string[], options: SpawnOptions): ServerProcess {
    const [file, list] = pinned(options.cpus, command, args);
    const pipes = Array.from({ length: 2 + (options.extraPipes ?? 0) }, () => "pipe" as const);
    const env = { ...process.env, ...options.env };
    return new ServerProcess(spawn(file, list, { cwd: options.cwd, env, stdio: ["ignore", ...pipes] }));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The number that the first group of `pattern` finds in the output; throws if it ends or takes too long. */
  async portFrom(pattern: RegExp): Promise<number> {
    const deadlineMs = Date.now() + READY_MS;
    for (;;) {
      const port = pattern.exec(this.output)?.[1];
      if (port !== undefined) return Number(port);
      if (this.exit !== null || Date.now() > deadlineMs) throw this.#failure();
      await Promise.race([this.#ended, pause(KNOCK_MS)]);
    }
  }

  /** Resolves as soon as somebody accepts connections on this port: for servers that say nothing. */
  async accepts(port: number): Promise<number> {
    const deadlineMs = Date.now() + READY_MS;
    while (!(await knock(port))) {
      if (this.exit !== null || Date.now() > deadlineMs) throw this.#failure();
      await pause(KNOCK_MS);
    }
    return port;
  }

  async stop(): Promise<void> {
    if (this.exit !== null) return;
    this.child.kill("SIGTERM");
    await Promise.race([this.#ended, pause(STOP_MS)]);
    if (this.exit === null) this.kill();
    await this.#ended;
  }

  /** At once, with its children. */
  kill(): void {
    if (this.exit !== null) return;
    for (const pid of treeOf(this.pid)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone already.
      }
    }
  }

  #over(how: string, resolve: () => void): void {
    this.exit = how;
    running.delete(this);
    resolve();
  }

  #failure(): Error {
    const how = this.exit === null ? "is not ready in time" : `ended (${this.exit})`;
    return new Error(`${how}: ${this.output.trim().split("\n").slice(-3).join(" | ")}`);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

async function knock(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
