/**
 * CompressionStream and DecompressionStream (Compression standard), by fflate: JavaScript in a JavaScript engine, so
 * megabytes are not for it. What is inflated is emitted as it comes; the arena is the bound for a bomb.
 */
import { Deflate, Gunzip, Gzip, Inflate, Unzlib, Zlib } from "fflate";
import { brand, defineGlobals } from "../global.ts";
import { transformPair } from "../streams/transform-pair.ts";
import "./streams.ts";

interface Codec {
  ondata: (chunk: Uint8Array, final: boolean) => void;
  push(chunk: Uint8Array, final?: boolean): void;
}

type Codecs = Record<string, () => Codec>;

const COMPRESSORS: Codecs = {
  "gzip": () => new Gzip({}) as Codec,
  "deflate": () => new Zlib({}) as Codec,
  "deflate-raw": () => new Deflate({}) as Codec,
};
const DECOMPRESSORS: Codecs = {
  "gzip": () => new Gunzip(() => {}) as Codec,
  "deflate": () => new Unzlib({}) as Codec,
  "deflate-raw": () => new Inflate({}) as Codec,
};

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError("A chunk is neither an ArrayBuffer nor a view of one");
}

function codecPair(codec: Codec) {
  let emit: (bytes: Uint8Array) => void;
  codec.ondata = (chunk) => {
    if (chunk.length > 0) emit(chunk.slice());
  };
  const push = (chunk: Uint8Array, final: boolean) => {
    try {
      codec.push(chunk, final);
    } catch (error) {
      throw new TypeError(`The compressed data is not valid: ${(error as Error).message}`);
    }
  };
  return transformPair<Uint8Array>({
    transform(chunk, to) {
      emit = to;
      push(bytesOf(chunk), false);
    },
    flush(to) {
      emit = to;
      push(new Uint8Array(0), true);
    },
  });
}

function codecClass(name: string, codecs: Codecs) {
  const Class = class {
    #pair: ReturnType<typeof codecPair>;

    constructor(format: string) {
      const codec = Object.hasOwn(codecs, `${format}`) ? codecs[`${format}`] : undefined;
      if (!codec)
        throw new TypeError(
          `${name}: "${format}" is not a format; it is one of ${Object.keys(codecs).join(", ")}`,
        );
      this.#pair = codecPair(codec());
    }
    get readable(): object {
      return this.#pair.readable;
    }
    get writable(): object {
      return this.#pair.writable;
    }
  };
  brand(Class, name);
  return Class;
}

defineGlobals({
  CompressionStream: codecClass("CompressionStream", COMPRESSORS),
  DecompressionStream: codecClass("DecompressionStream", DECOMPRESSORS),
});
