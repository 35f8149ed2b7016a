/**
 * What the chart's memory figure is made of: the quantities that the plan's terms depend on, as the chart reads them from
 * the gateway's config (charts/nea-gateway/templates/_plan.tpl names the same ones).
 *
 * A term of gateway/plan.ts that depends on anything else needs an entry here, one in `configWith` and one in _plan.tpl.
 */
import { fileURLToPath } from "node:url";
import { type GatewayConfig, parseConfig } from "../../gateway/config.ts";
import type { PoolConfig, RouteConfig } from "../../gateway/config/types.ts";

export const QUANTITIES = [
  "limits.connections",
  "limits.headBytes",
  "proxy.slots",
  "proxy.bufferBytes",
  "upgrades.slots",
  "threads",
  "images",
  "memory.headroom",
  /** Sum over all pools. */
  "pools.slots",
  /** The arena of the largest pool, or the floor of the plan where that is more. */
  "pools.largestArena",
  /** All queues: the pools' and the proxy's. */
  "queues.length",
  /** The most `limits.subrequests` of a route with a handler. */
  "routes.mostSubrequests",
  "routes.count",
  /** 1 with this section in the config, otherwise 0. */
  "tls",
  "fleet",
  /** In terms that exist once per pool: its own. */
  "pool.slots",
  "pool.arena",
] as const;

export type Quantity = (typeof QUANTITIES)[number];
export type Point = Readonly<Record<Quantity, number>>;

/** The name of the only pool of the configs that `configWith` makes. */
export const PROBE_POOL = "POOL";

const HANDLER = fileURLToPath(new URL("../../handlers/hello.ts", import.meta.url));

const BASE = parseConfig(
  `pools: { ${PROBE_POOL}: { slots: 1, arena: 2Mi } }
routes: [{ handler: ${JSON.stringify(HANDLER)}, pool: ${PROBE_POOL} }]`,
  "probe.yaml",
  {},
);

const TLS: GatewayConfig["tls"] = { certFile: "cert", keyFile: "key", minVersion: "TLSv1.2" };
const FLEET: GatewayConfig["fleet"] = {
  redis: "redis://localhost",
  name: "nea",
  prefix: "nea:",
  intervalMs: 1000,
  ttlMs: 10_000,
};

/**
 * A config whose quantities are these. It has one pool, so `pool.*` and `pools.*` are the same, and at least one route,
 * which has a handler.
 */
export function configWith(point: Point): GatewayConfig {
  const pool: PoolConfig = {
    name: PROBE_POOL,
    slots: point["pools.slots"],
    arenaBytes: point["pools.largestArena"],
    queueLength: 0,
    queueWaitMs: 250,
  };
  const [route] = BASE.routes as [RouteConfig];
  const limits = { ...route.limits, subrequests: point["routes.mostSubrequests"] };
  const others = Array.from({ length: point["routes.count"] - 1 }, () => ({ ...route, handler: null }));
  return {
    ...BASE,
    limits: {
      ...BASE.limits,
      connections: point["limits.connections"],
      headBytes: point["limits.headBytes"],
    },
    proxy: {
      ...BASE.proxy,
      slots: point["proxy.slots"],
      bufferBytes: point["proxy.bufferBytes"],
      queueLength: point["queues.length"],
    },
    upgrades: { ...BASE.upgrades, slots: point["upgrades.slots"] },
    pools: { [PROBE_POOL]: pool },
    routes: [{ ...route, limits }, ...others],
    threads: point.threads,
    imagesBytes: point.images,
    memory: { ...BASE.memory, headroomBytes: point["memory.headroom"] },
    tls: point.tls ? TLS : null,
    fleet: point.fleet ? FLEET : null,
  };
}

/** The same, read from any config. `pool` is set for terms that exist once per pool. */
export function quantitiesOf(config: GatewayConfig, arenaFloor: number, pool?: PoolConfig): Point {
  const pools = Object.values(config.pools);
  const handlerRoutes = config.routes.filter(({ handler }) => handler !== null);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    "limits.connections": config.limits.connections,
    "limits.headBytes": config.limits.headBytes,
    "proxy.slots": config.proxy.slots,
    "proxy.bufferBytes": config.proxy.bufferBytes,
    "upgrades.slots": config.upgrades.slots,
    "threads": config.threads,
    "images": config.imagesBytes,
    "memory.headroom": config.memory.headroomBytes,
    "pools.slots": sum(pools.map(({ slots }) => slots)),
    "pools.largestArena": Math.max(arenaFloor, ...pools.map(({ arenaBytes }) => arenaBytes)),
    "queues.length": sum(pools.map(({ queueLength }) => queueLength)) + config.proxy.queueLength,
    "routes.mostSubrequests": Math.max(0, ...handlerRoutes.map(({ limits }) => limits.subrequests)),
    "routes.count": config.routes.length,
    "tls": config.tls === null ? 0 : 1,
    "fleet": config.fleet === null ? 0 : 1,
    "pool.slots": pool?.slots ?? 0,
    "pool.arena": pool?.arenaBytes ?? 0,
  };
}
