/** One upstream, from what the schema read to what the gateway uses. */
import type { FileResolver } from "./build.ts";
import type { ParsedConfig } from "./schema.ts";
import type { ActiveHealthConfig, UpstreamConfig, UpstreamTimeouts, UpstreamTls } from "./types.ts";

type ParsedUpstream = ParsedConfig["upstreams"][string];

export function buildUpstream(upstream: ParsedUpstream, name: string, toFile: FileResolver): UpstreamConfig {
  const { targets, balance, connections, pending, host, timeouts, retry, health, resolve, tls } = upstream;
  return {
    name,
    ...{ targets, balance, connections, pending, host, retry },
    timeouts: buildTimeouts(timeouts),
    activeHealth: buildActiveHealth(health.active),
    passiveHealth: { failures: health.passive.failures, ejectMs: health.passive.eject },
    resolveMs: resolve,
    tls: buildTls(tls, toFile),
  };
}

function buildTimeouts({
  connect,
  head,
  idle,
  total,
  keepAlive,
}: ParsedUpstream["timeouts"]): UpstreamTimeouts {
  const totalMs = total === "none" ? null : total;
  return { connectMs: connect, headMs: head, idleMs: idle, totalMs, keepAliveMs: keepAlive };
}

function buildActiveHealth(active: ParsedUpstream["health"]["active"]): ActiveHealthConfig | null {
  if (active === undefined) return null;
  const { interval, timeout, ...rest } = active;
  return { ...rest, intervalMs: interval, timeoutMs: timeout };
}

function buildTls(
  { ca, servername, cert, key, verify }: ParsedUpstream["tls"],
  toFile: FileResolver,
): UpstreamTls {
  const file = (name: string | undefined) => (name === undefined ? null : toFile(name));
  return {
    caFile: file(ca),
    servername: servername ?? null,
    certFile: file(cert),
    keyFile: file(key),
    verify,
  };
}
