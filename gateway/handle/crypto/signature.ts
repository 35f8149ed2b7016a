/** RSASSA-PKCS1-v1_5, RSA-PSS, ECDSA and Ed25519. */
import { type KeyObject, constants, sign as signWith, verify as verifyWith } from "node:crypto";
import { privateKey, publicKey } from "./key-object.ts";
import { type CryptoParameters, hashName, input, integer } from "./parameters.ts";

/** Inputs: private key, data. */
export function sign(parameters: CryptoParameters, inputs: readonly Uint8Array[]): Uint8Array {
  const key = privateKey(input(inputs, 0), parameters.name);
  return signWith(digestOf(parameters), input(inputs, 1), withOptions(parameters, key));
}

/** Inputs: public key, signature, data. "1" if it is right. */
export function verify(parameters: CryptoParameters, inputs: readonly Uint8Array[]): string {
  const key = publicKey(input(inputs, 0), parameters.name);
  const options = withOptions(parameters, key);
  return verifyWith(digestOf(parameters), input(inputs, 2), options, input(inputs, 1)) ? "1" : "";
}

function digestOf(parameters: CryptoParameters): string | null {
  return parameters.name === "Ed25519" ? null : hashName(parameters);
}

function withOptions({ name, saltLength }: CryptoParameters, key: KeyObject) {
  if (name === "ECDSA") return { key, dsaEncoding: "ieee-p1363" as const };
  if (name !== "RSA-PSS") return { key };
  return {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: integer(saltLength, "saltLength", 0, 512),
  };
}
