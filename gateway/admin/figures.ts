/**
 * Everything that is counted about requests, as plain numbers: a request costs a few additions and no allocation, and
 * /metrics and the page read them when somebody asks.
 *
 * Owner: the admin side. Bound: one RouteFigures per configured route and one for requests without a route (whatever
 * clients send); one wait histogram per gate; one count per error code.
 */
import { gateNamesOf } from "../admit/gates.ts";
import type { GatewayConfig, RouteConfig } from "../config/types.ts";
import type { Code } from "../errors.ts";
import type { Failure, Observer, RequestRecord, TakenOverBy } from "../observer.ts";
import { DURATION_BOUNDS_S, Histogram } from "../shared/histogram.ts";
import { FailureRing } from "./failure-ring.ts";
import { LatencyWindow } from "./latency-window.ts";
import { LoopDelay } from "./loop-delay.ts";
import { HandlerFigures, RouteFigures, isSameRoute, isTimed } from "./route-figures.ts";

/** The label of requests that no route matched, or that ended before one was looked for. No route can have it as its name. */
export const NO_ROUTE = "(none)";

export class Figures implements Observer {
  readonly noRoute = new RouteFigures(NO_ROUTE, null);
  /** By gate: how long requests waited for their permit. */
  readonly waits: ReadonlyMap<string, Histogram>;
  readonly errors = new Map<Code, number>();
  readonly window = new LatencyWindow();
  readonly waitWindow = new LatencyWindow();
  readonly loopDelay = new LoopDelay();
  readonly failures = new FailureRing();
  requests = 0;
  consoleLinesDropped = 0;
  #routes: ReadonlyMap<string, RouteFigures> = new Map();

  constructor(config: GatewayConfig) {
    this.waits = new Map(gateNamesOf(config).map((gate) => [gate, new Histogram(DURATION_BOUNDS_S)]));
    this.adopted(config);
  }

  get routes(): Iterable<RouteFigures> {
    return this.#routes.values();
  }

  /** A new configuration: routes that are gone are forgotten, those that stay keep their counts. */
  adopted({ routes, pools }: GatewayConfig): void {
    const arenaBytes = (pool: string) => pools[pool]!.arenaBytes;
    this.#routes = new Map(routes.map((route) => [route.name, this.#figuresFor(route, arenaBytes)]));
  }

  requestEnded(record: RequestRecord, durationMs: number): void {
    const { route, gate, waitMs, error } = record;
    this.requests++;
    this.loopDelay.awake();
    // A request may outlive its route by a reload.
    const figures = (route === null ? undefined : this.#routes.get(route)) ?? this.noRoute;
    figures.ended(record, durationMs);
    if (isTimed(record)) this.window.observe(durationMs);
    if (error !== null) this.errors.set(error.code, (this.errors.get(error.code) ?? 0) + 1);
    if (gate === null) return;
    this.waits.get(gate)?.observe(waitMs / 1000);
    this.waitWindow.observe(waitMs);
  }

  handlerFailed(failure: Failure, capture: Buffer | null = null): void {
    this.failures.add(failure, capture);
    if (failure.route !== null) this.#routes.get(failure.route)?.handler?.failed(failure.cause);
  }

  takenOver(route: string, by: TakenOverBy): void {
    const handler = this.#routes.get(route)?.handler;
    if (handler) handler.takenOver[by]++;
  }

  broken(code: Code): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  consoleDropped(lines: number): void {
    this.consoleLinesDropped += lines;
  }

  #figuresFor(route: RouteConfig, arenaBytes: (pool: string) => number): RouteFigures {
    const known = this.#routes.get(route.name);
    if (known && isSameRoute(known, route)) return known;
    const { handler, name } = route;
    if (handler === null) return new RouteFigures(name, null);
    return new RouteFigures(name, new HandlerFigures(handler.file, handler.pool, arenaBytes(handler.pool)));
  }
}
