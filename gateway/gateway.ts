/**
 * The life of a request, in one place:
 *
 *   accept   onExchange      a head that two parsers could read differently ends here
 *   admit    #route #admit   a route, and a permit of its gate
 *   arena    #handle         a slot, a run; a failed one may be taken over: run again, or sent upstream
 *     or     #forward        an upstream
 *   reply    in both         ...
 *   reset    permit.release  when the slot is clean
 *
 * Every request that has a head ends in exactly one access-log line.
 */
import type { AddressInfo } from "node:net";
import { AccessLog } from "./access-log.ts";
import type { Arrival, Exchange, UpgradeExchange } from "./accept/exchange.ts";
import { Listener } from "./accept/listener.ts";
import { type RequestHead, valueOf } from "./accept/head.ts";
import { listenerOptions } from "./accept/listener-options.ts";
import type { Gate, Permit } from "./admit/gate.ts";
import { Gates, PROXY_GATE, UPGRADE_GATE } from "./admit/gates.ts";
import type { Arenas } from "./arena/arenas.ts";
import { captureOf } from "./capture.ts";
import { GatewayError } from "./errors.ts";
import { failureOf, logFailure } from "./failure.ts";
import { Generation, type Route } from "./generation.ts";
import { LOG_LEVEL } from "./handle/abi.ts";
import { consoleEntry } from "./handle/console-text.ts";
import { HandlerExchange, type Served } from "./handle/served.ts";
import { rewrite } from "./handle/subrequests.ts";
import type { GatewayConfig } from "./config/types.ts";
import { totalWeight, weighted } from "./proxy/balance.ts";
import type { Deadlines } from "./proxy/deadlines.ts";
import { type ForwardedRequest, asItCame, forward } from "./proxy/forward.ts";
import { forwardUpgrade, type Tunnel } from "./proxy/upgrade.ts";
import type { Upstream } from "./proxy/upstream.ts";
import { refuse, refuseUpgrade } from "./reply/refuse.ts";
import { sendReply } from "./reply/send.ts";
import { redirectTo } from "./reply/redirect.ts";
import type { Observer } from "./observer.ts";
import { Request } from "./request.ts";
import { assert } from "./shared/assert.ts";
import type { Logger } from "./shared/log.ts";

export interface GatewayParts {
  config: GatewayConfig;
  arenas: Arenas;
  deadlines: Deadlines;
  generation: Generation;
  logger: Logger;
  observer: Observer;
}

export class Gateway {
  readonly gates: Gates;
  readonly listener: Listener;
  /** Requests between their head and their access-log line. */
  active = 0;
  generation: Generation;
  readonly #arenas: Arenas;
  readonly #deadlines: Deadlines;
  readonly #logger: Logger;
  readonly #observer: Observer;
  #accessLog: AccessLog;
  #replyIdleMs: number;
  #onIdle: (() => void) | undefined;
  /** Upgraded connections, at most as many as the upgrade gate has slots. */
  readonly #tunnels = new Set<Tunnel>();

  constructor({ config, arenas, deadlines, generation, logger, observer }: GatewayParts) {
    this.generation = generation;
    this.#arenas = arenas;
    this.#deadlines = deadlines;
    this.#logger = logger;
    this.#observer = observer;
    this.#accessLog = new AccessLog(logger, config.log.sample2xx);
    this.#replyIdleMs = config.limits.replyTimeoutMs;
    this.gates = new Gates(config);
    this.listener = new Listener(listenerOptions(config), {
      onExchange: (exchange) => this.#onExchange(exchange),
      onUpgrade: (upgrade) => this.#onUpgrade(upgrade),
      allowsUpgrade: (head) => this.#allowsUpgrade(head),
      onBroken: (error, requestId) => this.#broken(error, requestId),
    });
  }

  /** New requests belong to this generation from now on; the one before keeps what it has begun. */
  adopt(generation: Generation): void {
    const { config } = generation;
    const before = this.generation;
    this.generation = generation;
    this.#accessLog = new AccessLog(this.#logger, config.log.sample2xx);
    this.#logger.level = config.log.level;
    this.#replyIdleMs = config.limits.replyTimeoutMs;
    this.gates.reconfigure(config);
    this.#observer.adopted(config);
    before.retire();
  }

