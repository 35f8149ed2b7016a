/** `nea serve`: from the configuration to a listening gateway, and from a signal to the end of the process. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Admin } from "../admin/admin.ts";
import { loadPage } from "../admin/page.ts";
import { Arenas } from "../arena/arenas.ts";
import { loadEngine } from "../arena/engine.ts";
import { arenaWorkerCode } from "../arena/worker-code.ts";
import { type ReadConfig, takeOver } from "../config/handover.ts";
import type { GatewayConfig, HostPort } from "../config/types.ts";
import { Gateway } from "../gateway.ts";
import { Generation } from "../generation.ts";
import { keepCapsToThisThread } from "../launch.ts";
import { checkMemory } from "../memory-check.ts";
import { type Plan, planOf, renderPlan, size } from "../plan.ts";
import { Deadlines } from "../proxy/deadlines.ts";
import { type Log, openLog } from "../shared/log.ts";
import type { MemoryLimit } from "../shared/memory-limit.ts";
import { MemoryPressure } from "../shared/memory-pressure.ts";
import { Reloader } from "../reload.ts";
import { Shutdown } from "../shutdown.ts";
import { leaveSignals } from "../signals.ts";

export interface ServeOptions {
  configFile: string;
  /** Starts the demo upstream beside the gateway. */
  demoUpstream: boolean;
  write(text: string): void;
}

/** Resolves with the exit code when the gateway has stopped. Throws ConfigError or HandlerLoadError. */
export async function runServe({ configFile, demoUpstream, write }: ServeOptions): Promise<number> {
  const { config, readAtMs } = takeOver() ?? (await read(configFile));
  const plan = planOf(config);
  const limit = checkMemory(config, plan);
  write(`${renderPlan(plan)}\n`);
  if (limit) write(`  limit${size(limit.bytes).padStart(26)}  ${limit.source}\n`);
  const demo = demoUpstream ? startDemoUpstream() : undefined;
  const log = openLog(config.log.level);
  try {
    const running = await start(config, { plan, limit, log, readAtMs });
    leaveSignals();
    write(bannerOf(config, running));
    return await running.shutdown.finished;
  } finally {
    demo?.kill();
    log.flush();
  }
}

/** For a process that nobody read it for: one whose heap somebody else has capped. */
async function read(configFile: string): Promise<ReadConfig> {
  const readAtMs = Date.now();
  const { loadConfig } = await import("../config.ts");
  return { config: loadConfig(configFile), readAtMs };
}

interface Running {
  gateway: Gateway;
  shutdown: Shutdown;
  listenPort: number;
  adminPort: number;
}

interface Start {
  plan: Plan;
  limit: MemoryLimit | undefined;
  log: Log;
  readAtMs: number;
}

async function start(config: GatewayConfig, { plan, limit, log, readAtMs }: Start): Promise<Running> {
  const { logger } = log;
  keepCapsToThisThread();
  const [page, workerCode] = await Promise.all([loadPage(), arenaWorkerCode()]);
  const admin = new Admin({ config, plan, limit, log, page });
  const adminAddress = await admin.listen();
  const deadlines = new Deadlines();
  const arenas = new Arenas({
    engine: loadEngine(),
    workerCode,
    pools: Object.values(config.pools),
    threads: config.threads,
    imagesBytes: config.imagesBytes,
    prefault: config.prefault,
    onLost: (error) => {
      logger.fatal({ error: error?.message }, "an arena thread ended unexpectedly");
      log.flush();
      process.exit(EXIT_SOFTWARE);
    },
  });
  // Handlers are bundled while the threads start.
  const [generation] = await Promise.all([
    Generation.open({ config, readAtMs }, arenas, deadlines),
    arenas.ready(),
  ]);
  generation.tell(logger);
  const gateway = new Gateway({ config, arenas, deadlines, generation, logger, observer: admin.figures });
  const address = await gateway.listen();
  const shutdown = new Shutdown({ gateway, admin, arenas, logger, drain: config.drain });
  const reloader = new Reloader({ gateway, arenas, deadlines, logger });
  admin.watch({
    gateway,
    arenas,
    reloader,
    ready: () => shutdown.ready,
    pressure: new MemoryPressure(logger),
  });
  reloader.start();
  // As nginx and HAProxy do: for those who want to say when.
  process.on("SIGHUP", () => void reloader.reload());
  return { gateway, shutdown, listenPort: address.port, adminPort: adminAddress.port };
}

/** sysexits.h: internal software error. */
const EXIT_SOFTWARE = 70;

function bannerOf(
  { listen, admin, routes, pools }: GatewayConfig,
  { listenPort, adminPort }: Running,
): string {
  const at = ({ host }: HostPort, port: number) => `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const handlers = routes.filter(({ handler }) => handler).length;
  const slots = Object.values(pools).reduce((sum, pool) => sum + pool.slots, 0);
  return [
    "",
    `  listening  http://${at(listen, listenPort)}   ${routes.length} routes, ${handlers} with handlers, ${slots} slots`,
    `  admin      http://${at(admin, adminPort)}   /livez /readyz /metrics`,
    "",
    "",
  ].join("\n");
}

/** A process of its own, so that its memory is not the gateway's; it ends when the channel to us breaks. */
function startDemoUpstream(): ChildProcess {
  const file = fileURLToPath(new URL("../../config/demo-upstream.ts", import.meta.url));
  return spawn(process.execPath, [file], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}
