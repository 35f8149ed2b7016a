/** Bytes that are in the arena as a whole, handed out in pieces that the gateway can hold. */
import { PIECE_BYTES } from "../../abi.ts";
import type { BodySource } from "../http/body.ts";
import type { ChunkSink, ChunkSource } from "../http/chunk-source.ts";
import { utf8Encode } from "../http/utf8.ts";

export { PIECE_BYTES } from "../../abi.ts";

/** What the gateway can copy in one go stays whole (a string takes up to three bytes a unit); the rest is cut up. */
export function inPieces(source: BodySource): BodySource {
  if (typeof source === "string") {
    if (source.length * 3 <= PIECE_BYTES) return source;
    return inPieces(utf8Encode(source.toWellFormed()));
  }
  return source instanceof Uint8Array && source.length > PIECE_BYTES ? piecesOf(source) : source;
}

function piecesOf(bytes: Uint8Array): ChunkSource {
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