  listen(): Promise<AddressInfo> {
    return this.listener.listen();
  }

  /** Ends upgraded connections, which end by themselves only when one of the two sides wants to: at the drain's deadline. */
  endUpgrades(): void {
    for (const tunnel of this.#tunnels) tunnel.abort(new GatewayError("ADMIT_DRAINING"));
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    if (this.active === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#onIdle = resolve));
  }

  // accept -------------------------------------------------------------------------------------------------------

  #onExchange(exchange: Exchange): void {
    this.active++;
    const { generation } = this;
    generation.enter();
    const request = new Request(
      (error) => refuse(exchange, error),
      () => {
        request.bytesIn = exchange.body?.receivedBytes ?? 0;
        this.#ended(exchange, request, generation);
      },
    );
    if (exchange.fault) return request.refuse(exchange.fault);
    try {
      this.#route(exchange, request, generation);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      request.refuse(error);
    }
  }

  /** False for a path that has no route as well: it is refused as an ordinary request. */
  #allowsUpgrade(head: RequestHead): boolean {
    try {
      return routeOf(this.generation, head)?.config.upgrade === true;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return false;
    }
  }

  /** A WebSocket's route takes upgrades, or it would have come as an ordinary request. */
  #onUpgrade(upgrade: UpgradeExchange): void {
    this.active++;
    const { generation } = this;
    generation.enter();
    const request = new Request(
      (error) => refuseUpgrade(upgrade, error),
      () => this.#ended(upgrade, request, generation),
    );
    try {
      this.#tunnel(upgrade, request, generation);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      request.refuse(error);
    }
  }

  #ended(arrival: Arrival, request: Request, generation: Generation): void {
    generation.leave();
    const durationMs = performance.now() - arrival.acceptedAtMs;
    request.passage?.ended(
      request.handlerMs === null ? "neither" : request.aborted ? "aborted" : "well",
      performance.now(),
    );
    this.#observer.requestEnded(request, durationMs);
    this.#accessLog.write(arrival, request, durationMs);
    this.active--;
    if (this.active === 0) this.#onIdle?.();
  }

  /** Bytes that never became a request: answered already, and there is nothing else to be done with them. */
  #broken({ status, code }: GatewayError, requestId: string): void {
    this.#observer.broken(code);
    this.#logger.info({ requestId, status, code }, "broken");
  }

  // admit --------------------------------------------------------------------------------------------------------

  #route(exchange: Exchange, request: Request, generation: Generation): void {
    const route = routeOf(generation, exchange.head);
    if (!route) throw new GatewayError("ADMIT_NO_ROUTE");
    request.route = route.config.name;
    const { body } = exchange;
    if (body) {
      body.limitBytes = route.config.limits.bodyBytes;
      const tooLarge = body.tooLarge();
      if (tooLarge) throw tooLarge;
    }
    const { redirect } = route.config;
    if (redirect) {
      sendReply(exchange, redirectTo(redirect, route, exchange));
      return request.end(redirect.status, null, 0);
    }
    this.#admit({ exchange, request, route, generation });
  }

  #admit(visit: Visit): void {
    const { handler } = visit.route.config;
    if (!handler) return this.#goOn(visit);
    const passage = visit.route.breaker?.pass(performance.now());
    if (passage === null) return this.#rest(visit);
    visit.request.passage = passage ?? null;
    this.#enter(visit, handler.pool, (permit) => this.#handle(visit, handler.pool, permit));
  }

  /** The route's handler rests: its breaker is open. */
  #rest(visit: Visit): void {
    const { breaker, config } = visit.route;
    if (config.handler!.onFailure === "next") return this.#goOn(visit);
    const retryAfterS = breaker!.retryAfterS(performance.now());
    throw new GatewayError("ARENA_ROUTE_TRIPPED", "its handler failed too often", { retryAfterS });
  }

  /** Calls `go` with a permit of the gate, now or when there is one; if there will be none, the request is refused. */
  #enter({ exchange, request }: Visit, gateName: string, go: (permit: Permit) => void): void {
    const gate = this.gates.of(gateName);
    const enter = (permit: Permit) => {
      request.waitMs += permit.waitedMs;
      request.gate = gateName;
      go(permit);
    };
    const permit = gate.take(request.route!);
    if (permit) return enter(permit);
    void this.#queue(exchange, gate, request.route!).then(enter, (error: unknown) => {
      if (!(error instanceof GatewayError)) throw error;
      request.refuse(error);
    });
  }

  /** Waits for a permit; a client that leaves gives its place to the next. */
  async #queue(exchange: Exchange, gate: Gate, key: string): Promise<Permit> {
    const leaves = new AbortController();
    exchange.watcher = { responseClosed: () => leaves.abort() };
    return gate.acquire(leaves.signal, key);
  }

  // arena, handle ------------------------------------------------------------------------------------------------

  #handle(visit: Visit, poolName: string, permit: Permit): void {
    const { exchange, request, route, generation } = visit;
    const { retryPool, onFailure } = route.config.handler!;
    const handler = route.handler!;
    const pool = this.#arenas.pools.get(poolName)!;
    request.handler = handler.name;
    request.pool = poolName;
    if (retryPool !== null || onFailure === "next" || generation.config.capture) exchange.body?.keep();
    // The arena is made clean from the image, which may take longer than the request.
    generation.enter();
    const served = new HandlerExchange(exchange, {
      place: { arenas: this.#arenas, pool, image: handler.image, deadlines: this.#deadlines },
      route,
      handler,
      generation,
      replyIdleMs: this.#replyIdleMs,
      log: (level, text) => this.#console(exchange, route, level, text),
      freed: () => {
        permit.release();
        generation.leave();
      },
      takeOver: (failed) => this.#takeOver(visit, failed),
      passOn: (forwarded, outcome) => {
        this.#explain(exchange, request, outcome);
        request.handled(outcome);
        this.#goOn(visit, forwarded);
      },
      done: (outcome) => {
        this.#explain(exchange, request, outcome);
        request.endHandled(outcome);
      },
    });
    served.start();
  }

  /** A failure that nobody outside has seen: run again in larger arenas, or sent upstream, if the route says so. */
  #takeOver(visit: Visit, failed: Served): boolean {
    const { exchange, request, route } = visit;
    const { retryPool, onFailure } = route.config.handler!;
    const again = failed.cause === "memory" && retryPool !== null && request.pool !== retryPool;
    const ownFault = failed.cause !== null || /^HANDLE_/.test(failed.error!.code);
    if (!again && !(onFailure === "next" && ownFault)) return false;
    this.#explain(exchange, request, failed);
    request.handled(failed);
    exchange.body?.rewind();
    const { requestId, traceId } = exchange;
    const { route: name, handler, pool } = request;
    const known = { requestId, traceId, route: name, handler, pool, code: failed.error!.code };
    this.#observer.takenOver(name!, again ? "retry_pool" : "upstream");
    if (again) {
      this.#logger.warn({ ...known, retryPool }, `run again in pool ${retryPool}`);
      this.#enter(visit, retryPool, (permit) => this.#handle(visit, retryPool, permit));
    } else {
      this.#logger.warn(known, "passed on to the upstream after a failure");
      this.#goOn(visit);
    }
    return true;
  }

  /** To the route's upstream: instead of its handler, or because that has nothing more to say. */
  #goOn(visit: Visit, forwarded?: ForwardedRequest): void {
    this.#enter(visit, PROXY_GATE, (permit) => this.#forward(visit, permit, forwarded));
  }

  #explain(exchange: Exchange, request: Request, outcome: Served): void {
    const { logsDropped } = outcome;
    if (logsDropped > 0) {
      const { requestId, traceId } = exchange;
      const { route, handler } = request;
      this.#logger.warn({ requestId, traceId, route, handler, logsDropped }, "console lines dropped");
      this.#observer.consoleDropped(logsDropped);
    }
    const arenaBytes = this.#arenas.pools.get(request.pool!)!.arenaBytes;
    const failure = failureOf(exchange, request, outcome, arenaBytes);
    if (!failure) return;
    logFailure(this.#logger, failure);
    this.#observer.handlerFailed(failure, this.generation.config.capture ? captureOf(exchange) : null);
  }

  #console({ requestId, traceId }: Exchange, { config, handler }: Route, level: number, text: string): void {
    const entry = handler ? consoleEntry(text, level, handler.positions) : { console: text };
    const line = { requestId, traceId, route: config.name, handler: handler?.name, ...entry };
    if (level === LOG_LEVEL.debug) this.#logger.debug(line);
    else if (level === LOG_LEVEL.info) this.#logger.info(line);
    else if (level === LOG_LEVEL.warn) this.#logger.warn(line);
    else this.#logger.error(line);
  }

  // proxy --------------------------------------------------------------------------------------------------------

  /** What goes on is the client's request as it came, unless a handler has had it. */
  #forward({ exchange, request, route }: Visit, permit: Permit, forwarded?: ForwardedRequest): void {
    const upstream = upstreamOf(route);
    const { policy, timeouts } = route.ways.get(upstream)!;
    const options = {
      upstream,
      policy,
      timeouts,
      replyIdleMs: this.#replyIdleMs,
      request: forwarded ?? asItCame(exchange, rewrite(exchange.target, route)),
    };
    forward(exchange, options, (outcome) => {
      permit.release();
      request.target = outcome.target;
      if (outcome.error && !outcome.replied) return request.refuse(outcome.error);
      request.end(outcome.status, outcome.error, outcome.bytesOut);
    });
  }

  /** Upgrades have slots of their own and no queue: a client of a long-lived connection can come again. */
  #tunnel(upgrade: UpgradeExchange, request: Request, generation: Generation): void {
    const route = routeOf(generation, upgrade.head);
    if (!route?.config.upgrade) throw new GatewayError("ACCEPT_UPGRADE_REFUSED");
    request.route = route.config.name;
    request.gate = UPGRADE_GATE;
    const permit = this.gates.of(UPGRADE_GATE).take(route.config.name);
    if (!permit) throw new GatewayError("ADMIT_QUEUE_FULL", "every upgrade slot is taken");
    const upstream = upstreamOf(route);
    const { policy, timeouts } = route.ways.get(upstream)!;
    const { idleTimeoutMs: idleMs } = generation.config.upgrades;
    const options = {
      upstream,
      policy,
      idleMs,
      handshakeMs: timeouts.headMs,
      target: rewrite(upgrade.target, route),
    };
    const tunnel = forwardUpgrade(upgrade, options, (outcome) => {
      this.#tunnels.delete(tunnel);
      permit.release();
      request.target = outcome.target;
      request.bytesIn = outcome.bytesIn;
      if (outcome.error && !outcome.replied) return request.refuse(outcome.error);
      request.end(outcome.status, outcome.error, outcome.bytesOut);
    });
    this.#tunnels.add(tunnel);
  }
}

/** A route without a handler has an upstream (the configuration is checked for it); of several, one by weight. */
function upstreamOf({ upstreams }: Route): Upstream {
  const choice = weighted(upstreams, Math.random() * totalWeight(upstreams));
  assert(choice, "the route has an upstream");
  return choice.upstream;
}

/** One request on its way through the stages. */
interface Visit {
  readonly exchange: Exchange;
  readonly request: Request;
  readonly route: Route;
  readonly generation: Generation;
}

/** Throws ACCEPT_BAD_REQUEST for a path that has no canonical form. */
function routeOf({ table }: Generation, head: RequestHead): Route | null {
  const { method, target, host } = head;
  const query = target.indexOf("?");
  return table.find({
    method,
    path: query === -1 ? target : target.slice(0, query),
    host: host ?? "",
    queryString: query === -1 ? "" : target.slice(query + 1),
    header: (name) => valueOf(head, name),
  });
}
