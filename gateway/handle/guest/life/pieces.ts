/** Bytes that are in the arena as a whole, handed out in pieces that the gateway can hold. */
import { PIECE_BYTES } from "../../abi.ts";
import type { ChunkSink, ChunkSource } from "../http/chunk-source.ts";

export function piecesOf(bytes: Uint8Array): ChunkSource {
  let at = 0;
  return {
    pull(sink: ChunkSink) {
      if (at >= bytes.length) return sink.end();
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      at += PIECE_BYTES;
      sink.chunk(piece);
    },
    cancel() {
      at = bytes.length;
    },
  };
}
