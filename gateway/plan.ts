/**
 * The plan: every byte the process may come to use, term by term. The sum is printed at start and by `nea plan`, checked
 * against the container's limit, and never exceeded (test/integration/bound.test.ts).
 *
 * Each term has an owner (the part of the gateway whose bound it is) and a reason. Figures that cannot be derived are
 * measured; they stand in RUNTIME with the way to measure them again.
 */
import { ADMIN_CONNECTIONS, ADMIN_REPLY_BYTES, adminBufferBytes, adminHeapBytes } from "./admin/bounds.ts";
import type { GatewayConfig } from "./config/types.ts";

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

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Measured with Node 26.10 on x86-64 by `node test/bench/memory.ts`: resident size of each part above the one before,
 * worst of several runs, rounded up.
 */
const RUNTIME = {
  /** Node itself with every module of the gateway loaded, before anything is made. */
  baseBytes: 96 * MIB,
  /** The engine's compiled code (baseline and optimized) and its metadata. */
  engineBytes: 16 * MIB,
  /** One worker thread with its isolate, its heap at its limit, its stack. */
  threadBytes: 24 * MIB,
  /** Instance objects for one slot on one thread. */
  instanceBytes: 256 * KIB,
  /** What lives in the I/O thread's V8 heap when nothing happens, with room for what code caches add. */
  liveHeapBytes: 64 * MIB,
  /** What one client connection and the exchange on it keep in that heap. */
  heapPerConnectionBytes: 12 * KIB,
  /** One of the three spaces in which V8 makes new objects; half of V8's default, without a measured cost. */
  semiSpaceBytes: 8 * MIB,
  /** Socket, parser and head of one client connection, besides the head's bytes. */
  connectionBytes: 24 * KIB,
  /** Request and response objects of one exchange under way. */
  exchangeBytes: 16 * KIB,
  /** A waiting request's place in a queue. */
  waiterBytes: KIB,
  /** esbuild's process while handlers are bundled. */
  bundlerBytes: 64 * MIB,
} as const;

