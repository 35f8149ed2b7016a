/** What to write into the configuration, from what a request was seen to need. */
import { formatDurationMs, formatSizeBytes } from "../../shared/units.ts";
import type { Measured } from "./measure.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Other requests will be larger than the one that was looked at. */
const MEMORY_ROOM = 1.5;
const CPU_ROOM = 10;
const BODY_ROOM = 4;

const SMALLEST_CPU_MS = 10;
const SMALLEST_BODY_BYTES = 64 * KIB;
const SLOTS = 16;

export interface Suggestion {
  /** One flow mapping each, as it stands in the file. */
  pool: string;
  limits: string;
  /** What that many slots come to. */
  poolBytes: number;
}

export function suggest({ result, cpu }: Measured, bodyBytes: number): Suggestion {
  const arenaBytes = arenaFor(result.peakBytes);
  const cpuLimit = formatDurationMs(niceAbove(Math.max(SMALLEST_CPU_MS, cpu.mostMs * CPU_ROOM)));
  const body = bodyBytes === 0 ? "" : `, body: ${formatSizeBytes(bodyFor(bodyBytes))}`;
  return {
    pool: `{ slots: ${SLOTS}, arena: ${formatSizeBytes(arenaBytes)} }`,
    limits: `{ cpu: ${cpuLimit}${body} }`,
    poolBytes: SLOTS * arenaBytes,
  };
}

/** The next size of 1, 1.5, 2, 3, 4, 6, 8 ... MiB. */
export function arenaFor(peakBytes: number): number {
  for (let bytes = MIB; ; bytes *= 2) {
    if (bytes >= peakBytes * MEMORY_ROOM) return bytes;
    if (bytes * 1.5 >= peakBytes * MEMORY_ROOM) return bytes * 1.5;
  }
}

function bodyFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(SMALLEST_BODY_BYTES, bytes * BODY_ROOM)));
}

/** The next of 1, 2, 5, 10, 20, 50 ... */
function niceAbove(value: number): number {
  const scale = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * scale).find((nice) => nice >= value)!;
}
