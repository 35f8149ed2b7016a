/**
 * Decompression with everything checked that the Compression standard wants checked: header, checksum, length, and
 * that the data ends where it says. fflate inflates; the framing of gzip (RFC 1952) and zlib (RFC 1950) is here.
 */
import { Inflate } from "fflate";
import { concatenate } from "../http/chunk-source.ts";
import { type Checksum, adler32, crc32 } from "./checksum.ts";

export type Format = "gzip" | "deflate" | "deflate-raw";

/** What fflate keeps of its state: unread input, and the bits of its first byte that are used; see its Inflate class. */
interface InflateState {
  p: Uint8Array;
  s: { p: number; f?: number; l?: unknown };
}

const HEADER_BYTES = 65_536;
const EMPTY = new Uint8Array(0);

export class Decompressor {
  readonly #format: Format;
  readonly #inflate: Inflate;
  readonly #checksum: Checksum | undefined;
  #length = 0;
  /** Input that the present stage cannot use yet: a header, then a trailer. */
  #waiting: Uint8Array = EMPTY;
  #stage: "header" | "data" | "trailer";

  constructor(format: Format, emit: (bytes: Uint8Array) => void) {
    this.#format = format;
    this.#checksum = format === "gzip" ? crc32() : format === "deflate" ? adler32() : undefined;
    this.#stage = format === "deflate-raw" ? "data" : "header";
    this.#inflate = new Inflate({}, (bytes) => {
      if (bytes.length === 0) return;
      this.#length += bytes.length;
      this.#checksum?.add(bytes);
      emit(bytes.slice());
    });
  }

  push(bytes: Uint8Array): void {
    if (this.#stage !== "data") {
      bytes = concatenate([this.#waiting, bytes], this.#waiting.length + bytes.length);
      this.#waiting = bytes;
    }
    if (this.#stage === "header") {
      const end = this.#format === "gzip" ? gzipHeader(bytes) : zlibHeader(bytes);
      if (end < 0) return;
      bytes = bytes.subarray(end);
      this.#waiting = EMPTY;
      this.#stage = "data";
    }
    if (this.#stage === "data") this.#inflateMore(bytes, false);
    if (this.#stage === "trailer" && this.#waiting.length > this.#trailerBytes)
      throw broken("there is more after its end");
  }

  end(): void {
    if (this.#stage === "data") this.#inflateMore(EMPTY, true);
    if (this.#stage !== "trailer" || this.#waiting.length < this.#trailerBytes)
      throw broken("it ends too early");
    this.#checkTrailer();
  }

  get #trailerBytes(): number {
    return { "gzip": 8, "deflate": 4, "deflate-raw": 0 }[this.#format];
  }

  #inflateMore(bytes: Uint8Array, final: boolean): void {
    this.#inflate.push(bytes, final);
    const { p: rest, s: state } = this.#inflate as unknown as InflateState;
    if (!state.f || state.l) return;
    this.#stage = "trailer";
    this.#waiting = rest.subarray(state.p > 0 ? 1 : 0);
  }

  #checkTrailer(): void {
    const { buffer, byteOffset, byteLength } = this.#waiting;
    const view = new DataView(buffer, byteOffset, byteLength);
    const gzip = this.#format === "gzip";
    if (this.#checksum && view.getUint32(0, gzip) !== this.#checksum.value)
      throw broken("its checksum is wrong");
    if (gzip && view.getUint32(4, true) !== this.#length >>> 0) throw broken("its length is wrong");
  }
}

function broken(why: string): TypeError {
  return new TypeError(`The compressed data is not valid: ${why}`);
}

/** Where the header ends; -1 if more of it is to come. */
function zlibHeader(bytes: Uint8Array): number {
  if (bytes.length < 2) return -1;
  const [method, flags] = [bytes[0]!, bytes[1]!];
  if ((method & 15) !== 8 || method >> 4 > 7 || ((method << 8) | flags) % 31 !== 0)
    throw broken("this is no zlib header");
  if (flags & 32) throw broken("it needs a dictionary");
  return 2;
}

const GZIP = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 };

function gzipHeader(bytes: Uint8Array): number {
  const magic = [0x1f, 0x8b, 8];
  if (magic.some((byte, i) => i < bytes.length && bytes[i] !== byte)) throw broken("this is no gzip header");
  if (bytes.length > HEADER_BYTES + 10) throw broken("its header is too long");
  if (bytes.length < 10) return -1;
  const flags = bytes[3]!;
  if (flags & GZIP.reserved) throw broken("its header has reserved flags");
  let at = 10;
  if (flags & GZIP.extra) at += 2 + (bytes[at] ?? 0) + ((bytes[at + 1] ?? 0) << 8);
  for (const flag of [GZIP.name, GZIP.comment]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return headerIncomplete(bytes);
    at = end + 1;
  }
  if (flags & GZIP.headerCrc) at += 2;
  return at <= bytes.length ? at : headerIncomplete(bytes);
}

function headerIncomplete(bytes: Uint8Array): -1 {
  if (bytes.length > HEADER_BYTES) throw broken("its header is too long");
  return -1;
}
