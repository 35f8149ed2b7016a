/**
 * A generation: everything that is made of one configuration and replaced when the next one takes over: the route
 * table, upstreams with their connections, and the handlers' images. What survives a change of configuration (the
 * listener, the arenas, the gates) belongs to the gateway.
 */
import { readFileSync, statSync } from "node:fs";
import { Breaker } from "./admit/breaker.ts";
import { type Routable, RouteTable } from "./admit/routes.ts";
import type { Arenas } from "./arena/arenas.ts";
import type { ReadConfig } from "./config/handover.ts";
import type {
  ActiveHealthConfig,
  GatewayConfig,
  HeaderRules as RuleConfig,
  RouteConfig,
  UpstreamConfig,
} from "./config/types.ts";
import type { Logger } from "./shared/log.ts";
import {
  type LoadedHandler,
  type LoadedHandlers,
  loadHandlers,
  unloadHandlers,
} from "./handle/handler-set.ts";
import type { Workshop } from "./handle/workshop.ts";
import { warmFailures } from "./handle/warm-failures.ts";
import type { CheckOptions } from "./proxy/active-check.ts";
import { targetAddress, type TlsToTarget } from "./proxy/connect.ts";
import type { CallTimeouts } from "./proxy/call.ts";
import type { Deadlines } from "./proxy/deadlines.ts";
import type { ForwardingPolicy, HeaderRules } from "./proxy/headers.ts";
import { Upstream, type UpstreamOptions } from "./proxy/upstream.ts";

/** Lines of a handler's console that are told when it has been loaded. */
const LOADING_LINES = 64;

/** How a route's requests go to one upstream: headers, and the upstream's timeouts as the route overrides them. */
export interface Way {
  readonly policy: ForwardingPolicy;
  readonly timeouts: CallTimeouts;
}

/** A route as requests use it. */
export interface Route extends Routable {
  readonly config: RouteConfig;
  readonly handler: LoadedHandler | null;
  readonly breaker: Breaker | null;
  readonly upstreams: readonly { readonly upstream: Upstream; readonly weight: number }[];
  /** What `env.NAME.fetch` reaches. */
  readonly bindings: ReadonlyMap<string, Upstream>;
  readonly responseRules: HeaderRules | null;
  /** How requests of this route go to each upstream. */
  readonly ways: ReadonlyMap<Upstream, Way>;
}

export class Generation {
  readonly config: GatewayConfig;
  readonly table: RouteTable<Route>;
  readonly routes: readonly Route[];
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** The files it was made from, for whoever watches them, and their state just before they were read. */
  readonly files: readonly string[];
  readonly signature: string;
  readonly #handlers: LoadedHandlers;
  readonly #arenas: Arenas;
  #users = 0;
  #retired = false;
  /** By "scheme://host:port", for a handler's global fetch. */
  readonly #byOrigin: ReadonlyMap<string, Upstream>;

  private constructor(
    config: GatewayConfig,
    upstreams: ReadonlyMap<string, Upstream>,
    handlers: LoadedHandlers,
    arenas: Arenas,
    readAtMs: number,
  ) {
    this.config = config;
    this.upstreams = upstreams;
    this.#handlers = handlers;
    this.#arenas = arenas;
    this.routes = config.routes.map((route) => compile(route, config, upstreams, handlers));
    this.table = new RouteTable(this.routes);
    this.#byOrigin = originsOf(config, upstreams);
    this.files = filesOf(config, handlers);
    this.signature = signatureOf(this.files, readAtMs);
  }

