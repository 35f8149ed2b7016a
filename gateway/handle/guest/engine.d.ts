/**
 * What the engine and its extensions put on the global object, as far as the platform uses it. The guest is
 * compiled without the DOM's and without Node's types, so that nothing is used by accident that is not there.
 */

declare const __host: unknown;

interface EnginePerformance {
  now(): number;
  readonly timeOrigin: number;
}
declare const performance: EnginePerformance;

declare function queueMicrotask(callback: () => void): void;
declare function atob(data: string): string;
declare function btoa(data: string): string;

declare class DOMException extends Error {
  constructor(message?: string, name?: string);
  readonly code: number;
}

/** Extension "encoding": UTF-8 and UTF-16 only. */
interface EngineTextDecoder {
  readonly encoding: string;
  decode(input?: ArrayBufferLike | ArrayBufferView, options?: { stream?: boolean }): string;
}
interface EngineTextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

interface Global {
  [name: string]: unknown;
}

/** Made when the platform's script is bundled; see ../single-byte-tables.ts. */
declare module "nea:single-byte" {
  /** Name, labels, and the characters of the bytes 0x80 to 0xFF; U+FFFD where there is none. */
  export const ENCODINGS: readonly (readonly [name: string, labels: string, upper: string])[];
}
