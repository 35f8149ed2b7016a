// The listener and the proxy wired together the way gateway.ts does it, without routes, slots or handlers: what
// the proxy tests talk to.
import type { AddressInfo } from "node:net";
import { Listener, type ListenerOptions } from "../../gateway/accept/listener.ts";
import type { Exchange, UpgradeExchange } from "../../gateway/accept/exchange.ts";
import type { GatewayError } from "../../gateway/errors.ts";
import { targetAddress, type TlsToTarget } from "../../gateway/proxy/connect.ts";
import { Deadlines } from "../../gateway/proxy/deadlines.ts";
import type { Outcome } from "../../gateway/proxy/delivery.ts";
import { asItCame, forward } from "../../gateway/proxy/forward.ts";
import { plainPolicy, type ForwardingPolicy } from "../../gateway/proxy/headers.ts";
import { Upstream, type UpstreamOptions, type UpstreamParts } from "../../gateway/proxy/upstream.ts";
import { refuse } from "../../gateway/reply/refuse.ts";

export interface SmallGatewayOptions {
  readonly targets: readonly string[];
  readonly tls?: TlsToTarget;
  readonly listener?: Partial<ListenerOptions>;
  readonly upstream?: Partial<UpstreamOptions>;
  readonly policy?: Partial<ForwardingPolicy>;
  readonly replyIdleMs?: number;
  readonly bodyLimitBytes?: number;
  readonly parts?: UpstreamParts;
  /** Instead of forwarding. */
  readonly serve?: (exchange: Exchange, gateway: SmallGateway) => void;
  readonly upgrade?: (upgrade: UpgradeExchange, gateway: SmallGateway) => void;
}

const listenerDefaults: ListenerOptions = {
  host: "127.0.0.1",
  port: 0,
  connections: 1000,
  overflow: 16,
  headBytes: 16 * 1024,
  head: { targetBytes: 8192, headerCount: 100 },
  headMs: 10_000,
  keepAliveMs: 5000,
  requestsPerConnection: 0,
  bufferBytes: 64 * 1024,
  backlog: 511,
  trustedProxies: [],
  restBytes: 256 * 1024,
  restMs: 1000,
};

const upstreamDefaults = (options: SmallGatewayOptions): UpstreamOptions => ({
  targets: options.targets.map((text) => ({ address: targetAddress(text, options.tls), weight: 1 })),
  balance: "least-pending",
  resolveMs: 0,
  retries: 1,
  target: { connections: 64, pending: 64, health: { failures: 5, ejectMs: 10_000 } },
  engine: {
    connections: 64,
    keepAliveMs: 4000,
    headBytes: 16 * 1024,
    connectMs: 1000,
    bufferBytes: 64 * 1024,
  },
  timeouts: { headMs: 5000, idleMs: 5000, bodyIdleMs: 5000, totalMs: 0 },
});

export class SmallGateway {
  readonly outcomes: Outcome[] = [];
  readonly broken: GatewayError[] = [];
  readonly deadlines = new Deadlines();
  readonly upstream: Upstream;
  readonly listener: Listener;
  readonly options: SmallGatewayOptions;
  active = 0;
  port = 0;
  #waiters: (() => void)[] = [];

  private constructor(options: SmallGatewayOptions) {
    this.options = options;
    const settings = { ...upstreamDefaults(options), ...options.upstream };
    this.upstream = new Upstream("app", settings, this.deadlines, options.parts);
    this.listener = new Listener(
      { ...listenerDefaults, ...options.listener },
      {
        onExchange: (exchange) => this.#onExchange(exchange),
        onUpgrade: (upgrade) => options.upgrade?.(upgrade, this),
        allowsUpgrade: () => options.upgrade !== undefined,
        onBroken: (error) => void this.broken.push(error),
      },
    );
  }

  static async start(options: SmallGatewayOptions): Promise<SmallGateway> {
    const gateway = new SmallGateway(options);
    await gateway.upstream.start();
    const address: AddressInfo = await gateway.listener.listen();
    gateway.port = address.port;
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  forward(exchange: Exchange): void {
    const { upstream } = this;
    const policy = { ...plainPolicy, ...this.options.policy };
    const replyIdleMs = this.options.replyIdleMs ?? 5000;
    if (exchange.body !== null && this.options.bodyLimitBytes !== undefined) {
      exchange.body.limitBytes = this.options.bodyLimitBytes;
    }
    const tooLarge = exchange.body?.tooLarge() ?? null;
    if (tooLarge !== null) return refuse(exchange, tooLarge);
    this.active += 1;
    const request = asItCame(exchange, exchange.target);
    forward(exchange, { upstream, policy, replyIdleMs, request }, (outcome) => {
      this.active -= 1;
      this.outcomes.push(outcome);
      if (outcome.error !== null && !outcome.replied) refuse(exchange, outcome.error);
      for (const wake of this.#waiters.splice(0)) wake();
    });
  }

  /** Resolves with the outcome of the nth request (from 0) as soon as there is one. */
  async outcome(n = 0): Promise<Outcome> {
    while (this.outcomes.length <= n) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.outcomes[n] as Outcome;
  }

  /** Resolves when nothing is being forwarded any more. */
  async idle(): Promise<void> {
    while (this.active > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** For states that no event announces. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise(setImmediate);
  }

  async stop(): Promise<void> {
    this.upstream.destroy();
    const closed = this.listener.close();
    this.listener.destroy();
    await closed;
  }

  #onExchange(exchange: Exchange): void {
    if (exchange.fault !== null) refuse(exchange, exchange.fault);
    else if (this.options.serve !== undefined) this.options.serve(exchange, this);
    else this.forward(exchange);
  }
}
