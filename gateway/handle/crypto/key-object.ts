/** Keys as node:crypto wants them, from DER, with their cost bounded: a key's size is what an operation's time is. */
import { type KeyObject, createPrivateKey, createPublicKey } from "node:crypto";
import { CryptoFault } from "./fault.ts";
import { RSA_BITS } from "./parameters.ts";

export const CURVES: Readonly<Record<string, string>> = {
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};

/** node:crypto's name for the kind of key that an algorithm takes. */
const KINDS: Readonly<Record<string, string>> = {
  "RSASSA-PKCS1-v1_5": "rsa",
  "RSA-PSS": "rsa",
  "RSA-OAEP": "rsa",
  "ECDSA": "ec",
  "ECDH": "ec",
  "Ed25519": "ed25519",
  "X25519": "x25519",
};

/** Verifying with a large exponent would take as long as signing. */
const EXPONENT_MAX = 0xffff_ffffn;

/**
 * A private RSA key of RSA_BITS takes 2.4 KiB. Inside of a longer one there could be an exponent of any size, and
 * with it a signature that takes forever.
 */
const KEY_BYTES = 3072;

export function privateKey(der: Uint8Array, algorithm: unknown): KeyObject {
  assertKeyBytes(der.length);
  return checkedKey(
    () => createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }),
    algorithm,
  );
}

export function publicKey(der: Uint8Array, algorithm: unknown): KeyObject {
  assertKeyBytes(der.length);
  return checkedKey(() => createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" }), algorithm);
}

function assertKeyBytes(bytes: number): void {
  if (bytes > KEY_BYTES) throw new CryptoFault("DataError", `the key is longer than ${KEY_BYTES} bytes`);
}

/** Throws DataError unless the key is one that the algorithm takes, of a size that is bearable. */
export function checkedKey(make: () => KeyObject, algorithm: unknown): KeyObject {
  const kind =
    typeof algorithm === "string" && Object.hasOwn(KINDS, algorithm) ? KINDS[algorithm] : undefined;
  if (!kind) throw new CryptoFault("NotSupportedError", "this algorithm has no such keys");
  const key = parsed(make);
  if (key.asymmetricKeyType !== kind)
    throw new CryptoFault("DataError", `the key is not one for ${String(algorithm)}`);
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (kind === "rsa" && (modulusLength > RSA_BITS || publicExponent > EXPONENT_MAX)) {
    throw new CryptoFault(
      "NotSupportedError",
      `RSA keys have at most ${RSA_BITS} bits and an exponent of 32`,
    );
  }
  if (kind === "ec" && !Object.values(CURVES).includes(namedCurve ?? "")) {
    throw new CryptoFault(
      "NotSupportedError",
      `the key's curve is not one of ${Object.keys(CURVES).join(", ")}`,
    );
  }
  return key;
}

function parsed(make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch {
    throw new CryptoFault("DataError", "the key cannot be read");
  }
}

export function curveOf(key: KeyObject): string | undefined {
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  return Object.keys(CURVES).find((name) => CURVES[name] === namedCurve);
}
