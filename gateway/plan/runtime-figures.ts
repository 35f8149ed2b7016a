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
   * The executable's pages that are in use (60 MiB; they count as resident, and a kernel that is short of memory takes
   * them back first), everything that Node and V8 allocate besides the heap, and the engine's modules.
   */
  baseBytes: 70 * MIB,
  /** The engine's compiled code, and what the optimizing compiler takes while it makes it. */
  engineBytes: 14 * MIB,
  /** Bodies that nobody uses any more and V8 has not found yet (it looks when they are half of its heap). */
  garbageBytes: 16 * MIB,
  /**
   * esbuild, for sources of up to BUNDLE_SOURCE_BYTES (48 MiB), and in a reload the thread that it works for (handle/workshop-thread.ts);
   * before them, the thread that reads a changed configuration.
   */
  bundlerBytes: 64 * MIB,
} as const;

/** One arena thread. */
export const THREAD = {
  /**
   * Its V8 heap, by `resourceLimits`: what the runtime keeps in it (5 MiB), and room for garbage. V8 searches it, which stops the
   * thread for 3 to 20 ms, whenever half of the room is used, and whenever the arenas it was given since are half of the cap: with
   * 10 MiB that happened 430 times in 32 seconds of the storm.
   */
  heapBytes: 16 * MIB,
  /** Young generation (3 MiB), stack at its deepest (8 MiB), what Node allocates for a thread. */
  besidesBytes: 12 * MIB,
  /** Where JSON is written (JSON_SCRATCH_BYTES in arena/json/plain-json.ts). */
  jsonBytes: 448 * KIB,
  /** Objects of one slot's instance: in the thread's heap, and in all. */
  instanceHeapBytes: 128 * KIB,
  instanceBytes: 256 * KIB,
} as const;

/** V8's heap of the I/O thread. Its cap is the sum: what is too little here ends the process. */
export const HEAP = {
  /** Code, metadata and everything that is made once. */
  baseBytes: 28 * MIB,
  /** Objects of a client connection, and what the strings of a head need besides its bytes. */
  connectionBytes: 6 * KIB,
  /** Objects of a request under way, admitted or waiting. */
  exchangeBytes: 8 * KIB,
  /** One of the three spaces in which V8 makes new objects; a quarter of its default, without a measured cost. */
  semiSpaceBytes: 4 * MIB,
} as const;

/** By the piece, outside of V8's heap. */
export const PIECE = {
  /** Socket and parser; what it has read comes on top. */
  connectionBytes: 4 * KIB,
  /** The same for a connection to an upstream. */
  upstreamBytes: 12 * KIB,
  /** TLS on top of a connection: OpenSSL's state and a record in each direction. */
  tlsBytes: 64 * KIB,
  waiterBytes: KIB,
} as const;

/**
 * Engine instances that threads may keep beyond the slots' own: a quick thread for what it runs in the place of another one (and
 * for the rounding of its share), the patient thread for all it runs, the spare while it stands in, and for the scratch arena.
 */
export const MORE_INSTANCES = { quick: 4, patient: 16, spare: 4 } as const;

/** How many instances a thread of each kind may keep. */
export function instancesOf(
  slots: number,
  threads: number,
): { quick: number; patient: number; spare: number } {
  const { quick, patient, spare } = MORE_INSTANCES;
  return { quick: Math.ceil(slots / threads) + quick - 1, patient, spare: spare - 1 };
}

/** The cap of one arena thread's V8 heap. */
export function threadHeapMib(instances: number): number {
  return Math.ceil((THREAD.heapBytes + instances * THREAD.instanceHeapBytes) / MIB);
}
