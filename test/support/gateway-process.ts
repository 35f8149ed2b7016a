// A gateway as its users run it: `node gateway/main.ts serve --config FILE`, in a process of its own, on free ports.
// Collects the log, measures memory of the whole process tree from outside, and stops by pid.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TreeMemory } from "./tree-memory.ts";

export interface LogLine {
  readonly [field: string]: unknown;
  readonly msg?: string;
  readonly requestId?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = fileURLToPath(new URL("../../gateway/main.ts", import.meta.url));

/** An absolute path of a file of the repository, for a configuration that lives elsewhere. */
export function inRepository(path: string): string {
  return join(REPOSITORY, path);
}

export class GatewayProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly memory: TreeMemory;
  readonly log: LogLine[] = [];
  /** Everything on standard output that is no log line: the plan and the banner. */
  text = "";
  errorText = "";
  port = 0;
  adminPort = 0;
  /** What it was started with; a test may change it. */
  readonly configFile: string;
  readonly #directory: string;
  #rest = "";
  #changed: (() => void)[] = [];
  #exit: Exit | undefined;

  private constructor(directory: string, configFile: string, child: ChildProcess) {
    this.#directory = directory;
    this.configFile = configFile;
    this.child = child;
    this.memory = new TreeMemory(child.pid!);
    child.stdout!.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.errorText += text));
    this.exited = once(child, "close").then(([code, signal]) => {
      this.#exit = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      this.memory.stop();
      rmSync(this.#directory, { recursive: true, force: true });
      this.#wake();
      return this.#exit;
    });
  }

  /** Starts it without waiting for anything. `config` is the whole file, as text or as the data it holds. */
  static spawn(config: string | object, env: NodeJS.ProcessEnv = {}): GatewayProcess {
    const directory = mkdtempSync(join(tmpdir(), "nea-test-"));
    const file = join(directory, "gateway.yaml");
    // JSON is YAML.
    writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config));
    const child = spawn(process.execPath, [MAIN, "serve", "--config", file], {
      cwd: REPOSITORY,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new GatewayProcess(directory, file, child);
  }

  /** Resolves when it listens; throws with what it said if it ends instead. */
  static async start(config: string | object, env: NodeJS.ProcessEnv = {}): Promise<GatewayProcess> {
    const gateway = GatewayProcess.spawn(config, env);
    await gateway.until(() => gateway.port !== 0 && gateway.adminPort !== 0);
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.adminPort}`;
  }

  /** Has it take up another configuration; resolves with the line that says what came of it. */
  reload(config: object): Promise<LogLine> {
    const before = this.log.length;
    writeFileSync(this.configFile, JSON.stringify(config));
    this.child.kill("SIGHUP");
    return this.line((line) => this.log.indexOf(line) >= before && /^reload/.test(line.msg ?? ""));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The sum that the banner promises, in bytes. */
  get plannedBytes(): number {
    const [, figure, unit] = /^ *sum +([\d.]+)(Ki|Mi|Gi)/m.exec(this.text) ?? [];
    if (!figure) throw new Error(`no sum in:\n${this.text}`);
    return Number(figure) * { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }[unit as "Ki" | "Mi" | "Gi"];
  }

  /** Resolves once `done` holds; looked at whenever the process says something. Throws if it ends before. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.#exit)
        throw new Error(`it ended with ${JSON.stringify(this.#exit)}\n${this.text}\n${this.errorText}`);
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  /** The first log line that `matches`, as soon as it is there. */
  async line(matches: (line: LogLine) => boolean): Promise<LogLine> {
    let found: LogLine | undefined;
    await this.until(() => (found = this.log.find(matches)) !== undefined);
    return found!;
  }

  accessLines(): LogLine[] {
    return this.log.filter(({ msg }) => msg === "request");
  }

  /** SIGTERM, and its end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    this.child.kill(signal);
    return this.exited;
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("{")) this.log.push(JSON.parse(line) as LogLine);
      else this.#readBanner(line);
    }
    this.#wake();
  }

  #readBanner(line: string): void {
    this.text += `${line}\n`;
    const port = (name: string) => new RegExp(`^ *${name} +https?://\\S+:(\\d+)`).exec(line)?.[1];
    this.port ||= Number(port("listening") ?? 0);
    this.adminPort ||= Number(port("admin") ?? 0);
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }
}
