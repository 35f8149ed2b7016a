// Buffers for body chunks on their way to a slow socket. Used again instead of left to the collector, which lets
// tens of megabytes of them pile up before it looks. Bound: SPARE_CHUNKS lie ready; more than that are in use only
// while as many answers are being sent, one each.

/** What one read from an upstream brings at most. */
export const CHUNK_BYTES = 64 * 1024;
export const SPARE_CHUNKS = 32;

const spare: Buffer[] = [];

/** A copy of `bytes` (at most CHUNK_BYTES) in a buffer that is the caller's until it gives it back. */
export function takeChunk(bytes: Uint8Array): Buffer {
  const chunk = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  chunk.set(bytes);
  return chunk;
}

/** Nobody reads from it any more. */
export function giveChunk(chunk: Buffer): void {
  if (spare.length < SPARE_CHUNKS) spare.push(chunk);
}
