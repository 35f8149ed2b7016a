/** crypto.subtle.generateKey. RSA keys are refused: making one takes up to seconds. */
import { randomBytes } from "../life/random.ts";
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
import { type CryptoKey, assertUsages, checkedUsages, createKey } from "./crypto-key.ts";
import { callForText, fault } from "./host-crypto.ts";
import { type HostKey, keyFromHost } from "./import-key.ts";
import { fromJson } from "../json.ts";

export function generateKey(
  algorithm: AlgorithmIdentifier,
  extractable: boolean,
  keyUsages: unknown,
): CryptoKey | { privateKey: CryptoKey; publicKey: CryptoKey } {
  const parameters = normalize(algorithm, "generateKey", ["rsa", "ec", "okp", "hmac", "aes"]);
  const usages = checkedUsages(keyUsages);
  const { kind, secret } = ALGORITHMS[parameters.name]!;
  if (kind === "rsa") {
    throw fault(
      "NotSupportedError",
      "generateKey: an RSA key takes up to seconds to make; make it elsewhere and import it",
    );
  }
  if (!secret) return generatePair(parameters, Boolean(extractable), usages);
  assertUsages(usages, secret, "secret", parameters.name);
  return generateSecret(parameters, Boolean(extractable), usages);
}

function generateSecret(parameters: Parameters, extractable: boolean, usages: Usage[]): CryptoKey {
  const { name } = parameters;
  if (ALGORITHMS[name]!.kind === "aes") {
    const length = requireInteger(parameters, "length", 0xffff);
    if (![128, 192, 256].includes(length))
      throw fault("OperationError", `generateKey: an AES key cannot have ${length} bits`);
    return createKey({
      type: "secret",
      algorithm: { name, length },
      extractable,
      usages,
      material: randomBytes(length / 8),
    });
  }
  const hash = hashOf(parameters, "generateKey");
  const length =
    parameters["length"] === undefined
      ? HASH_BYTES[hash]!.block * 8
      : requireInteger(parameters, "length", 65_536);
  if (length === 0) throw fault("OperationError", "generateKey: an HMAC key cannot have 0 bits");
  const algorithm = { name, hash: { name: hash }, length };
  return createKey({
    type: "secret",
    algorithm,
    extractable,
    usages,
    material: randomBytes(Math.ceil(length / 8)),
  });
}

function generatePair(parameters: Parameters, extractable: boolean, usages: Usage[]) {
  const { name } = parameters;
  const { kind, private: forPrivate, public: forPublic } = ALGORITHMS[name]!;
  const namedCurve = kind === "ec" ? `${requireMember(parameters, "namedCurve") as string}` : undefined;
  assertUsages(usages, [...forPrivate!, ...forPublic!], "private", name);
  const own = usages.filter((usage) => forPrivate!.includes(usage));
  if (own.length === 0) throw fault("SyntaxError", "A private key needs at least one usage");
  const pair = fromJson(callForText("generateKey", { name, namedCurve }, [])) as Record<
    "privateKey" | "publicKey",
    HostKey
  >;
  const others = usages.filter((usage) => forPublic!.includes(usage));
  return {
    privateKey: keyFromHost(pair.privateKey, name, undefined, extractable, own),
    publicKey: keyFromHost(pair.publicKey, name, undefined, true, others),
  };
}
