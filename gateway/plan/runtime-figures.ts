/**
 * What the plan counts that follows from no configuration: how much of what the runtime, V8, the kernel's libraries and
 * our own objects take. Measured with Node 26.10 on x86-64 by `node test/bench/memory.ts`, the worst of several runs
 * rounded up; the storm (test/storm) checks their sum.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** The process. */
export const PROCESS = {
  /**
   * The executable's pages that are in use (62 MiB; they count as resident, and a kernel that is short of memory takes
   * them back first), everything Node and V8 allocate besides the heap, and the engine's modules.
   */
  baseBytes: 92 * MIB,
  /** The engine's compiled code, and what the optimizing compiler takes while it makes it. */
  engineBytes: 16 * MIB,
} as const;

/** One arena thread. */
export const THREAD = {
  /** Its V8 heap, by `resourceLimits`: what the runtime keeps in it, and room for garbage. */
  heapBytes: 10 * MIB,
  /** Young generation (3 MiB), stack at its deepest (8 MiB), what Node allocates for a thread. */
  besidesBytes: 14 * MIB,
  /** Objects of one slot's instance: in the thread's heap, and in all. */
  instanceHeapBytes: 128 * KIB,
  instanceBytes: 256 * KIB,
} as const;

/** V8's heap of the I/O thread; its cap is the sum, so what is too little here ends the process. */
export const HEAP = {
  /** Code, metadata and everything that is made once. */
  baseBytes: 32 * MIB,
  /** A part of `images`: source maps and names of handlers. */
  perImageByte: 1 / 8,
  /** Objects of a client connection. Its head in strings comes on top, with this factor. */
  connectionBytes: 5 * KIB,
  headFactor: 1.25,
  /** Objects of a request under way, admitted or waiting. */
  exchangeBytes: 7 * KIB,
  /** One of the three spaces in which V8 makes new objects; a quarter of its default, without a measured cost. */
  semiSpaceBytes: 4 * MIB,
  /** Buffers outside of the heap that nobody uses any more: V8 looks for them when they are half of the heap's size. */
  garbageFactor: 1 / 2,
} as const;

/** By the piece, outside of V8's heap. */
export const PIECE = {
  /** Socket, parser and kernel handles of a client connection, and of one to an upstream. */
  connectionBytes: 12 * KIB,
  /** A head that is not complete, in the parser: copied when it grows. */
  headFactor: 1.25,
  upstreamBytes: 8 * KIB,
  waiterBytes: KIB,
  /** The log's buffer is in strings and in the bytes being written. */
  logFactor: 2,
} as const;

/** The cap of one arena thread's V8 heap. */
export function threadHeapMib(slots: number, threads: number): number {
  const perThread = Math.ceil(slots / threads);
  return Math.ceil((THREAD.heapBytes + perThread * THREAD.instanceHeapBytes) / MIB);
}
