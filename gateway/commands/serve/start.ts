/** The gateway itself: from a checked configuration and its arenas to something that listens. */
import { Admin } from "../../admin/admin.ts";
import { loadPage } from "../../admin/page.ts";
import { Arenas } from "../../arena/arenas.ts";
import { loadEngine } from "../../arena/engine.ts";
import type { Slots } from "../../arena/slots.ts";
import { arenaWorkerCode } from "../../arena/worker-code.ts";
import type { ReadConfig } from "../../config/handover.ts";
import { Gateway } from "../../gateway.ts";
import { Generation } from "../../generation.ts";
import { Workshop } from "../../handle/workshop.ts";
import { keepCapsToThisThread } from "../../launch.ts";
import type { Plan } from "../../plan.ts";
import { Deadlines } from "../../proxy/deadlines.ts";
import { BEHIND_IO_NICE, v8ThreadsGiveWay } from "../../shared/give-way.ts";
import type { Log } from "../../shared/log.ts";
import type { MemoryLimit } from "../../shared/memory-limit.ts";
import { MemoryPressure } from "../../shared/memory-pressure.ts";
import { Reloader } from "../../reload.ts";
import { Shutdown } from "../../shutdown.ts";

export interface Running {
  readonly shutdown: Shutdown;
  readonly listenPort: number;
  readonly adminPort: number;
}

export interface StartParts {
  readonly read: ReadConfig;
  readonly plan: Plan;
  readonly limit: MemoryLimit | undefined;
  readonly log: Log;
  readonly slots: Slots;
}

/** sysexits.h: internal software error. */
const EXIT_SOFTWARE = 70;

/** Throws HandlerLoadError. */
export async function start({ read, plan, limit, log, slots }: StartParts): Promise<Running> {
  const { config } = read;
  const { logger } = log;
  keepCapsToThisThread();
  // esbuild bundles in its own process while the engine is rewritten and compiled in this one, and while threads start.
  const scripts = Promise.all([arenaWorkerCode(), loadPage()]);
  const workshop = new Workshop();
  workshop.begin(config.routes.find(({ handler }) => handler));
  const engine = loadEngine();
  const [workerCode, page] = await scripts;
  const admin = new Admin({ config, plan, limit, log, page });
  const arenas = new Arenas({
    engine,
    workerCode,
    slots,
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
  const deadlines = new Deadlines();
  const [generation, adminAddress] = await Promise.all([
    Generation.open(read, arenas, deadlines, { workshop }),
    admin.listen(),
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
  // Not before: the start waits for what they compile.
  v8ThreadsGiveWay(BEHIND_IO_NICE);
  // As nginx and HAProxy do: for those who want to say when.
  process.on("SIGHUP", () => void reloader.reload());
  return { shutdown, listenPort: address.port, adminPort: adminAddress.port };
}
