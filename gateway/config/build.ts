/** From what the schema read to what the gateway uses: flat names with units, absolute files, nothing left out. */
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { buildRoutes } from "./build-routes.ts";
import { buildUpstream } from "./build-upstream.ts";
import type { ParsedConfig } from "./schema.ts";
import type {
  FleetConfig,
  GatewayConfig,
  ListenerLimits,
  ListenerTls,
  LogConfig,
  Named,
  PoolConfig,
} from "./types.ts";

/** The file that a name in the config means: relative to the config's own directory. */
export type FileResolver = (name: string) => string;

export function buildConfig(parsed: ParsedConfig, file: string): GatewayConfig {
  const toFile: FileResolver = (name) => resolve(dirname(file), name);
  return deepFreeze<GatewayConfig>({
    file,
    listen: parsed.listen,
    admin: parsed.admin,
    tls: buildTls(parsed.tls, toFile),
    limits: buildLimits(parsed.limits),
    trustedProxies: parsed.trustedProxies,
    upstreams: mapNamed(parsed.upstreams, (upstream, name) => buildUpstream(upstream, name, toFile)),
    pools: mapNamed(parsed.pools, buildPool),
    proxy: {
      ...withQueue(parsed.proxy.queue),
      slots: parsed.proxy.slots,
      bufferBytes: parsed.proxy.bufferBytes,
    },
    upgrades: { slots: parsed.upgrades.slots, idleTimeoutMs: parsed.upgrades.idleTimeout },
    routes: buildRoutes(parsed, toFile),
    threads: parsed.threads ?? Math.max(1, availableParallelism() - 1),
    imagesBytes: parsed.images,
    prefault: parsed.prefault,
    memory: { limitBytes: parsed.memory.limit ?? null, headroomBytes: parsed.memory.headroom },
    log: buildLog(parsed.log),
    drain: { delayMs: parsed.drain.delay, deadlineMs: parsed.drain.deadline },
    fleet: buildFleet(parsed.fleet),
    capture: parsed.capture,
    watch: parsed.watch,
  });
}

function buildTls(tls: ParsedConfig["tls"], toFile: FileResolver): ListenerTls | null {
  return tls === undefined
    ? null
    : { certFile: toFile(tls.cert), keyFile: toFile(tls.key), minVersion: tls.minVersion };
}

function buildLimits(limits: ParsedConfig["limits"]): ListenerLimits {
  const { headTimeout, bodyTimeout, replyTimeout, idleTimeout, ...rest } = limits;
  return {
    ...rest,
    headTimeoutMs: headTimeout,
    bodyTimeoutMs: bodyTimeout,
    replyTimeoutMs: replyTimeout,
    idleTimeoutMs: idleTimeout,
  };
}

function buildPool(pool: ParsedConfig["pools"][string], name: string): PoolConfig {
  return { name, slots: pool.slots, arenaBytes: pool.arena, ...withQueue(pool.queue) };
}

function withQueue(queue: { length: number; wait: number }): { queueLength: number; queueWaitMs: number } {
  return { queueLength: queue.length, queueWaitMs: queue.wait };
}

function buildLog({ level, access }: ParsedConfig["log"]): LogConfig {
  return { level, sample2xx: access.sample2xx };
}

function buildFleet(fleet: ParsedConfig["fleet"]): FleetConfig | null {
  if (fleet === undefined) return null;
  const { interval, ttl, ...rest } = fleet;
  return { ...rest, intervalMs: interval, ttlMs: ttl };
}

export function mapNamed<T, U>(
  values: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Named<U> {
  const mapped: Record<string, U> = Object.create(null) as Record<string, U>;
  for (const [name, value] of Object.entries(values)) mapped[name] = map(value, name);
  return mapped;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
