// One place an upstream's requests can go. Owner: its Upstream. Bound: `connections` requests run, at most
// `pending` more wait for a connection in line; one more is refused (the caller picks another target or answers
// 503). A waiting request that is aborted leaves the line at once. Watched through `stats`.
import { GatewayError } from "../errors.ts";
import type { Engine, EngineCall, ResponseSink, UpstreamRequest } from "./engine.ts";
import type { TargetAddress } from "./connect.ts";
import { Health, type HealthOptions } from "./health.ts";

export interface TargetOptions {
  readonly connections: number;
  readonly pending: number;
  readonly health: HealthOptions;
}

export interface TargetStats {
  readonly target: string;
  readonly state: string;
  readonly running: number;
  readonly waiting: number;
  readonly upgrades: number;
  readonly connections: number;
  readonly requests: number;
  readonly failures: number;
  readonly ejections: number;
}

interface Waiter {
  readonly request: UpstreamRequest;
  readonly sink: ResponseSink;
  readonly line: WaitingCall;
}

export class Target {
  readonly label: string;
  readonly address: TargetAddress;
  readonly weight: number;
  readonly health: Health;
  readonly engine: Engine;
  readonly #options: TargetOptions;
  readonly #waiting: Waiter[] = [];
  running = 0;
  /** Upgraded connections: not in the caps (they have slots of their own), but they count when targets are compared. */
  upgrades = 0;
  requests = 0;
  failures = 0;
  #idle: (() => void) | null = null;

  constructor(address: TargetAddress, engine: Engine, weight: number, options: TargetOptions) {
    this.address = address;
    this.label = address.label;
    this.weight = weight;
    this.engine = engine;
    this.#options = options;
    this.health = new Health(options.health);
  }

  get pending(): number {
    return this.running + this.#waiting.length + this.upgrades;
  }

  get hasRoom(): boolean {
    return this.pending - this.upgrades < this.#options.connections + this.#options.pending;
  }

  /** The caller must call `finished()` once the sink has heard its last. */
  send(request: UpstreamRequest, sink: ResponseSink): EngineCall {
    this.requests += 1;
    this.health.began(performance.now());
    if (this.running < this.#options.connections) return this.#run(request, sink);
    const line = new WaitingCall(this, sink);
    this.#waiting.push({ request, sink, line });
    return line;
  }

  finished(): void {
    this.running -= 1;
    if (this.pending === this.upgrades) this.#idle?.();
    while (this.running < this.#options.connections) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next.line.call = this.#run(next.request, next.sink);
    }
  }

  /** Takes a waiting call out of the line. */
  leave(line: WaitingCall): void {
    const at = this.#waiting.findIndex((waiter) => waiter.line === line);
    if (at >= 0) this.#waiting.splice(at, 1);
    // It never ran, and `finished()` will be called for it like for any other.
    this.running += 1;
  }

  /** Finishes what it has, those in line included, and closes its connections. The caller sends it nothing more. */
  async close(): Promise<void> {
    if (this.pending > this.upgrades) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.engine.close();
  }

  stats(nowMs: number): TargetStats {
    return {
      target: this.label,
      state: this.health.state(nowMs),
      running: this.running,
      waiting: this.#waiting.length,
      upgrades: this.upgrades,
      connections: this.engine.connections,
      requests: this.requests,
      failures: this.failures,
      ejections: this.health.ejections,
    };
  }

  #run(request: UpstreamRequest, sink: ResponseSink): EngineCall {
    this.running += 1;
    return this.engine.send(request, sink);
  }
}

/** Stands in for an engine's call until a connection is free. */
export class WaitingCall implements EngineCall {
  readonly #target: Target;
  readonly #sink: ResponseSink;
  call: EngineCall | null = null;

  constructor(target: Target, sink: ResponseSink) {
    this.#target = target;
    this.#sink = sink;
  }

  get inLine(): boolean {
    return this.call === null;
  }

  resume(): void {
    this.call?.resume();
  }

  abort(error: GatewayError): void {
    if (this.call !== null) return this.call.abort(error);
    this.#target.leave(this);
    this.#sink.onError(error);
  }
}