  /** What its handlers wrote to their consoles while they were loaded, and which of their warm requests failed. */
  tell(logger: Logger): void {
    for (const { name: handler, logs } of new Set(this.#handlers.values())) {
      for (const console of logs.slice(0, LOADING_LINES))
        logger.info({ handler, console }, "while it was loaded");
    }
    for (const failure of warmFailures(this.config.routes, this.#handlers)) {
      logger.warn(failure, "a warm request failed");
    }
  }

  /** Loads handlers and opens upstreams; it will follow `before`. Throws HandlerLoadError, and then nothing of it is left. */
  static async open(
    { config, readAtMs }: ReadConfig,
    arenas: Arenas,
    deadlines: Deadlines,
    { workshop, before }: { workshop?: Workshop; before?: Generation } = {},
  ): Promise<Generation> {
    const loaded = before ? before.#handlers : undefined;
    const handlers = await loadHandlers(config.routes, config.pools, arenas, { workshop, before: loaded });
    try {
      const upstreams = new Map<string, Upstream>();
      for (const [name, entry] of Object.entries(config.upstreams)) {
        upstreams.set(name, new Upstream(name, upstreamOptions(entry, config), deadlines));
      }
      await Promise.all([...upstreams.values()].map((upstream) => upstream.start()));
      return new Generation(config, upstreams, handlers, arenas, readAtMs);
    } catch (error) {
      unloadHandlers(handlers, arenas);
      throw error;
    }
  }

  /** The declared upstream that an absolute URL belongs to. */
  upstreamOf(url: URL): Upstream | undefined {
    return this.#byOrigin.get(url.origin);
  }

  /** A request uses it: until the last one has called `leave`, a retired generation stays whole. */
  enter(): void {
    this.#users++;
  }

  leave(): void {
    this.#users--;
    if (this.#retired && this.#users === 0) void this.#close();
  }

  /** No new requests; what it holds is freed with the last one. */
  retire(): void {
    this.#retired = true;
    if (this.#users === 0) void this.#close();
  }

  async #close(): Promise<void> {
    unloadHandlers(this.#handlers, this.#arenas);
    await Promise.all([...this.upstreams.values()].map((upstream) => upstream.close()));
  }

  destroy(): void {
    for (const upstream of this.upstreams.values()) upstream.destroy();
  }
}

function filesOf({ tls, upstreams, file }: GatewayConfig, handlers: LoadedHandlers): string[] {
  const ofUpstreams = Object.values(upstreams).flatMap(({ tls }) => [tls.caFile, tls.certFile, tls.keyFile]);
  const ofHandlers = [...handlers.values()].flatMap(({ inputs }) => inputs);
  const named = [file, tls?.certFile, tls?.keyFile, ...ofUpstreams, ...ofHandlers];
  return [...new Set(named.filter((name) => name !== undefined && name !== null))];
}

/**
 * What tells one state of the files from another: through symbolic links, so that a swap shows. A file that changed after
 * `untilMs` counts as unknown: it may have been read before or after the change.
 */
export function signatureOf(files: readonly string[], untilMs = Infinity): string {
  return files
    .map((file) => {
      const stats = statSync(file, { throwIfNoEntry: false });
      if (!stats || stats.mtimeMs > untilMs) return `${file} ?`;
      return `${file} ${stats.ino} ${stats.size} ${stats.mtimeMs}`;
    })
    .join("\n");
}

function compile(
  config: RouteConfig,
  gateway: GatewayConfig,
  upstreams: ReadonlyMap<string, Upstream>,
  handlers: LoadedHandlers,
): Route {
  const named = (name: string) => upstreams.get(name)!;
  const request = rulesOf(config.requestHeaders);
  const responseRules = rulesOf(config.responseHeaders);
  const ways = new Map<Upstream, Way>();
  for (const [name, upstream] of upstreams) {
    const policy = policyOf(gateway.upstreams[name]!, request, responseRules);
    ways.set(upstream, { policy, timeouts: timeoutsOf(config, upstream) });
  }
  return {
    config,
    match: config.match,
    handler: handlers.get(config.name) ?? null,
    breaker: config.handler?.breaker ? new Breaker(config.handler.breaker) : null,
    upstreams: config.upstreams.map(({ name, weight }) => ({ upstream: named(name), weight })),
    bindings: new Map(
      Object.entries(config.handler?.bindings ?? {}).map(([key, name]) => [key, named(name)]),
    ),
    responseRules,
    ways,
  };
}

function policyOf(
  { host }: UpstreamConfig,
  request: HeaderRules | null,
  response: HeaderRules | null,
): ForwardingPolicy {
  const sent = host.kind === "keep" ? null : host.kind === "target" ? "target" : host.value;
  return { forwarded: "both", via: "nea", host: sent, request, response };
}

function rulesOf({ remove, set, add }: RuleConfig): HeaderRules | null {
  const rules = { remove, set: Object.entries(set), add: Object.entries(add) };
  return remove.length + rules.set.length + rules.add.length === 0 ? null : rules;
}

function timeoutsOf({ timeouts }: RouteConfig, { options }: Upstream): CallTimeouts {
  const { headMs, idleMs, totalMs } = timeouts;
  const own = options.timeouts;
  return {
    headMs: headMs ?? own.headMs,
    idleMs: idleMs ?? own.idleMs,
    bodyIdleMs: own.bodyIdleMs,
    totalMs: totalMs ?? own.totalMs,
  };
}

function upstreamOptions(config: UpstreamConfig, { limits, proxy }: GatewayConfig): UpstreamOptions {
  const { timeouts, activeHealth, passiveHealth } = config;
  return {
    targets: config.targets.map(({ url }) => ({ address: targetAddress(url, tlsOf(config)), weight: 1 })),
    balance: config.balance,
    resolveMs: config.resolveMs,
    retries: Math.max(0, config.retry.attempts - 1),
    target: {
      connections: config.connections,
      pending: config.pending,
      health: { failures: passiveHealth.failures, ejectMs: passiveHealth.ejectMs },
    },
    engine: {
      connections: config.connections,
      keepAliveMs: timeouts.keepAliveMs,
      headBytes: limits.headBytes,
      connectMs: timeouts.connectMs,
      bufferBytes: proxy.bufferBytes,
    },
    timeouts: {
      headMs: timeouts.headMs,
      idleMs: timeouts.idleMs,
      bodyIdleMs: limits.bodyTimeoutMs,
      totalMs: timeouts.totalMs ?? 0,
    },
    check: activeHealth === null ? undefined : checkOptions(activeHealth),
  };
}

function checkOptions({
  path,
  intervalMs,
  timeoutMs,
  failures,
  successes,
}: ActiveHealthConfig): CheckOptions {
  return { path, intervalMs, timeoutMs, healthyAfter: successes, unhealthyAfter: failures };
}

function tlsOf({ tls }: UpstreamConfig): TlsToTarget {
  const read = (file: string | null) => (file === null ? undefined : readFileSync(file, "utf8"));
  return {
    ca: read(tls.caFile),
    cert: read(tls.certFile),
    key: read(tls.keyFile),
    serverName: tls.servername ?? undefined,
    verify: tls.verify,
  };
}

function originsOf(config: GatewayConfig, upstreams: ReadonlyMap<string, Upstream>): Map<string, Upstream> {
  const origins = new Map<string, Upstream>();
  for (const [name, { targets }] of Object.entries(config.upstreams)) {
    for (const target of targets) {
      if (target.protocol !== "unix") origins.set(new URL(target.url).origin, upstreams.get(name)!);
    }
  }
  return origins;
}
