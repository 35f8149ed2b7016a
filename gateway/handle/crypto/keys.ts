/**
 * Keys in and out: from what the author has to the DER that the arena keeps, and back. Private keys are kept as
 * PKCS #8, public ones as SubjectPublicKeyInfo.
 */
import {
  type KeyObject,
  type webcrypto,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
} from "node:crypto";
import { CryptoFault } from "./fault.ts";
import { CURVES, checkedKey, curveOf, privateKey, publicKey } from "./key-object.ts";
import { type CryptoParameters, input } from "./parameters.ts";

type JsonWebKey = webcrypto.JsonWebKey;

/** Input: the key, unless it is a JWK. Answers JSON: type, der (base64), and what its algorithm object tells. */
export function importKey(parameters: CryptoParameters, inputs: readonly Uint8Array[]): string {
  const key = importAs(parameters, inputs);
  const curve = curveOf(key);
  if (parameters.namedCurve !== undefined && parameters.namedCurve !== curve) {
    throw new CryptoFault(
      "DataError",
      `the key is not on the curve ${String(parameters.namedCurve).slice(0, 20)}`,
    );
  }
  return JSON.stringify(describe(key));
}

function importAs(parameters: CryptoParameters, inputs: readonly Uint8Array[]): KeyObject {
  const { format, name, jwk } = parameters;
  switch (format) {
    case "pkcs8":
      return privateKey(input(inputs, 0), name);
    case "spki":
      return publicKey(input(inputs, 0), name);
    case "raw":
      return checkedKey(
        () => createPublicKey({ key: rawToJwk(parameters, input(inputs, 0)), format: "jwk" }),
        name,
      );
    case "jwk": {
      const key = jwk as JsonWebKey;
      const isPrivate = typeof key === "object" && key !== null && key.d !== undefined;
      return checkedKey(
        () =>
          isPrivate ? createPrivateKey({ key, format: "jwk" }) : createPublicKey({ key, format: "jwk" }),
        name,
      );
    }
    default:
      throw new CryptoFault("NotSupportedError", "this format is not supported");
  }
}

function rawToJwk({ name, namedCurve }: CryptoParameters, bytes: Uint8Array): JsonWebKey {
  const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString("base64url");
  if (name === "Ed25519" || name === "X25519") return { kty: "OKP", crv: name, x: text(0, bytes.length) };
  const half = (bytes.length - 1) / 2;
  if (bytes[0] !== 4 || !Number.isInteger(half)) {
    throw new CryptoFault("DataError", "the point is not in uncompressed form");
  }
  return { kty: "EC", crv: String(namedCurve), x: text(1, 1 + half), y: text(1 + half, bytes.length) };
}

interface KeyDescription {
  type: string;
  der: string;
  namedCurve?: string | undefined;
  modulusLength?: number | undefined;
  /** Big-endian, base64. */
  publicExponent?: string | undefined;
}

function describe(key: KeyObject): KeyDescription {
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  return {
    type: key.type,
    der: derOf(key).toString("base64"),
    namedCurve: curveOf(key),
    modulusLength,
    publicExponent: publicExponent === undefined ? undefined : bigEndian(publicExponent).toString("base64"),
  };
}

function derOf(key: KeyObject): Buffer {
  return key.type === "private"
    ? key.export({ format: "der", type: "pkcs8" })
    : key.export({ format: "der", type: "spki" });
}

function bigEndian(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
}

/** Input: the key's DER. Answers bytes, or JSON for a JWK. */
export function exportKey(parameters: CryptoParameters, inputs: readonly Uint8Array[]): string | Uint8Array {
  const { format, name, type } = parameters;
  const key = type === "private" ? privateKey(input(inputs, 0), name) : publicKey(input(inputs, 0), name);
  if (format === "jwk") return JSON.stringify(key.export({ format: "jwk" }));
  if (format === "raw" && key.type === "public") return rawOf(key);
  throw new CryptoFault("NotSupportedError", "this format is not supported");
}

function rawOf(key: KeyObject): Uint8Array {
  const { x = "", y } = key.export({ format: "jwk" });
  const first = Buffer.from(x, "base64url");
  return y === undefined ? first : Buffer.concat([Uint8Array.of(4), first, Buffer.from(y, "base64url")]);
}

/** Answers JSON: privateKey and publicKey, described as by importKey. */
export function generateKey({ name, namedCurve }: CryptoParameters): string {
  const pair = generatePair(name, namedCurve);
  return JSON.stringify({ privateKey: describe(pair.privateKey), publicKey: describe(pair.publicKey) });
}

function generatePair(name: unknown, namedCurve: unknown): { privateKey: KeyObject; publicKey: KeyObject } {
  if (name === "Ed25519") return generateKeyPairSync("ed25519");
  if (name === "X25519") return generateKeyPairSync("x25519");
  const curve =
    typeof namedCurve === "string" && Object.hasOwn(CURVES, namedCurve) ? CURVES[namedCurve] : undefined;
  if ((name === "ECDSA" || name === "ECDH") && curve) return generateKeyPairSync("ec", { namedCurve: curve });
  throw new CryptoFault("NotSupportedError", "keys of this kind cannot be generated");
}