/** All terms of a configuration, largest parts of the design first. */
export function planOf(config: GatewayConfig): Plan {
  const terms = [...arenaTerms(config), ...ioTerms(config), ...runtimeTerms(config)];
  return { terms, totalBytes: terms.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function arenaTerms({ pools, threads, imagesBytes }: GatewayConfig): Term[] {
  const list = Object.values(pools);
  const slots = list.reduce((sum, pool) => sum + pool.slots, 0);
  const largest = Math.max(2 * MIB, ...list.map(({ arenaBytes }) => arenaBytes));
  return [
    ...list.map(({ name, slots, arenaBytes }) => ({
      name: `arenas ${name}`,
      bytes: slots * arenaBytes,
      owner: "arena/slots.ts",
      reason: `${slots} slots x ${size(arenaBytes)}`,
    })),
    { name: "scratch arena", bytes: largest, owner: "arena/slots.ts", reason: "where images are made; the largest arena" },
    { name: "images", bytes: imagesBytes, owner: "arena/image.ts", reason: "config images" },
    {
      name: "arena threads",
      bytes: (threads + 1) * RUNTIME.threadBytes,
      owner: "arena/arena-threads.ts",
      reason: `(${threads} + 1 spare) x ${size(RUNTIME.threadBytes)}, heap capped`,
    },
    {
      name: "engine instances",
      bytes: (slots + 1) * RUNTIME.instanceBytes,
      owner: "arena/vm.ts",
      reason: `(${slots} slots + scratch) x ${size(RUNTIME.instanceBytes)}`,
    },
    { name: "engine code", bytes: RUNTIME.engineBytes, owner: "arena/engine.ts", reason: "compiled once, shared" },
  ];
}

function ioTerms({ limits, proxy, pools, upgrades, routes }: GatewayConfig): Term[] {
  const handlerSlots = Object.values(pools).reduce((sum, pool) => sum + pool.slots, 0);
  const waiting = Object.values(pools).reduce((sum, { queueLength }) => sum + queueLength, proxy.queueLength);
  const subrequests = Math.max(0, ...routes.filter(({ handler }) => handler).map(({ limits }) => limits.subrequests));
  const perConnection = RUNTIME.connectionBytes + 2 * limits.headBytes;
  return [
    {
      name: "connections",
      bytes: limits.connections * perConnection,
      owner: "accept/listener.ts",
      reason: `${limits.connections} x (${size(RUNTIME.connectionBytes)} + 2 x head ${size(limits.headBytes)})`,
    },
    {
      name: "proxy slots",
      bytes: proxy.slots * (2 * proxy.bufferBytes + RUNTIME.exchangeBytes),
      owner: "proxy/forward.ts",
      reason: `${proxy.slots} x (2 x ${size(proxy.bufferBytes)} + ${size(RUNTIME.exchangeBytes)})`,
    },
    {
      name: "handler slots' bodies",
      bytes: handlerSlots * 2 * proxy.bufferBytes,
      owner: "handle/served.ts",
      reason: `${handlerSlots} x 2 x ${size(proxy.bufferBytes)}`,
    },
    {
      name: "subrequests",
      bytes: handlerSlots * subrequests * 2 * proxy.bufferBytes,
      owner: "handle/subrequests.ts",
      reason: `${handlerSlots} slots x ${subrequests} x 2 x ${size(proxy.bufferBytes)}`,
    },
    {
      name: "upgrades",
      bytes: upgrades.slots * 2 * proxy.bufferBytes,
      owner: "proxy/upgrade.ts",
      reason: `${upgrades.slots} x 2 x ${size(proxy.bufferBytes)}`,
    },
    {
      name: "queues",
      bytes: waiting * RUNTIME.waiterBytes,
      owner: "admit/gate.ts",
      reason: `${waiting} waiting x ${size(RUNTIME.waiterBytes)}`,
    },
    {
      name: "admin",
      bytes: adminBufferBytes(),
      owner: "admin/bounds.ts",
      reason: `${ADMIN_CONNECTIONS} connections, ${size(ADMIN_REPLY_BYTES)} of answers under way`,
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
  return { oldSpaceMib: Math.floor(oldSpaceBytes(config) / MIB), semiSpaceMib: RUNTIME.semiSpaceBytes / MIB };
}

function oldSpaceBytes(config: GatewayConfig): number {
  const connections = config.limits.connections * RUNTIME.heapPerConnectionBytes;
  return RUNTIME.liveHeapBytes + connections + adminHeapBytes(config);
}

function heapTerm(config: GatewayConfig): Term {
  const { oldSpaceMib, semiSpaceMib } = heapLimits(config);
  const reason = `V8, capped: ${oldSpaceMib}Mi old + 3 x ${semiSpaceMib}Mi young`;
  const bytes = oldSpaceBytes(config) + 3 * RUNTIME.semiSpaceBytes;
  return { name: "heap", bytes, owner: "launch.ts", reason };
}

function runtimeTerms(config: GatewayConfig): Term[] {
  const { memory } = config;
  return [
    { name: "runtime", bytes: RUNTIME.baseBytes, owner: "main.ts", reason: "Node.js and the gateway's code, measured" },
    heapTerm(config),
    { name: "bundler", bytes: RUNTIME.bundlerBytes, owner: "handle/bundle.ts", reason: "esbuild, while handlers load" },
    { name: "headroom", bytes: memory.headroomBytes, owner: "config", reason: "config memory.headroom" },
  ];
}

/** "64Ki", "4Mi", "1.5Mi": the units of the configuration. */
export function size(bytes: number): string {
  const [unit, divisor] = bytes >= MIB ? ["Mi", MIB] : ["Ki", KIB];
  return `${Math.round((bytes / divisor) * 10) / 10}${unit}`;
}

/** The plan as a table of at most 80 columns. */
export function renderPlan({ terms, totalBytes }: Plan): string {
  const rows = [...terms.filter(({ bytes }) => bytes > 0)].sort((a, b) => b.bytes - a.bytes);
  const line = (name: string, bytes: number, reason: string) =>
    `  ${name.padEnd(22)}${size(bytes).padStart(9)}  ${reason.slice(0, 45)}`.trimEnd();
  return [
    ...rows.map(({ name, bytes, reason }) => line(name, bytes, reason)),
    `  ${"".padEnd(31, "-")}`,
    line("sum", totalBytes, "the process never uses more"),
  ].join("\n");
}
