/** UTF-8 both ways, by the engine's "encoding" extension, captured before a handler can replace it. */

const engine = globalThis as unknown as {
  TextDecoder: new (label: string, options: { fatal?: boolean; ignoreBOM?: boolean }) => EngineTextDecoder;
  TextEncoder: new () => EngineTextEncoder;
};

export const EngineTextDecoder = engine.TextDecoder;
export const EngineTextEncoder = engine.TextEncoder;
const decoder = new EngineTextDecoder("utf-8", {});
const encoder = new EngineTextEncoder();

/** "UTF-8 decode": without a byte order mark, U+FFFD for what is not UTF-8. */
export function utf8Decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function utf8Encode(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** "UTF-8 decode without BOM": a byte order mark is content. */
export function utf8DecodeWithMark(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? `\ufeff${decoder.decode(bytes.subarray(3))}` : decoder.decode(bytes);
}
