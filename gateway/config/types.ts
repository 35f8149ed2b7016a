/**
 * The configuration as the rest of the gateway sees it: checked, every default filled in, units in the names, file
 * paths absolute. Plain frozen data and nothing else, so that it can be compared, printed and sent to a thread.
 * What each key means is written once, at its definition in the schema-*.ts files, and shown in config/README.md.
 */
import type { RouteMatch } from "../admit/routes.ts";

export interface GatewayConfig {
  /** The file as it was named on the command line: what faults and logs call it. */
  readonly file: string;
  readonly listen: HostPort;
  readonly admin: HostPort;
  readonly tls: ListenerTls | null;
  readonly limits: ListenerLimits;
  readonly trustedProxies: readonly string[];
  readonly upstreams: Named<UpstreamConfig>;
  readonly pools: Named<PoolConfig>;
  readonly proxy: ProxyConfig;
  readonly upgrades: UpgradesConfig;
  /** In the order of the file, which is the last tie-breaker between routes. */
  readonly routes: readonly RouteConfig[];
  readonly threads: number;
  readonly imagesBytes: number;
  readonly prefault: boolean;
  readonly memory: MemoryConfig;
  readonly log: LogConfig;
  readonly drain: DrainConfig;
  readonly fleet: FleetConfig | null;
  /** Keep failing requests for replay. */
  readonly capture: boolean;
  readonly watch: boolean;
}

/** By name; without a prototype, so no name is taken. */
export type Named<T> = Readonly<Record<string, T>>;

export interface HostPort {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

export interface ListenerTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

export interface ListenerLimits {
  readonly connections: number;
  readonly headBytes: number;
  readonly headers: number;
  readonly targetBytes: number;
  readonly requestsPerConnection: number;
  readonly headTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly replyTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface UpstreamConfig {
  readonly name: string;
  readonly targets: readonly TargetConfig[];
  readonly balance: "least-pending" | "round-robin";
  /** Per target. */
  readonly connections: number;
  readonly pending: number;
  readonly host: HostRule;
  readonly timeouts: UpstreamTimeouts;
  readonly retry: RetryConfig;
  readonly activeHealth: ActiveHealthConfig | null;
  readonly passiveHealth: PassiveHealthConfig;
  readonly resolveMs: number;
  readonly tls: UpstreamTls;
}

export type TargetConfig = TcpTarget | UnixTarget;

export interface TcpTarget {
  /** As in the file: what logs and metrics call it. */
  readonly url: string;
  readonly protocol: "http" | "https";
  readonly host: string;
  readonly port: number;
}

export interface UnixTarget {
  readonly url: string;
  readonly protocol: "unix";
  readonly socketPath: string;
}

/** What the upstream gets as Host: what the client sent, the target's own name, or a fixed value. */
export type HostRule =
  | { readonly kind: "keep" }
  | { readonly kind: "target" }
  | { readonly kind: "literal"; readonly value: string };

export interface UpstreamTimeouts {
  readonly connectMs: number;
  readonly headMs: number;
  readonly idleMs: number;
  /** Null: as long as it keeps moving. */
  readonly totalMs: number | null;
  readonly keepAliveMs: number;
}

export type RetryReason = "connect" | "reset";

export interface RetryConfig {
  readonly attempts: number;
  readonly on: readonly RetryReason[];
  readonly budgetPercent: number;
}

export interface ActiveHealthConfig {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly failures: number;
  readonly successes: number;
}

export interface PassiveHealthConfig {
  /** 0: never eject. */
  readonly failures: number;
  readonly ejectMs: number;
}

export interface UpstreamTls {
  readonly caFile: string | null;
  readonly servername: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly verify: boolean;
}

export interface PoolConfig {
  readonly name: string;
  readonly slots: number;
  readonly arenaBytes: number;
  readonly queueLength: number;
  readonly queueWaitMs: number;
}

export interface ProxyConfig {
  readonly slots: number;
  readonly queueLength: number;
  readonly queueWaitMs: number;
  /** Per direction and slot. */
  readonly bufferBytes: number;
}

export interface UpgradesConfig {
  readonly slots: number;
  readonly idleTimeoutMs: number;
}

export interface RouteConfig {
  /** Unique: the label in logs and metrics, and the key of the route's share of its gate. */
  readonly name: string;
  readonly match: RouteMatch;
  readonly handler: HandlerConfig | null;
  /** What the route forwards to, or what its handler's ctx.next() reaches. Empty: nothing. */
  readonly upstreams: readonly WeightedUpstream[];
  readonly limits: RouteLimits;
  readonly slots: SlotShare | null;
  readonly rewrite: RewriteConfig | null;
  readonly redirect: RedirectConfig | null;
  readonly requestHeaders: HeaderRules;
  readonly responseHeaders: HeaderRules;
  readonly upgrade: boolean;
  readonly sticky: StickyConfig | null;
  /** Null where the upstream's own timeout holds. */
  readonly timeouts: RouteTimeouts;
}

export interface HandlerConfig {
  /** Absolute. */
  readonly file: string;
  readonly pool: string;
  readonly env: Readonly<Record<string, string>>;
  /** Upstream names by the name under which `env` offers them. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly warm: readonly WarmRequest[];
  /** The pool in which an overflowing request is run again; null: it fails. */
  readonly retryPool: string | null;
  readonly onFailure: "error" | "next";
  readonly breaker: BreakerConfig | null;
}

export interface WarmRequest {
  readonly method: string;
  readonly target: string;
}

export interface BreakerConfig {
  readonly failures: number;
  readonly windowMs: number;
  readonly cooldownMs: number;
}

export interface WeightedUpstream {
  readonly name: string;
  readonly weight: number;
}

export interface RouteLimits {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly bodyBytes: number;
  readonly subrequests: number;
  readonly consoleBytes: number;
}

export interface SlotShare {
  readonly reserve: number;
  readonly cap: number;
}

export interface RewriteConfig {
  /** Takes the place of the route's matched prefix. */
  readonly prefix: string;
}

/** Where null, the part of the request's own URL is kept. A `location` is sent as it is. */
export interface RedirectConfig {
  readonly status: 301 | 302 | 303 | 307 | 308;
  readonly location: string | null;
  readonly scheme: "http" | "https" | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly path: string | null;
  readonly prefix: string | null;
}

export interface HeaderRules {
  /** Names in lower case; applied in this order. */
  readonly remove: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
}

export interface StickyConfig {
  readonly kind: "cookie" | "header";
  readonly name: string;
}

export interface RouteTimeouts {
  readonly connectMs: number | null;
  readonly headMs: number | null;
  readonly idleMs: number | null;
  readonly totalMs: number | null;
}

export interface MemoryConfig {
  /** Null: the container's own limit. */
  readonly limitBytes: number | null;
  readonly headroomBytes: number;
}

export interface LogConfig {
  readonly level: LogLevel;
  /** The part of 2xx requests that get an access-log line, 0 to 1. */
  readonly sample2xx: number;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

export interface DrainConfig {
  readonly delayMs: number;
  readonly deadlineMs: number;
}

export interface FleetConfig {
  readonly redis: string;
  readonly name: string;
  readonly prefix: string;
  readonly intervalMs: number;
  readonly ttlMs: number;
}
