/** crypto.subtle.sign and verify. */
import {
  type AlgorithmIdentifier,
  ALGORITHMS,
  type Parameters,
  hashOf,
  normalize,
  requireInteger,
} from "./algorithm.ts";
import { type CryptoKey, type KeyParts, usableParts } from "./crypto-key.ts";
import { bytesOf, callForBytes, callForText, fault } from "./host-crypto.ts";

export function sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: unknown): Uint8Array<ArrayBuffer> {
  const parameters = normalize(algorithm, "sign", ["hmac", "rsa", "ec", "okp"]);
  const parts = usableParts(key, parameters.name, "sign");
  const operation = parameters.name === "HMAC" ? "hmac" : "sign";
  return callForBytes(operation, hostParameters(parameters, parts), [
    parts.material,
    bytesOf(data, "the data"),
  ]);
}

export function verify(
  algorithm: AlgorithmIdentifier,
  key: CryptoKey,
  signature: unknown,
  data: unknown,
): boolean {
  const parameters = normalize(algorithm, "verify", ["hmac", "rsa", "ec", "okp"]);
  const parts = usableParts(key, parameters.name, "verify");
  const [signed, message] = [bytesOf(signature, "the signature"), bytesOf(data, "the data")];
  const forHost = hostParameters(parameters, parts);
  if (parameters.name === "HMAC")
    return callForText("hmacVerify", forHost, [parts.material, message, signed]) === "1";
  return callForText("verify", forHost, [parts.material, signed, message]) === "1";
}

/** The hash is the key's, except with ECDSA, where the author gives it each time. */
function hostParameters(parameters: Parameters, { algorithm, type }: KeyParts): object {
  const { name } = parameters;
  if (ALGORITHMS[name]!.kind !== "hmac" && type === "secret")
    throw fault("InvalidAccessError", "The key is secret");
  if (name === "Ed25519") return { name };
  const hash = name === "ECDSA" ? hashOf(parameters, "sign") : (algorithm["hash"] as { name: string }).name;
  return name === "RSA-PSS"
    ? { name, hash, saltLength: requireInteger(parameters, "saltLength", 0xffff_ffff) }
    : { name, hash };
}
