/** crypto.subtle.exportKey (Web Cryptography API, section 14.3.10). */
import { type CryptoKey, type KeyParts, isKey, partsOf } from "./crypto-key.ts";
import { callForBytes, callForText, fault } from "./host-crypto.ts";
import type { KeyFormat } from "./import-key.ts";
import { type Jwk, algOf, secretToJwk } from "./jwk.ts";
import { fromJson } from "../json.ts";

export function exportKey(format: KeyFormat, key: CryptoKey): Uint8Array<ArrayBuffer> | Jwk {
  if (!isKey(key)) throw new TypeError("exportKey: the key is not a CryptoKey");
  const parts = partsOf(key);
  const { name } = parts.algorithm;
  if (name === "PBKDF2" || name === "HKDF")
    throw fault("NotSupportedError", `exportKey: ${name} keys cannot be exported`);
  if (!parts.extractable) throw fault("InvalidAccessError", "exportKey: the key is not extractable");
  const hash = (parts.algorithm["hash"] as { name: string } | undefined)?.name;
  if (parts.type === "secret") return exportSecret(format, parts, hash);
  return exportOfPair(format, parts, hash);
}

function exportSecret(
  format: KeyFormat,
  parts: KeyParts,
  hash: string | undefined,
): Uint8Array<ArrayBuffer> | Jwk {
  if (format === "raw") return parts.material.slice();
  if (format === "jwk") return secretToJwk(parts, hash);
  throw fault("NotSupportedError", `exportKey: a secret key cannot be written as ${format}`);
}

function exportOfPair(
  format: KeyFormat,
  parts: KeyParts,
  hash: string | undefined,
): Uint8Array<ArrayBuffer> | Jwk {
  const { type, algorithm, material, usages, extractable } = parts;
  const { name } = algorithm;
  if ((format === "pkcs8" && type === "private") || (format === "spki" && type === "public"))
    return material.slice();
  if (format === "raw" && type === "public" && hash === undefined) {
    return callForBytes("exportKey", { format, name, type }, [material]);
  }
  if (format === "pkcs8" || format === "spki" || format === "raw") {
    throw fault(
      format === "raw" ? "NotSupportedError" : "InvalidAccessError",
      `exportKey: a ${type} key cannot be written as ${format}`,
    );
  }
  const jwk = fromJson(callForText("exportKey", { format: "jwk", name, type }, [material])) as Jwk;
  const alg = algOf(name, hash, 0);
  return { ...jwk, ...(alg ? { alg } : {}), key_ops: usages, ext: extractable };
}
