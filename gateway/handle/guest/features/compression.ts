/**
 * CompressionStream and DecompressionStream (Compression standard), by fflate: JavaScript in a JavaScript engine, so
 * megabytes are not for it. What is inflated is emitted as it comes; the arena is the bound for a bomb.
 */
import { Deflate, Gzip, Zlib } from "fflate";
import { Decompressor, type Format } from "../compression/decompressor.ts";
import { brand, defineGlobals } from "../global.ts";
import { type Transform, transformPair } from "../streams/transform-pair.ts";
import "./streams.ts";

type Codec = Transform<Uint8Array>;

function compressor(format: Format): Codec {
  const Kind = { "gzip": Gzip, "deflate": Zlib, "deflate-raw": Deflate }[format];
  const codec = new Kind({}) as unknown as {
    ondata(chunk: Uint8Array): void;
    push(chunk: Uint8Array, final?: boolean): void;
  };
  const push = (bytes: Uint8Array, final: boolean, emit: (bytes: Uint8Array) => void) => {
    codec.ondata = (chunk) => {
      if (chunk.length > 0) emit(chunk.slice());
    };
    codec.push(bytes, final);
  };
  return {
    transform: (chunk, emit) => push(bytesOf(chunk), false, emit),
    flush: (emit) => push(new Uint8Array(0), true, emit),
  };
}

function decompressor(format: Format): Codec {
  let to: (bytes: Uint8Array) => void;
  const codec = new Decompressor(format, (bytes) => to(bytes));
  return {
    transform(chunk, emit) {
      to = emit;
      asTypeError(() => codec.push(bytesOf(chunk)));
    },
    flush(emit) {
      to = emit;
      asTypeError(() => codec.end());
    },
  };
}

/** fflate's errors are plain ones. */
function asTypeError(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof TypeError || !(error instanceof Error)) throw error;
    throw new TypeError(`The compressed data is not valid: ${error.message}`);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError("A chunk is neither an ArrayBuffer nor a view of one");
}

const FORMATS = ["gzip", "deflate", "deflate-raw"];

function streamClass(name: string, codecOf: (format: Format) => Codec) {
  const Stream = class {
    #pair: { readable: object; writable: object };

    constructor(format: Format) {
      const given = `${format}` as Format;
      if (!FORMATS.includes(given))
        throw new TypeError(`${name}: "${given}" is none of ${FORMATS.join(", ")}`);
      this.#pair = transformPair(codecOf(given));
    }
    get readable(): object {
      return this.#pair.readable;
    }
    get writable(): object {
      return this.#pair.writable;
    }
  };
  brand(Stream, name);
  return Stream;
}

defineGlobals({
  CompressionStream: streamClass("CompressionStream", compressor),
  DecompressionStream: streamClass("DecompressionStream", decompressor),
});
