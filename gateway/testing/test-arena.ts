/**
 * A gateway with one route for an author's tests: the listener, gate, arena thread and log that a deployed one has, in
 * the test's own process.
 *
 * Owner: the test, which closes it. Bound: one pool of `slots` arenas, two threads, the images memory.
 */
import { arenaWorkerCode } from "../arena/worker-code.ts";
import { Arenas } from "../arena/arenas.ts";
import { type Engine, loadEngine } from "../arena/engine.ts";
import type { GrowthLog } from "../arena/growth-log.ts";
import type { GatewayConfig } from "../config/types.ts";
import { Gateway } from "../gateway.ts";
import { Generation } from "../generation.ts";
import type { LoadedHandler } from "../handle/handler-set.ts";
import type { Observer } from "../observer.ts";
import { Deadlines } from "../proxy/deadlines.ts";
import { RequestLog } from "./request-log.ts";
import { ServedFunction } from "./served-function.ts";
import { TestClient } from "./test-client.ts";
import { testConfig } from "./test-config.ts";
import type { ArenaOptions, ArenaResult, TestArena, Upstream } from "./types.ts";

/** The log tells it all. */
const UNOBSERVED: Observer = {
  requestEnded() {},
  handlerFailed() {},
  takenOver() {},
  broken() {},
  adopted() {},
  consoleDropped() {},
};

/** Compiled once per process. */
let engine: Engine | undefined;
let workerCode: Promise<string> | undefined;

export class InProcessArena implements TestArena {
  readonly url: string;
  readonly gateway: Gateway;
  readonly arenas: Arenas;
  readonly handler: LoadedHandler;
  readonly #servers: ServedFunction[];
  readonly #log: RequestLog;
  readonly #client: TestClient;

  private constructor(
    gateway: Gateway,
    arenas: Arenas,
    servers: ServedFunction[],
    log: RequestLog,
    port: number,
  ) {
    this.gateway = gateway;
    this.arenas = arenas;
    this.handler = gateway.generation.routes[0]!.handler!;
    this.url = `http://127.0.0.1:${port}`;
    this.#servers = servers;
    this.#log = log;
    this.#client = new TestClient(port);
  }

  /** Throws what `nea check` would report. `growth` is for `nea profile`. */
  static async open(options: ArenaOptions, growth?: GrowthLog): Promise<InProcessArena> {
    const servers: ServedFunction[] = [];
    const addressOf = async (upstream: Upstream) => {
      if (typeof upstream !== "function") return String(upstream);
      const server = await ServedFunction.start(upstream);
      servers.push(server);
      return server.url;
    };
    try {
      const config = await testConfig(options, addressOf);
      return await InProcessArena.#start(config, servers, growth);
    } catch (error) {
      await Promise.all(servers.map((server) => server.close()));
      throw error;
    }
  }

  static async #start(
    config: GatewayConfig,
    servers: ServedFunction[],
    growth?: GrowthLog,
  ): Promise<InProcessArena> {
    const log = new RequestLog();
    const deadlines = new Deadlines();
    const arenas = await openArenas(config, growth);
    try {
      const generation = await Generation.open({ config, readAtMs: Date.now() }, arenas, deadlines);
      const parts = { config, arenas, deadlines, generation, logger: log.logger, observer: UNOBSERVED };
      const gateway = new Gateway(parts);
      const { port } = await gateway.listen();
      return new InProcessArena(gateway, arenas, servers, log, port);
    } catch (error) {
      await arenas.close();
      throw error;
    }
  }

  get bytes(): number {
    return [...this.arenas.pools.values()][0]!.arenaBytes;
  }

  get imageBytes(): number {
    return this.handler.image.bytes;
  }

  get warmed(): readonly string[] {
    return this.handler.warmed;
  }

  get loadLogs(): readonly string[] {
    return this.handler.logs;
  }

  async fetch(input: Request | URL | string, init?: RequestInit): Promise<ArenaResult> {
    const { requestId, ...answer } = await this.#client.fetch(input, init);
    return { ...answer, ...(await this.#log.ended(requestId)) };
  }

  async close(): Promise<void> {
    this.#client.close();
    this.gateway.listener.destroy();
    const closed = this.gateway.listener.close();
    this.gateway.generation.destroy();
    await Promise.all([closed, this.arenas.close(), ...this.#servers.map((server) => server.close())]);
  }
}

async function openArenas(
  { pools, threads, imagesBytes, prefault }: GatewayConfig,
  growth?: GrowthLog,
): Promise<Arenas> {
  const arenas = new Arenas({
    engine: (engine ??= loadEngine()),
    workerCode: await (workerCode ??= arenaWorkerCode()),
    pools: Object.values(pools),
    threads,
    imagesBytes,
    prefault,
    ...(growth && { growth }),
    onLost: (error) => {
      throw error ?? new Error("an arena thread ended unexpectedly");
    },
  });
  await arenas.ready();
  return arenas;
}
