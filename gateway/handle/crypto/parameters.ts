/** What a call may ask for, as it comes from the arena: every field is checked where it is used. */
import { CryptoFault } from "./fault.ts";

export interface CryptoParameters {
  /** The algorithm's name in the Web Cryptography API. */
  name?: unknown;
  hash?: unknown;
  namedCurve?: unknown;
  saltLength?: unknown;
  tagLength?: unknown;
  /** AES-CTR: bits of the counter. */
  length?: unknown;
  iterations?: unknown;
  /** Of derived bits, in bytes. */
  bytes?: unknown;
  format?: unknown;
  type?: unknown;
  jwk?: unknown;
}

/** Rounds times output blocks: 17 ms with SHA-256 and 55 ms with SHA-512 on the machine this was written on. */
export const PBKDF2_ROUNDS = 100_000;
/** A signature with a key of this size takes 6.5 ms. */
export const RSA_BITS = 4096;

const HASHES: Readonly<Record<string, string>> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

/** What node:crypto calls a hash. */
export function hashName({ hash }: CryptoParameters): string {
  const name = typeof hash === "string" && Object.hasOwn(HASHES, hash) ? HASHES[hash] : undefined;
  if (!name)
    throw new CryptoFault("NotSupportedError", `${String(hash).slice(0, 40)} is not a supported hash`);
  return name;
}

export function integer(value: unknown, name: string, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new CryptoFault("OperationError", `${name} must be between ${min} and ${max}`);
}

export function input(inputs: readonly Uint8Array[], index: number): Uint8Array {
  const found = inputs[index];
  if (!found) throw new CryptoFault("OperationError", "an input is missing");
  return found;
}
