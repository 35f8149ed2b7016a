/**
 * Blob and File (File API, sections 3 and 4): one array of bytes in the arena, never changed; slices share it.
 */
import { cloneKinds } from "../clone/clone-value.ts";
import { brand } from "../global.ts";
import { Body } from "../http/body.ts";
import { bodyReaders } from "../http/body-mixin.ts";
import { concatenate } from "../http/chunk-source.ts";
import { bodyKinds } from "../http/extract-body.ts";
import { streams } from "../http/stream-support.ts";
import { utf8Decode, utf8Encode } from "../http/utf8.ts";
import { parseMediaType, serializeMediaType } from "./media-type.ts";

export interface BlobOptions {
  type?: string;
  endings?: string;
}

/** Around bytes that nobody else will change. */
export let blobOver: (bytes: Uint8Array, type: string) => Blob;
export let blobBytes: (blob: Blob) => Uint8Array;
export let isBlob: (value: unknown) => value is Blob;

export class Blob {
  #bytes: Uint8Array;
  #type: string;

  constructor(parts?: Iterable<unknown>, options?: BlobOptions | null) {
    if (parts !== undefined && (typeof parts !== "object" || parts === null || !(Symbol.iterator in parts))) {
      throw new TypeError("Blob: the parts are not iterable");
    }
    const endings = options?.endings ?? "transparent";
    if (endings !== "transparent" && endings !== "native")
      throw new TypeError(`Blob: endings cannot be "${endings}"`);
    const chunks = parts ? Array.from(parts, (part) => partBytes(part, endings === "native")) : [];
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#bytes = concatenate(chunks, length);
    this.#type = typeOf(options?.type);
  }

  get size(): number {
    return this.#bytes.length;
  }
  get type(): string {
    return this.#type;
  }

  slice(start: number = 0, end: number = this.size, type: string = ""): Blob {
    return blobOver(this.#bytes.subarray(clamp(start, this.size), clamp(end, this.size)), typeOf(type));
  }

  async text(): Promise<string> {
    return utf8Decode(this.#bytes);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer as ArrayBuffer;
  }
  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }
  stream(): object {
    return streams.streamOf(new Body(this.#bytes));
  }

  static {
    blobOver = (bytes, type) => {
      const blob = new Blob();
      blob.#bytes = bytes;
      blob.#type = type;
      return blob;
    };
    blobBytes = (blob) => blob.#bytes;
    isBlob = (value): value is Blob => typeof value === "object" && value !== null && #bytes in value;
  }
}
brand(Blob, "Blob");

export class File extends Blob {
  #name: string;
  #lastModified: number;

  constructor(parts: Iterable<unknown>, name: string, options?: BlobOptions & { lastModified?: number }) {
    if (arguments.length < 2) throw new TypeError("File: parts and a name are needed");
    super(parts, options);
    this.#name = `${name}`.toWellFormed();
    this.#lastModified =
      options?.lastModified === undefined ? Date.now() : Math.trunc(Number(options.lastModified)) || 0;
  }

  get name(): string {
    return this.#name;
  }
  get lastModified(): number {
    return this.#lastModified;
  }
  get webkitRelativePath(): string {
    return "";
  }
}
brand(File, "File");

function partBytes(part: unknown, nativeEndings: boolean): Uint8Array {
  if (isBlob(part)) return blobBytes(part);
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  const text = `${part as string}`.toWellFormed();
  return utf8Encode(nativeEndings ? text.replace(/\r\n?/g, "\n") : text);
}

/** A type with characters outside of printable ASCII is no type. */
function typeOf(type: unknown): string {
  const text = type === undefined ? "" : `${type as string}`;
  return /[^\x20-\x7e]/.test(text) ? "" : text.toLowerCase();
}

function clamp(position: number, size: number): number {
  const whole = Math.trunc(Number(position)) || 0;
  return whole < 0 ? Math.max(size + whole, 0) : Math.min(whole, size);
}

bodyKinds.push({
  is: isBlob,
  extract: (blob) => new Body(blobBytes(blob as Blob), (blob as Blob).type || null),
});
bodyReaders.blob = (bytes, contentType) => {
  const type = parseMediaType(contentType);
  return blobOver(bytes, type ? serializeMediaType(type) : "");
};
cloneKinds.push({
  is: isBlob,
  clone: (blob) => {
    if (!(blob instanceof File)) return blobOver(blobBytes(blob as Blob), (blob as Blob).type);
    return new File([blob], blob.name, { type: blob.type, lastModified: blob.lastModified });
  },
});
