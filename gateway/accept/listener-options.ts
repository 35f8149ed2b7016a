/** The listener's options from the configuration. */
import type { GatewayConfig } from "../config/types.ts";
import type { ListenerOptions } from "./listener.ts";

/** Connections that may be getting their 503 while all served ones are taken. */
export const OVERFLOW_CONNECTIONS = 64;
/**
 * What of a request body is still read after its answer, and for how long: a client that is busy sending does not see the
 * answer if its connection is reset meanwhile. The time is nginx's lingering_timeout; nothing of the body is kept.
 */
const REST_BYTES = 16 * 1024 * 1024;
const REST_MS = 5000;
/** As large as Linux's default for net.core.somaxconn permits on old kernels. */
const BACKLOG = 511;

export function listenerOptions({ listen, limits, proxy, trustedProxies }: GatewayConfig): ListenerOptions {
  return {
    host: listen.host,
    port: listen.port,
    connections: limits.connections,
    overflow: OVERFLOW_CONNECTIONS,
    headBytes: limits.headBytes,
    head: { targetBytes: limits.targetBytes, headerCount: limits.headers },
    headMs: limits.headTimeoutMs,
    keepAliveMs: limits.idleTimeoutMs,
    requestsPerConnection: limits.requestsPerConnection,
    bufferBytes: proxy.bufferBytes,
    backlog: BACKLOG,
    trustedProxies,
    restBytes: REST_BYTES,
    restMs: REST_MS,
  };
}
