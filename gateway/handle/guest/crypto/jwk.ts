/** JSON Web Keys (RFC 7517, RFC 7518) as importKey and exportKey treat them. */
import type { Usage } from "./algorithm.ts";
import type { KeyParts } from "./crypto-key.ts";
import { fault } from "./host-crypto.ts";
import { toJson } from "../json.ts";

export interface Jwk extends Record<string, unknown> {
  kty?: string;
  use?: string;
  key_ops?: string[];
  alg?: string;
  ext?: boolean;
  crv?: string;
  k?: string;
  d?: string;
}

const KTY: Record<string, string> = { rsa: "RSA", ec: "EC", okp: "OKP", hmac: "oct", aes: "oct" };

/** What "importKey" of every algorithm checks before it looks at the key itself. */
export function checkJwk(jwk: Jwk, kind: string, name: string, extractable: boolean, usages: Usage[]): void {
  if (jwk.kty !== KTY[kind])
    throw fault("DataError", `The JWK's kty is ${toJson(jwk.kty)}, not "${KTY[kind]}"`);
  const use = kind !== "okp" && kind !== "rsa" && kind !== "ec" ? useOf(kind) : useOfName(name);
  if (usages.length > 0 && jwk.use !== undefined && use !== undefined && jwk.use !== use) {
    throw fault("DataError", `The JWK's use is ${toJson(jwk.use)}, not "${use}"`);
  }
  if (jwk.key_ops !== undefined) checkOperations(jwk.key_ops, usages);
  if (jwk.ext === false && extractable) throw fault("DataError", "The JWK is not extractable");
}

function useOf(kind: string): string {
  return kind === "hmac" ? "sig" : "enc";
}

function useOfName(name: string): string | undefined {
  return name === "RSA-OAEP" || name === "ECDH" || name === "X25519" ? "enc" : "sig";
}

function checkOperations(operations: unknown, usages: Usage[]): void {
  if (!Array.isArray(operations) || new Set(operations).size !== operations.length) {
    throw fault("DataError", "The JWK's key_ops is not a list of different operations");
  }
  const missing = usages.find((usage) => !operations.includes(usage));
  if (missing) throw fault("DataError", `The JWK's key_ops does not include ${missing}`);
}

/** The `alg` that goes with a key; undefined where there is none. */
export function algOf(name: string, hash: string | undefined, bytes: number): string | undefined {
  const bits = hash?.slice(4);
  switch (name) {
    case "HMAC":
      return `HS${bits}`;
    case "RSASSA-PKCS1-v1_5":
      return `RS${bits}`;
    case "RSA-PSS":
      return `PS${bits}`;
    case "RSA-OAEP":
      return bits === "1" ? "RSA-OAEP" : `RSA-OAEP-${bits}`;
    case "AES-GCM":
    case "AES-CBC":
    case "AES-CTR":
    case "AES-KW":
      return `A${bytes * 8}${name.slice(4)}`;
    default:
      return undefined;
  }
}

const ECDSA_ALG: Record<string, string> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

export function checkAlg(jwk: Jwk, name: string, hash: string | undefined, bytes: number): void {
  if (jwk.alg === undefined) return;
  const expected = algOf(name, hash, bytes);
  const wrongCurve = name === "ECDSA" && ECDSA_ALG[jwk.alg] !== undefined && ECDSA_ALG[jwk.alg] !== jwk.crv;
  if ((expected !== undefined && jwk.alg !== expected) || wrongCurve) {
    throw fault("DataError", `The JWK's alg is ${toJson(jwk.alg)}${expected ? `, not "${expected}"` : ""}`);
  }
}

export function secretFromJwk({ k }: Jwk): Uint8Array<ArrayBuffer> {
  try {
    if (typeof k === "string" && !k.includes("=")) return Uint8Array.fromBase64(k, { alphabet: "base64url" });
  } catch {
    // Reported below, like a missing one.
  }
  throw fault("DataError", "The JWK's k is not base64url");
}

export function secretToJwk(
  { material, algorithm, usages, extractable }: KeyParts,
  hash: string | undefined,
): Jwk {
  return {
    kty: "oct",
    k: material.toBase64({ alphabet: "base64url", omitPadding: true }),
    alg: algOf(algorithm.name, hash, material.length)!,
    key_ops: usages,
    ext: extractable,
  };
}
