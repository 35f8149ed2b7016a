/** Digests and HMAC. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type CryptoParameters, hashName, input } from "./parameters.ts";

export function hash(parameters: CryptoParameters, inputs: readonly Uint8Array[]): Uint8Array {
  return createHash(hashName(parameters)).update(input(inputs, 0)).digest();
}

/** Inputs: key, data. */
export function hmac(parameters: CryptoParameters, inputs: readonly Uint8Array[]): Uint8Array {
  return createHmac(hashName(parameters), input(inputs, 0)).update(input(inputs, 1)).digest();
}

/** Inputs: key, data, signature. "1" if it is right. */
export function hmacVerify(parameters: CryptoParameters, inputs: readonly Uint8Array[]): string {
  const expected = hmac(parameters, inputs);
  const given = input(inputs, 2);
  return given.length === expected.length && timingSafeEqual(given, expected) ? "1" : "";
}
