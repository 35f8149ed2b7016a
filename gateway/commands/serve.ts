/** `nea serve`: from the configuration to a listening gateway, and from a signal to the end of the process. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { scratchBytes } from "../arena/image.ts";
import { makeSlots } from "../arena/slots.ts";
import { type ReadConfig, takeOver } from "../config/handover.ts";
import type { GatewayConfig, HostPort } from "../config/types.ts";
import { checkMemory } from "../memory-check.ts";
import { planOf, renderPlan, size } from "../plan.ts";
import { leaveSignals } from "../signals.ts";
import type { Running } from "./serve/start.ts";

export interface ServeOptions {
  configFile: string;
  /** Starts the demo upstream beside the gateway. */
  demoUpstream: boolean;
  write(text: string): void;
}

/** Resolves with the exit code when the gateway has stopped. Throws ConfigError or HandlerLoadError. */
export async function runServe({ configFile, demoUpstream, write }: ServeOptions): Promise<number> {
  const read = takeOver() ?? (await readFor(configFile));
  const { config } = read;
  const plan = planOf(config);
  const limit = checkMemory(config, plan);
  write(`${renderPlan(plan)}\n`);
  if (limit) write(`  limit${size(limit.bytes).padStart(26)}  ${limit.source}\n`);
  const demo = demoUpstream ? startDemoUpstream() : undefined;
  // Before the other modules: V8 collects garbage for every few arenas, which is short while there is little in its heap,
  // and committing them takes about as long as those modules.
  const slots = makeSlots(Object.values(config.pools), scratchBytes(config.imagesBytes), config.prefault);
  const [{ start }, { openLog }] = [await import("./serve/start.ts"), await import("../shared/log.ts")];
  const log = openLog(config.log.level);
  try {
    const running = await start({ read, plan, limit, log, slots });
    leaveSignals();
    write(bannerOf(config, running));
    return await running.shutdown.finished;
  } finally {
    demo?.kill();
    log.flush();
  }
}

/** For a process that nobody read it for: one whose heap somebody else has capped. */
async function readFor(configFile: string): Promise<ReadConfig> {
  const readAtMs = Date.now();
  const { loadConfig } = await import("../config.ts");
  return { config: loadConfig(configFile), readAtMs };
}

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
