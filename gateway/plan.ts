/**
 * The plan: every byte the process may come to use, term by term. The sum is printed at start and by `nea plan`, checked
 * against the container's limit, and never exceeded (test/storm, test/integration/bound.test.ts).
 *
 * Each term has an owner (the part of the gateway whose bound it is) and a reason. It is a sum of products of what the
 * configuration says and of constants: the Helm chart evaluates the same sums (test/chart/plan-formula.ts).
 */
import { ADMIN_CONNECTIONS, ADMIN_REPLY_BYTES, adminBufferBytes, adminHeapBytes } from "./admin/bounds.ts";
import { OVERFLOW_CONNECTIONS } from "./accept/listener-options.ts";
import { CLIENT_READ_BYTES } from "./accept/shared-read.ts";
import type { GatewayConfig } from "./config/types.ts";
import { LETTER_BYTES } from "./arena/letters.ts";
import { MORE_LETTERS, TURNS_AHEAD, lettersOf } from "./arena/seat.ts";
import { PIECE_BYTES } from "./handle/abi.ts";
import { LOG_BUFFER_BYTES, REPLAY_BYTES } from "./limits.ts";
import { size } from "./plan/table.ts";
import { HEAP, MORE_INSTANCES, PIECE, PROCESS, THREAD } from "./plan/runtime-figures.ts";
import { CHUNK_BYTES, SPARE_CHUNKS } from "./proxy/chunk-pool.ts";

export { renderPlan, size } from "./plan/table.ts";

export interface Term {
  name: string;
  bytes: number;
  /** The part of the gateway that keeps this bound. */
  owner: string;
  /** How the figure comes about. */
  reason: string;
}

export interface Plan {
  terms: Term[];
  totalBytes: number;
}

const MIB = 1024 * 1024;

