// Buffers for body chunks on their way to a slow socket. Used again instead of left to the collector, which lets
// tens of megabytes of them pile up before it looks. Bound: SPARE_CHUNKS lie ready; more than that are in use only
// while as many answers are being sent, one each.

/** What one read from an upstream brings at most. */
export const CHUNK_BYTES = 64 * 1024;
export const SPARE_CHUNKS = 32;

const spare: Buffer[] = [];

/** What a chunk is written to; `taken` is called when nobody reads from it any more, also if it was never sent. */
export interface ChunkWriter {
  write(chunk: Uint8Array, taken: () => void): boolean;
}

/** Writes a copy of `bytes` (a view that its owner reads into again) in a chunk that comes back when it was taken. */
export function writeLent(to: ChunkWriter, bytes: Uint8Array, taken?: () => void): boolean {
  if (bytes.length > CHUNK_BYTES) return to.write(Buffer.from(bytes), () => taken?.());
  const chunk = takeChunk(bytes);
  return to.write(chunk.subarray(0, bytes.length), () => {
    giveChunk(chunk);
    taken?.();
  });
}

/** A copy of `bytes` (at most CHUNK_BYTES) in a buffer that is the caller's until it gives it back. */
function takeChunk(bytes: Uint8Array): Buffer {
  const chunk = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  chunk.set(bytes);
  return chunk;
}

/** Nobody reads from it any more. */
function giveChunk(chunk: Buffer): void {
  if (spare.length < SPARE_CHUNKS) spare.push(chunk);
}
