/** crypto.subtle.deriveBits and deriveKey. */
import {
  ALGORITHMS,
  type AlgorithmIdentifier,
  HASH_BYTES,
  type Parameters,
  type Usage,
  hashOf,
  normalize,
  requireInteger,
  requireMember,
} from "./algorithm.ts";
import { type CryptoKey, type KeyParts, isKey, partsOf, usableParts } from "./crypto-key.ts";
import { bytesOf, callForBytes, fault } from "./host-crypto.ts";
import { importKey } from "./import-key.ts";

export function deriveBits(
  algorithm: AlgorithmIdentifier,
  key: CryptoKey,
  length: number | null | undefined,
  usage: Usage = "deriveBits",
): Uint8Array<ArrayBuffer> {
  const parameters = normalize(algorithm, usage, ["kdf", "ec", "okp"]);
  const parts = usableParts(key, parameters.name, usage);
  if (ALGORITHMS[parameters.name]!.kind === "kdf") return stretch(parameters, parts, length);
  return agree(parameters, parts, length);
}

function stretch(
  parameters: Parameters,
  { material }: KeyParts,
  length: number | null | undefined,
): Uint8Array<ArrayBuffer> {
  const { name } = parameters;
  if (typeof length !== "number" || length % 8 !== 0) {
    throw fault("OperationError", `${name}: the length must be a multiple of 8 bits`);
  }
  const hash = hashOf(parameters, name);
  const salt = bytesOf(requireMember(parameters, "salt"), "salt");
  if (name === "HKDF") {
    const info = bytesOf(requireMember(parameters, "info"), "info");
    return callForBytes("deriveBits", { name, hash, bytes: length / 8 }, [material, salt, info]);
  }
  const iterations = requireInteger(parameters, "iterations", 0xffff_ffff);
  if (iterations === 0) throw fault("OperationError", "PBKDF2: there must be at least one iteration");
  return callForBytes("deriveBits", { name, hash, iterations, bytes: length / 8 }, [material, salt]);
}

function agree(
  parameters: Parameters,
  { type, algorithm, material }: KeyParts,
  length: number | null | undefined,
) {
  const { name } = parameters;
  if (type !== "private") throw fault("InvalidAccessError", `${name}: the key is not a private key`);
  const other = parameters["public"];
  if (!isKey(other)) throw new TypeError(`${name}: public is not a CryptoKey`);
  const theirs = partsOf(other);
  if (
    theirs.type !== "public" ||
    theirs.algorithm.name !== name ||
    theirs.algorithm["namedCurve"] !== algorithm["namedCurve"]
  ) {
    throw fault("InvalidAccessError", `${name}: public is not a public key of the same kind`);
  }
  const secret = callForBytes("deriveBits", { name }, [material, theirs.material]);
  if (length === null || length === undefined) return secret;
  if (length > secret.length * 8)
    throw fault("OperationError", `${name}: there are only ${secret.length * 8} bits`);
  const bits = secret.slice(0, Math.ceil(length / 8));
  // What is left of the last byte is zero.
  if (length % 8 !== 0) bits[bits.length - 1]! &= 0xff00 >> (length % 8);
  return bits;
}

export function deriveKey(
  algorithm: AlgorithmIdentifier,
  key: CryptoKey,
  derived: AlgorithmIdentifier,
  extractable: boolean,
  usages: unknown,
): CryptoKey {
  const parameters = normalize(derived, "deriveKey", ["hmac", "aes", "kdf"]);
  const bits = deriveBits(algorithm, key, keyLength(parameters), "deriveKey");
  return importKey("raw", bits, derived, extractable, usages);
}

function keyLength(parameters: Parameters): number | null {
  const { kind } = ALGORITHMS[parameters.name]!;
  if (kind === "kdf") return null;
  if (kind === "aes" || parameters["length"] !== undefined)
    return requireInteger(parameters, "length", 65_536);
  return HASH_BYTES[hashOf(parameters, "deriveKey")]!.block * 8;
}
