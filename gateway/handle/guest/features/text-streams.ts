/** TextEncoderStream and TextDecoderStream (Encoding standard, sections 7.5 and 7.6). */
import { brand, defineGlobals } from "../global.ts";
import { utf8Encode } from "../http/utf8.ts";
import { transformPair } from "../streams/transform-pair.ts";
import { TextDecoder } from "./encoding.ts";
import "./streams.ts";

class TextEncoderStream {
  #pair = transformPair(encoder());

  get encoding(): string {
    return this.#pair && "utf-8";
  }
  get readable(): object {
    return this.#pair.readable;
  }
  get writable(): object {
    return this.#pair.writable;
  }
}
brand(TextEncoderStream, "TextEncoderStream");

/** A surrogate at a chunk's end waits for its other half in the next. */
function encoder() {
  let high = "";
  return {
    transform(chunk: unknown, emit: (bytes: Uint8Array) => void) {
      let text = high + `${chunk as string}`;
      const last = text.charCodeAt(text.length - 1);
      high = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : "";
      if (high) text = text.slice(0, -1);
      if (text !== "") emit(utf8Encode(text.toWellFormed()));
    },
    flush(emit: (bytes: Uint8Array) => void) {
      if (high) emit(utf8Encode("\ufffd"));
    },
  };
}

class TextDecoderStream {
  #decoder: TextDecoder;
  #pair: ReturnType<typeof transformPair>;

  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }) {
    const decoder = new TextDecoder(label, options);
    this.#decoder = decoder;
    this.#pair = transformPair({
      transform(chunk: unknown, emit: (text: string) => void) {
        const text = decoder.decode(bufferSource(chunk), { stream: true });
        if (text !== "") emit(text);
      },
      flush(emit: (text: string) => void) {
        const text = decoder.decode();
        if (text !== "") emit(text);
      },
    });
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }
  get fatal(): boolean {
    return this.#decoder.fatal;
  }
  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }
  get readable(): object {
    return this.#pair.readable;
  }
  get writable(): object {
    return this.#pair.writable;
  }
}
brand(TextDecoderStream, "TextDecoderStream");

function bufferSource(chunk: unknown): ArrayBuffer | ArrayBufferView {
  if (chunk instanceof ArrayBuffer || ArrayBuffer.isView(chunk)) return chunk;
  throw new TypeError("TextDecoderStream: a chunk is neither an ArrayBuffer nor a view of one");
}

defineGlobals({ TextEncoderStream, TextDecoderStream });
