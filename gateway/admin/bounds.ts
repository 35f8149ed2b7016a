/**
 * What the admin port may hold. The plan has a term for it (adminBytes); what a client of this port does cannot take
 * memory from anything else.
 */
import type { GatewayConfig } from "../config/types.ts";
import { REPLICAS, REPORT_BYTES } from "../fleet/replica.ts";
import { GROUPS, LATEST, RECORD_BYTES } from "./failure-ring.ts";

const KIB = 1024;

/** Connections at once. Idle ones are closed when there is little room left. */
export const ADMIN_CONNECTIONS = 64;
/** Open pages among them. */
export const ADMIN_STREAMS = 8;
/** One request head. */
export const ADMIN_HEAD_BYTES = 8 * KIB;
/** Bytes of answers that clients have not taken yet, all together. Room for the largest answer, and then some. */
export const ADMIN_REPLY_BYTES = 4 * KIB * KIB;
/** Scrapes of /metrics at once: a pair of Prometheus servers, and two people. */
export const ADMIN_SCRAPES = 4;
/** /metrics is written in pieces of this size; a client that is slow waits with one of them. */
export const SCRAPE_PIECE_BYTES = 64 * KIB;

/** Socket, parser and objects of one connection. */
const CONNECTION_BYTES = 24 * KIB;
/** One RouteFigures with its handler's: three histograms, the marks, the objects around them. */
const ROUTE_BYTES = 2 * KIB;
/** One slot or target as JSON. */
const ROW_BYTES = 320;
/** A parsed report with all its pools. */
const REPLICA_BYTES = 8 * KIB;

/** Outside of V8's heap: sockets and what is being sent. */
export function adminBufferBytes(): number {
  const perConnection = CONNECTION_BYTES + ADMIN_HEAD_BYTES;
  return ADMIN_CONNECTIONS * perConnection + ADMIN_REPLY_BYTES + ADMIN_SCRAPES * SCRAPE_PIECE_BYTES;
}

/** In V8's heap: figures, failures, the last minutes, and one answer while it is made. */
export function adminHeapBytes({ routes, pools, fleet }: GatewayConfig): number {
  const slots = Object.values(pools).reduce((sum, pool) => sum + pool.slots, 0);
  const figures = (routes.length + 1) * ROUTE_BYTES;
  const failures = (GROUPS + LATEST) * RECORD_BYTES;
  // As objects, as text, and as bytes.
  const answer = 3 * slots * ROW_BYTES;
  const replicas = fleet === null ? 0 : REPLICAS * (REPLICA_BYTES + REPORT_BYTES);
  return figures + failures + answer + replicas;
}
