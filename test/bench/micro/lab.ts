/** The gateway's arenas and handlers without its network side: made from a configuration, as `nea serve` makes them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Arenas } from "../../../gateway/arena/arenas.ts";
import type { Slot, SlotPool } from "../../../gateway/arena/slots.ts";
import { type Engine, loadEngine } from "../../../gateway/arena/engine.ts";
import { arenaWorkerCode } from "../../../gateway/arena/worker-code.ts";
import { type GatewayConfig, loadConfig } from "../../../gateway/config.ts";
import { type LoadedHandler, loadHandlers } from "../../../gateway/handle/handler-set.ts";
import { Deadlines } from "../../../gateway/proxy/deadlines.ts";
import { type App, handlerFile } from "../workloads.ts";

export const SLOTS = 16;

export interface Lab {
  engine: Engine;
  arenas: Arenas;
  pool: SlotPool;
  slot: Slot;
  deadlines: Deadlines;
  handlers: ReadonlyMap<string, LoadedHandler>;
}

/** A handler with the requests it is warmed with. */
export interface LabHandler {
  app: App;
  target: string;
}

export function labConfig(handlers: readonly LabHandler[]): GatewayConfig {
  const routes = handlers.map(({ app, target }) => ({
    name: app,
    match: { path: { prefix: `/${app}` } },
    handler: handlerFile(app),
    pool: "lab",
    warm: [`GET ${target}`],
  }));
  const directory = mkdtempSync(join(tmpdir(), "nea-micro-"));
  const file = join(directory, "gateway.yaml");
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ pools: { lab: { slots: SLOTS, arena: "4Mi" } }, threads: 1, routes }));
  try {
    return loadConfig(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export async function openLab(config: GatewayConfig): Promise<Lab> {
  const engine = loadEngine();
  const arenas = new Arenas({
    engine,
    workerCode: await arenaWorkerCode(),
    pools: Object.values(config.pools),
    threads: config.threads,
    imagesBytes: config.imagesBytes,
    prefault: config.prefault,
    onLost: (error) => {
      throw error ?? new Error("an arena thread was lost");
    },
  });
  await arenas.ready();
  const handlers = await loadHandlers(config.routes, config.pools, arenas);
  const pool = arenas.pools.get("lab")!;
  return { engine, arenas, pool, slot: pool.slots[0]!, deadlines: new Deadlines(), handlers };
}
