// The gateway put together as `nea serve` does it (commands/serve.ts), in this process, so that a test can look at its
// gates, slots and connections while it serves. The log is kept as data.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Figures } from "../../gateway/admin/figures.ts";
import { Arenas } from "../../gateway/arena/arenas.ts";
import { loadEngine } from "../../gateway/arena/engine.ts";
import { arenaWorkerCode } from "../../gateway/arena/worker-code.ts";
import { type GatewayConfig, loadConfig } from "../../gateway/config.ts";
import { Gateway } from "../../gateway/gateway.ts";
import { Generation } from "../../gateway/generation.ts";
import { Deadlines } from "../../gateway/proxy/deadlines.ts";
import type { LogLine } from "./gateway-process.ts";

export class InProcessGateway {
  readonly config: GatewayConfig;
  readonly arenas: Arenas;
  readonly deadlines: Deadlines;
  readonly gateway: Gateway;
  readonly log: LogLine[];
  readonly port: number;
  readonly #directory: string;

  private constructor(
    parts: Omit<InProcessGateway, "stop" | "url" | "accessLines" | "generation">,
    directory: string,
  ) {
    ({ config: this.config, arenas: this.arenas, deadlines: this.deadlines } = parts);
    ({ gateway: this.gateway, log: this.log, port: this.port } = parts);
    this.#directory = directory;
  }

  static async start(data: object): Promise<InProcessGateway> {
    const directory = mkdtempSync(join(tmpdir(), "nea-test-"));
    const file = join(directory, "gateway.yaml");
    writeFileSync(file, JSON.stringify(data));
    const config = loadConfig(file);
    const log: LogLine[] = [];
    const logger = pino(
      { base: null },
      { write: (line: string) => void log.push(JSON.parse(line) as LogLine) },
    );
    const deadlines = new Deadlines();
    const { pools, threads, imagesBytes, prefault } = config;
    const arenas = new Arenas({
      engine: loadEngine(),
      workerCode: await arenaWorkerCode(),
      pools: Object.values(pools),
      threads,
      imagesBytes,
      prefault,
      onLost: (error) => {
        throw error ?? new Error("an arena thread was lost");
      },
    });
    await arenas.ready();
    const generation = await Generation.open({ config, readAtMs: Date.now() }, arenas, deadlines);
    const observer = new Figures(config);
    const gateway = new Gateway({ config, arenas, deadlines, generation, logger, observer });
    const { port } = await gateway.listen();
    return new InProcessGateway({ config, arenas, deadlines, gateway, log, port }, directory);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  accessLines(): LogLine[] {
    return this.log.filter(({ msg }) => msg === "request");
  }

  async stop(): Promise<void> {
    this.gateway.listener.destroy();
    this.gateway.generation.destroy();
    await this.arenas.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
