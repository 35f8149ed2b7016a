/** PBKDF2, HKDF, ECDH and X25519. */
import { diffieHellman, hkdfSync, pbkdf2Sync } from "node:crypto";
import { CryptoFault } from "./fault.ts";
import { privateKey, publicKey } from "./key-object.ts";
import { type CryptoParameters, PBKDF2_ROUNDS, hashName, input, integer } from "./parameters.ts";

const HASH_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const DERIVED_BYTES = 65_536;

/** Inputs: key, then salt and info (PBKDF2: salt; ECDH, X25519: the other side's public key). */
export function deriveBits(parameters: CryptoParameters, inputs: readonly Uint8Array[]): Uint8Array {
  switch (parameters.name) {
    case "PBKDF2":
      return pbkdf2(parameters, input(inputs, 0), input(inputs, 1));
    case "HKDF":
      return hkdf(parameters, input(inputs, 0), input(inputs, 1), input(inputs, 2));
    case "ECDH":
    case "X25519":
      return agree(parameters, input(inputs, 0), input(inputs, 1));
    default:
      throw new CryptoFault("NotSupportedError", "this derivation is not supported");
  }
}

function pbkdf2(parameters: CryptoParameters, key: Uint8Array, salt: Uint8Array): Uint8Array {
  const hash = hashName(parameters);
  const bytes = integer(parameters.bytes, "length", 0, DERIVED_BYTES);
  const iterations = integer(parameters.iterations, "iterations", 1, 0xffff_ffff);
  const rounds = iterations * Math.ceil(bytes / HASH_BYTES[hash]!);
  if (rounds > PBKDF2_ROUNDS) {
    throw new CryptoFault(
      "NotSupportedError",
      `PBKDF2 takes at most ${PBKDF2_ROUNDS} rounds here, not ${rounds}`,
    );
  }
  return bytes === 0 ? new Uint8Array(0) : pbkdf2Sync(key, salt, iterations, bytes, hash);
}

function hkdf(parameters: CryptoParameters, key: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  const hash = hashName(parameters);
  const bytes = integer(parameters.bytes, "length", 0, 255 * HASH_BYTES[hash]!);
  return bytes === 0 ? new Uint8Array(0) : new Uint8Array(hkdfSync(hash, key, salt, info, bytes));
}

function agree({ name }: CryptoParameters, own: Uint8Array, other: Uint8Array): Uint8Array {
  return diffieHellman({ privateKey: privateKey(own, name), publicKey: publicKey(other, name) });
}
