// A real redis-server on a port of its own, in a process of its own, stopped by pid.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";

export class RedisServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.#child = child;
    this.#directory = directory;
  }

  /** `lines` are lines of redis.conf. Resolves when it takes connections. */
  static async start(lines: readonly string[] = [], port?: number, sentinel = false): Promise<RedisServer> {
    const chosen = port ?? (await freePort());
    const directory = mkdtempSync(join(tmpdir(), "nea-redis-"));
    const file = join(directory, "redis.conf");
    // Sentinel writes its own state into its file.
    const own = [`port ${chosen}`, "bind 127.0.0.1", `dir ${directory}`, ...(sentinel ? [] : ['save ""'])];
    writeFileSync(file, [...own, ...lines, ""].join("\n"));
    const child = spawn("redis-server", [file, ...(sentinel ? ["--sentinel"] : [])], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const server = new RedisServer(chosen, child, directory);
    await said(child, sentinel ? "Sentinel ID is" : "Ready to accept connections");
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** One command by a client of the test's own. */
  async run(command: string, ...args: (string | number)[]): Promise<unknown> {
    const client = new Redis(this.port, "127.0.0.1", { lazyConnect: true });
    try {
      await client.connect();
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await exited;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function said(child: ChildProcess, text: string): Promise<void> {
  let output = "";
  for await (const chunk of child.stdout!) {
    output += String(chunk);
    if (!output.includes(text)) continue;
    return;
  }
  throw new Error(`redis-server ended:\n${output}`);
}
