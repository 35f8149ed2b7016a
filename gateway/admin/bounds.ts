/**
 * What the admin port may hold. The plan has a term for it (adminBytes); what a client of this port does cannot take
 * memory from anything else.
 */
import type { GatewayConfig } from "../config/types.ts";
import { CAPTURE_BYTES } from "../capture.ts";
import { REPLICAS, REPORT_BYTES } from "../limits.ts";
import { CAPTURES, GROUPS, LATEST, RECORD_BYTES } from "./failure-ring.ts";

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

/** Outside of V8's heap: sockets, what is being sent, captured requests, and the last answer of each path. */
export function adminBufferBytes(config: GatewayConfig): number {
  const perConnection = CONNECTION_BYTES + ADMIN_HEAD_BYTES;
  const sending = ADMIN_REPLY_BYTES + ADMIN_SCRAPES * SCRAPE_PIECE_BYTES;
  const captures = CAPTURES * CAPTURE_BYTES;
  return ADMIN_CONNECTIONS * perConnection + sending + captures + answersBytes(config);
}

/** In V8's heap: figures, failures, the fleet, and answers while they are made, as objects and as text. */
export function adminHeapBytes(config: GatewayConfig): number {
  const figures = (config.routes.length + 1) * ROUTE_BYTES;
  const failures = FAILURES * RECORD_BYTES;
  const replicas = config.fleet === null ? 0 : REPLICAS * (REPLICA_BYTES + REPORT_BYTES);
  return figures + failures + replicas + 2 * answersBytes(config);
}

/** /api/slots, /api/overflows and /api/fleet at their largest. */
function answersBytes({ pools, fleet }: GatewayConfig): number {
  const slots = Object.values(pools).reduce((sum, pool) => sum + pool.slots, 0);
  // Texts take two bytes a character in the heap, and one in JSON.
  return slots * ROW_BYTES + FAILURES * (RECORD_BYTES / 2) + (fleet === null ? 0 : REPLICAS * REPLICA_BYTES);
}

/** Each group keeps its last one. */
const FAILURES = GROUPS + LATEST;
