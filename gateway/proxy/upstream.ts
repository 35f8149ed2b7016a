// A named upstream: its targets, who gets the next request, and who is out. Owner: the gateway, one per config
// generation. Bound: targets x (connections + pending). Full: PROXY_TARGETS_BUSY; nobody left: PROXY_NO_TARGET.
// Released by `close()`, which lets running requests finish. Watched through `stats()`.
import { isIP } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { GatewayError } from "../errors.ts";
import { DURATION_BOUNDS_S, Histogram } from "../shared/histogram.ts";
import { leastPending, roundRobin, sticky } from "./balance.ts";
import { Call, type CallTimeouts, type Dispatching } from "./call.ts";
import { ActiveCheck, type CheckOptions } from "./active-check.ts";
import type { TargetAddress } from "./connect.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Engine, ResponseSink, UpstreamRequest } from "./engine.ts";
import { addressesOf, systemLookup, type Lookup } from "./resolve.ts";
import { RetryBudget } from "./retry-budget.ts";
import { Target, type TargetOptions, type TargetStats } from "./target.ts";
import { Http1Engine, type EngineOptions } from "./http1-engine.ts";

export interface ListedTarget {
  readonly address: TargetAddress;
  readonly weight: number;
}

export interface UpstreamOptions {
  readonly targets: readonly ListedTarget[];
  readonly balance: "least-pending" | "round-robin";
  /** How often names are looked up again; 0: once. */
  readonly resolveMs: number;
  readonly retries: number;
  readonly target: TargetOptions;
  readonly engine: EngineOptions;
  readonly timeouts: CallTimeouts;
  readonly check?: CheckOptions | undefined;
}

/** Replaceable from outside because tests must not depend on a name server. */
export interface UpstreamParts {
  readonly lookup?: Lookup;
  readonly createEngine?: (address: TargetAddress, options: EngineOptions) => Engine;
}

export class Upstream implements Dispatching {
  readonly name: string;
  readonly options: UpstreamOptions;
  readonly deadlines: Deadlines;
  readonly retryBudget = new RetryBudget();
  readonly lineMs: number;
  readonly retries: number;
  /** For metrics; kept here, as targets come and go with every lookup of their name. */
  requests = 0;
  failures = 0;
  ejections = 0;
  /** Requests sent a second time. */
  retried = 0;
  /** From the request being sent to the head of its answer, in seconds. */
  readonly headTimes = new Histogram(DURATION_BOUNDS_S);
  readonly #parts: UpstreamParts;
  readonly #leaving = new Set<Promise<void>>();
  #targets: Target[] = [];
  #turn = 0;
  #resolver: NodeJS.Timeout | null = null;
  #resolving = false;
  #checks: ActiveCheck | null = null;
  #closed = false;

  constructor(name: string, options: UpstreamOptions, deadlines: Deadlines, parts: UpstreamParts = {}) {
    this.name = name;
    this.options = options;
    this.deadlines = deadlines;
    this.lineMs = options.engine.connectMs;
    this.retries = options.retries;
    this.#parts = parts;
  }

  get targets(): readonly Target[] {
    return this.#targets;
  }