/** All terms of a configuration, largest parts of the design first. */
export function planOf(config: GatewayConfig): Plan {
  const terms = [
    ...arenaTerms(config),
    ...clientTerms(config),
    ...upstreamTerms(config),
    ...processTerms(config),
  ];
  return { terms, totalBytes: terms.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function arenaTerms({ pools, threads, imagesBytes }: GatewayConfig): Term[] {
  const list = Object.values(pools);
  const slots = slotsOf(pools);
  const perThread = THREAD.heapBytes + THREAD.besidesBytes + THREAD.jsonBytes;
  return [
    ...list.map(({ name, slots, arenaBytes }) => ({
      name: `arenas ${name}`,
      bytes: slots * arenaBytes,
      owner: "arena/slots.ts",
      reason: `${slots} slots x ${size(arenaBytes)}`,
    })),
    { name: "images", bytes: imagesBytes, owner: "arena/image.ts", reason: "config images" },
    {
      name: "scratch arena",
      // The engine's part and the rounding to a page; written out, because the chart derives its formula from sums.
      bytes: imagesBytes + 2 * 1024 * 1024 + 64 * 1024,
      owner: "arena/image.ts",
      reason: "where images are made: images + 2Mi + a page",
    },
    {
      name: "letters",
      bytes: lettersOf(threads) * LETTER_BYTES,
      owner: "arena/letters.ts",
      reason: `((${threads} + 1) x ${TURNS_AHEAD} + ${threads} + ${MORE_LETTERS}) x ${size(LETTER_BYTES)}`,
    },
    {
      name: "arena threads",
      bytes: (threads + 2) * perThread,
      owner: "arena/arena-threads.ts",
      reason: `(${threads} + patient + spare) x ${size(perThread)}, heap capped`,
    },
    {
      name: "engine instances",
      bytes:
        (slots + threads * MORE_INSTANCES.quick + MORE_INSTANCES.patient + MORE_INSTANCES.spare) *
        THREAD.instanceBytes,
      owner: "arena/vm.ts",
      reason: `(${slots} slots + ${threads} x ${MORE_INSTANCES.quick} + ${MORE_INSTANCES.patient} + ${MORE_INSTANCES.spare}) x ${size(THREAD.instanceBytes)}`,
    },
    {
      name: "engine code",
      bytes: PROCESS.engineBytes,
      owner: "arena/engine.ts",
      reason: "compiled once, shared; its compiler",
    },
  ];
}

/** What clients can make the gateway hold outside of V8's heap. */
function clientTerms(config: GatewayConfig): Term[] {
  const { limits, pools, proxy, tls } = config;
  const slots = slotsOf(pools);
  const connections = limits.connections + OVERFLOW_CONNECTIONS;
  const perConnection = PIECE.connectionBytes + CLIENT_READ_BYTES + (tls ? PIECE.tlsBytes : 0);
  const perBody = 2 * proxy.bufferBytes + PIECE_BYTES + REPLAY_BYTES;
  const waiting = waitingOf(config);
  const withTls = tls ? ` + ${size(PIECE.tlsBytes)}` : "";
  return [
    {
      name: "connections",
      bytes: connections * perConnection,
      owner: "accept/listener.ts",
      reason: `${connections} x (${size(PIECE.connectionBytes)} + a read of ${size(CLIENT_READ_BYTES)}${withTls})`,
    },
    {
      name: "handler slots' bodies",
      bytes: slots * perBody,
      owner: "handle/served.ts",
      reason: `${slots} x (2 x ${size(proxy.bufferBytes)} + a piece + a replay)`,
    },
    {
      name: "queues",
      bytes: waiting * PIECE.waiterBytes,
      owner: "admit/gate.ts",
      reason: `${waiting} waiting x ${size(PIECE.waiterBytes)}`,
    },
    {
      name: "log",
      bytes: 2 * LOG_BUFFER_BYTES,
      owner: "shared/log.ts",
      reason: `2 x ${size(LOG_BUFFER_BYTES)} not yet written`,
    },
    {
      name: "admin",
      bytes: adminBufferBytes(config),
      owner: "admin/bounds.ts",
      reason: `${ADMIN_CONNECTIONS} connections, ${size(ADMIN_REPLY_BYTES)} of answers`,
    },
  ];
}

/** What talking to upstreams takes outside of V8's heap. */
function upstreamTerms({ limits, proxy, pools, routes, upgrades }: GatewayConfig): Term[] {
  const subrequests = mostSubrequests(routes);
  const buffers = `2 x ${size(proxy.bufferBytes)}`;
  const perExchange = 2 * proxy.bufferBytes + limits.headBytes + PIECE.upstreamBytes;
  const besides = `${size(limits.headBytes + PIECE.upstreamBytes)}`;
  return [
    {
      name: "proxy slots",
      bytes: proxy.slots * perExchange,
      owner: "proxy/forward.ts",
      reason: `${proxy.slots} x (${buffers} + ${besides})`,
    },
    {
      name: "subrequests",
      bytes: slotsOf(pools) * subrequests * perExchange,
      owner: "handle/subrequests.ts",
      reason: `${slotsOf(pools)} slots x ${subrequests} x (${buffers} + ${besides})`,
    },
    {
      name: "upgrades",
      bytes: upgrades.slots * (2 * proxy.bufferBytes + PIECE.upstreamBytes),
      owner: "proxy/upgrade.ts",
      reason: `${upgrades.slots} x (${buffers} + ${size(PIECE.upstreamBytes)})`,
    },
    {
      name: "spare buffers",
      bytes: SPARE_CHUNKS * CHUNK_BYTES,
      owner: "proxy/chunk-pool.ts",
      reason: `${SPARE_CHUNKS} x ${size(CHUNK_BYTES)}`,
    },
  ];
}

function processTerms(config: GatewayConfig): Term[] {
  const { oldSpaceMib, semiSpaceMib } = heapLimits(config);
  return [
    {
      name: "runtime",
      bytes: PROCESS.baseBytes,
      owner: "main.ts",
      reason: "Node.js and the gateway's code, measured",
    },
    {
      name: "heap",
      bytes: oldSpaceBytes(config) + 3 * HEAP.semiSpaceBytes,
      owner: "launch.ts",
      reason: `V8, capped: ${oldSpaceMib}Mi old + 3 x ${semiSpaceMib}Mi young`,
    },
    {
      name: "garbage",
      bytes: PROCESS.garbageBytes,
      owner: "proxy/delivery.ts",
      reason: "buffers that V8 has not freed yet, measured",
    },
    {
      name: "bundler",
      bytes: PROCESS.bundlerBytes,
      owner: "handle/bundle.ts",
      reason: "esbuild and its thread, while handlers load",
    },
    {
      name: "headroom",
      bytes: config.memory.headroomBytes,
      owner: "config",
      reason: "config memory.headroom",
    },
  ];
}

/** The caps for V8's heap of the I/O thread, in the units of its command line. */
export interface HeapLimits {
  oldSpaceMib: number;
  semiSpaceMib: number;
}

/** Rounded down, so that the term covers the cap; the term itself stays a sum of products, which the Helm chart needs. */
export function heapLimits(config: GatewayConfig): HeapLimits {
  return { oldSpaceMib: Math.floor(oldSpaceBytes(config) / MIB), semiSpaceMib: HEAP.semiSpaceBytes / MIB };
}

/** What can live in that heap at once: everything that is a string or an object for as long as somebody waits for it. */
function oldSpaceBytes(config: GatewayConfig): number {
  const { limits, proxy, pools, routes, upgrades } = config;
  const { headBytes } = limits;
  const slots = slotsOf(pools);
  const connections = (limits.connections + OVERFLOW_CONNECTIONS) * (HEAP.connectionBytes + headBytes);
  const exchanges = (waitingOf(config) + proxy.slots + slots + upgrades.slots) * HEAP.exchangeBytes;
  const answerHeads = (proxy.slots + slots * mostSubrequests(routes)) * headBytes;
  return HEAP.baseBytes + connections + exchanges + answerHeads + adminHeapBytes(config);
}

function slotsOf(pools: GatewayConfig["pools"]): number {
  return Object.values(pools).reduce((sum, pool) => sum + pool.slots, 0);
}

function waitingOf({ pools, proxy }: GatewayConfig): number {
  return Object.values(pools).reduce((sum, { queueLength }) => sum + queueLength, proxy.queueLength);
}

function mostSubrequests(routes: GatewayConfig["routes"]): number {
  const withHandler = routes.filter(({ handler }) => handler);
  return Math.max(0, ...withHandler.map(({ limits }) => limits.subrequests));
}
