/** Decoders for encodings of one byte per character: ASCII below 0x80, a table of 128 characters above. */

export interface SingleByte {
  encoding: string;
  decode(input?: ArrayBufferLike | ArrayBufferView, options?: { stream?: boolean }): string;
}

/** Where TextDecoder looks for encodings that the engine does not know. Labels come in lower case. */
export const singleByteOf: ((label: string, fatal: boolean) => SingleByte | undefined)[] = [];

const PIECE = 4096;

/** `upper` has U+FFFD where the encoding has no character. */
export function singleByte(encoding: string, upper: string, fatal: boolean): SingleByte {
  return {
    encoding,
    decode(input) {
      const bytes = bytesOf(input);
      let text = "";
      for (let start = 0; start < bytes.length; start += PIECE) {
        text += String.fromCharCode.apply(null, codes(bytes.subarray(start, start + PIECE), upper, fatal));
      }
      return text;
    },
  };
}

function codes(bytes: Uint8Array, upper: string, fatal: boolean): number[] {
  return Array.from(bytes, (byte) => {
    const code = byte < 0x80 ? byte : upper.charCodeAt(byte - 0x80);
    if (fatal && code === 0xfffd) throw new TypeError("The encoded data was not valid.");
    return code;
  });
}

function bytesOf(input: ArrayBufferLike | ArrayBufferView | undefined): Uint8Array {
  if (input === undefined) return new Uint8Array(0);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  throw new TypeError("TextDecoder.decode: the input is neither an ArrayBuffer nor a view of one");
}