  /**
   * Looks the targets up for the first time, for as long as connecting may take. Names that do not resolve yet are
   * not an error: they may later.
   */
  async start(): Promise<void> {
    await Promise.race([this.#resolve(), delay(this.lineMs, undefined, { ref: false })]);
    if (this.#closed) return;
    const { resolveMs, check } = this.options;
    if (resolveMs > 0 && this.options.targets.some(needsLookup)) {
      this.#resolver = setInterval(() => void this.#resolve(), resolveMs).unref();
    }
    if (check !== undefined) this.#checks = new ActiveCheck(this, check);
  }

  /** Sends a request; the sink hears the rest. `stickyKey` keeps one client on one target while it lives. */
  send(request: UpstreamRequest, sink: ResponseSink, options: SendOptions = {}): Call {
    this.retryBudget.earn();
    return new Call(
      this,
      request,
      options.timeouts ?? this.options.timeouts,
      sink,
      options.stickyKey ?? null,
    );
  }

  pick(stickyKey: string | null, not: Target | null): Target | GatewayError {
    if (not !== null) this.retried += 1;
    const nowMs = performance.now();
    const [only] = this.#targets;
    if (only !== undefined && this.#targets.length === 1) return this.#onlyIf(only, nowMs);
    const alive = this.#targets.filter((target) => target.health.accepts(nowMs));
    const others = not !== null ? alive.filter((target) => target !== not) : alive;
    const able = (others.length > 0 ? others : alive).filter((target) => target.hasRoom);
    return this.#choose(able, stickyKey) ?? this.#nobody(alive.length > 0);
  }

  #onlyIf(target: Target, nowMs: number): Target | GatewayError {
    const alive = target.health.accepts(nowMs);
    return alive && target.hasRoom ? target : this.#nobody(alive);
  }

  #nobody(busy: boolean): GatewayError {
    return new GatewayError(busy ? "PROXY_TARGETS_BUSY" : "PROXY_NO_TARGET", this.name);
  }

  failed(target: Target): void {
    target.failures += 1;
    this.failures += 1;
    const nowMs = performance.now();
    const others = this.#targets.some((other) => other !== target && other.health.accepts(nowMs));
    const before = target.health.ejections;
    target.health.failed(nowMs, others);
    this.ejections += target.health.ejections - before;
  }

  stats(): readonly TargetStats[] {
    const nowMs = performance.now();
    return this.#targets.map((target) => target.stats(nowMs));
  }

  /** Running requests finish; then every connection is closed. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all([...this.#targets.map((target) => target.close()), ...this.#leaving]);
  }

  /** Ends everything now. */
  destroy(): void {
    this.#stop();
    for (const target of this.#targets) target.engine.destroy();
  }

  #stop(): void {
    this.#closed = true;
    if (this.#resolver !== null) clearInterval(this.#resolver);
    this.#checks?.stop();
  }

  #choose(able: readonly Target[], stickyKey: string | null): Target | null {
    if (able.length <= 1) return able[0] ?? null;
    if (stickyKey !== null) return sticky(able, stickyKey);
    this.#turn = (this.#turn + 1) >>> 0;
    return this.options.balance === "round-robin"
      ? roundRobin(able, this.#turn)
      : leastPending(able, this.#turn);
  }

  // One round at a time: a name server that is slow must not have rounds overtake each other.
  async #resolve(): Promise<void> {
    if (this.#resolving) return;
    this.#resolving = true;
    const found = await Promise.all(this.options.targets.map((listed) => this.#addresses(listed)));
    this.#resolving = false;
    if (!this.#closed) this.#become(found.flat());
  }

  // A lookup that fails says nothing about the pods: keep what was known.
  async #addresses(listed: ListedTarget): Promise<readonly ListedTarget[]> {
    if (!needsLookup(listed)) return [listed];
    try {
      const found = await addressesOf(listed.address.name, this.#parts.lookup ?? systemLookup);
      return found.map((host) => ({
        ...listed,
        address: { ...listed.address, host, label: labelOf(listed, host) },
      }));
    } catch {
      const known = this.#targets.filter((target) => target.address.name === listed.address.name);
      return known.map((target) => ({ address: target.address, weight: target.weight }));
    }
  }

  #become(wanted: readonly ListedTarget[]): void {
    const before = new Map(this.#targets.map((target) => [target.label, target]));
    this.#targets = wanted.map((listed) => before.get(listed.address.label) ?? this.#create(listed));
    for (const target of before.values()) if (!this.#targets.includes(target)) this.#retire(target);
  }

  #create(listed: ListedTarget): Target {
    const create = this.#parts.createEngine ?? ((address, options) => new Http1Engine(address, options));
    const engine = create(listed.address, this.options.engine);
    return new Target(listed.address, engine, listed.weight, this.options.target);
  }

  #retire(target: Target): void {
    const leaving = target.close().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}

export interface SendOptions {
  readonly timeouts?: CallTimeouts | undefined;
  readonly stickyKey?: string | null;
}

function needsLookup(listed: ListedTarget): boolean {
  return !listed.address.unix && isIP(listed.address.name) === 0;
}

function labelOf(listed: ListedTarget, host: string): string {
  return `${listed.address.label} (${host})`;
}
