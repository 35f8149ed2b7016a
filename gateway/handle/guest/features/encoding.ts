/**
 * TextEncoder and TextDecoder (Encoding standard): UTF-8 and UTF-16 by the engine's extension, windows-1252 (which
 * is what "latin1" and "ascii" mean) here; the other single-byte encodings come with their own feature.
 */
import { windows1252 } from "../encoding/windows-1252.ts";
import { type SingleByte, singleByteOf } from "../encoding/single-byte.ts";
import { brand, defineGlobals } from "../global.ts";
import { EngineTextDecoder, EngineTextEncoder } from "../http/utf8.ts";

singleByteOf.push(windows1252);

export class TextDecoder {
  #fatal: boolean;
  #ignoreBOM: boolean;
  #encoding: string;
  #decoder: EngineTextDecoder | SingleByte;

  constructor(label: string = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } | null = {}) {
    const [fatal, ignoreBOM] = [Boolean(options?.fatal), Boolean(options?.ignoreBOM)];
    const name = `${label}`;
    const table = findSingleByte(name, fatal);
    this.#decoder = table ?? new EngineTextDecoder(name, { fatal, ignoreBOM });
    this.#encoding = this.#decoder.encoding;
    this.#fatal = fatal;
    this.#ignoreBOM = ignoreBOM;
  }

  get encoding(): string {
    return this.#encoding;
  }
  get fatal(): boolean {
    return this.#fatal;
  }
  get ignoreBOM(): boolean {
    return this.#ignoreBOM;
  }

  decode(input?: ArrayBufferLike | ArrayBufferView, options?: { stream?: boolean }): string {
    if (input === null)
      throw new TypeError("TextDecoder.decode: null is neither an ArrayBuffer nor a view of one");
    return this.#decoder.decode(input, options ?? {});
  }
}
brand(TextDecoder, "TextDecoder");

function findSingleByte(label: string, fatal: boolean): SingleByte | undefined {
  // trim() takes a few characters more than the standard; no label has them inside.
  const normal = label.trim().toLowerCase();
  for (const find of singleByteOf) {
    const found = find(normal, fatal);
    if (found) return found;
  }
  return undefined;
}

brand(EngineTextEncoder, "TextEncoder");
export { EngineTextEncoder as TextEncoder } from "../http/utf8.ts";
defineGlobals({ TextDecoder, TextEncoder: EngineTextEncoder });
