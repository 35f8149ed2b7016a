// The storm's configuration: as small as its loads allow, so that the plan has no room for what it does not count.
import { fileOf } from "../hostile/hostile-gateway.ts";
import { inRepository } from "../support/gateway-process.ts";
import type { CountedRoute } from "./ledger.ts";

export interface Upstreams {
  readonly innocent: string;
  readonly troubled: string;
  readonly sockets: string;
}

/** Nobody listens there: port 1 needs a privilege that nobody uses. */
const REFUSING = "http://127.0.0.1:1";

const QUEUE = { length: 64, wait: "30s" };
// Faults must go on coming, so nothing is ejected for them.
const TROUBLED = { health: { passive: { failures: 0 } }, timeouts: { head: "1s", idle: "1s" } };
const HOSTILE = {
  pool: "hostile",
  upstream: "troubled",
  limits: { cpu: "40ms", wall: "700ms", body: "1Mi" },
};
/** So little that what it does on the host is well past it. */
const KEEPING = { ...HOSTILE, limits: { ...HOSTILE.limits, cpu: "20ms" } };
const INNOCENT = { upstream: "innocent", limits: { cpu: "5s", wall: "60s" } };
const BREAKER = { failures: 4, window: "2s", cooldown: "500ms" };
/** Where there is a queue of hostile requests, or of clients that send slowly, an innocent route keeps a slot. */
const RESERVED = { slots: { reserve: 1 } };

export function stormConfig(upstreams: Upstreams, hostile: readonly string[], log: object) {
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    threads: 2,
    images: "32Mi",
    limits: { connections: 640, headTimeout: "1s", bodyTimeout: "1s", replyTimeout: "2s" },
    upstreams: {
      innocent: { targets: [upstreams.innocent] },
      troubled: { targets: [upstreams.troubled], ...TROUBLED },
      refusing: { targets: [REFUSING], ...TROUBLED },
      sockets: { targets: [upstreams.sockets] },
    },
    pools: {
      hostile: { slots: 8, arena: "4Mi", queue: QUEUE },
      other: { slots: 4, arena: "4Mi", queue: QUEUE },
      large: { slots: 2, arena: "8Mi", queue: QUEUE },
    },
    proxy: { slots: 32, queue: QUEUE },
    upgrades: { slots: 4 },
    log,
    drain: { delay: "0s", deadline: "3s" },
    memory: { headroom: "0" },
    routes: routesOf(hostile),
  };
}

export function routesOf(hostile: readonly string[]): CountedRoute[] {
  return [
    ...hostile.map((name) => handled(`hostile.${name}`, fileOf(name), HOSTILE)),
    handled("keeper", KEEPER, KEEPING),
    handled("retried", KEEPER, { ...KEEPING, onOverflow: { retry: "large" } }),
    handled("resting", KEEPER, { ...KEEPING, onFailure: "next", breaker: BREAKER }),
    handled("large", "test/hostile/handlers/answer-large.ts", HOSTILE),
    handled("passed", PASSES, { ...HOSTILE, rewrite: { prefix: "/" } }),
    handled("innocent.same-pool", ANSWERS, { ...INNOCENT, ...RESERVED, pool: "hostile" }),
    handled("innocent.other-pool", ANSWERS, { ...INNOCENT, ...RESERVED, pool: "other" }),
    handled("innocent.passed", PASSES, { ...INNOCENT, ...RESERVED, pool: "hostile" }),
    handled("innocent.waiting", "test/integration/handlers/patient.ts", { ...INNOCENT, pool: "other" }),
    proxied("innocent.proxied", "innocent", RESERVED),
    proxied("refuse", "refusing"),
    proxied("socket", "sockets", { upgrade: true }),
    proxied("stamp", "troubled"),
    proxied("echo", "troubled"),
    proxied("fault", "troubled"),
  ];
}

const KEEPER = "test/storm/handlers/keeper.ts";
const PASSES = "test/bench/handlers/next.ts";
const ANSWERS = "test/hostile/handlers/answers.ts";

function handled(name: string, file: string, more: object): CountedRoute {
  return { ...under(name), handler: inRepository(file), ...more };
}

function proxied(name: string, upstream: string, more: object = {}): CountedRoute {
  return { ...under(name), ...{ upstream }, ...more };
}

/** In paths, a name's dot is a slash. */
function under(name: string): CountedRoute & { match: object } {
  return { name, match: { path: { prefix: `/${name.replace(".", "/")}` } } };
}

/** What the gateway cannot take up. */
export function faultyConfigs(good: ReturnType<typeof stormConfig>): string[] {
  const broken = handled("broken", "test/integration/handlers/broken.ts", HOSTILE);
  return [
    "{",
    "colour: blue",
    JSON.stringify({ ...good, pools: {} }),
    JSON.stringify({ ...good, threads: 3 }),
    JSON.stringify({ ...good, routes: [...good.routes, broken] }),
  ];
}
