/**
 * crypto.subtle (Web Cryptography API, section 14): the rules here, the mathematics on the host. Every method's
 * errors reject.
 */
import type { AlgorithmIdentifier } from "../crypto/algorithm.ts";
import { hashOf } from "../crypto/algorithm.ts";
import { CryptoKey } from "../crypto/crypto-key.ts";
import { deriveBits, deriveKey } from "../crypto/derive.ts";
import { cipher } from "../crypto/encrypt.ts";
import { exportKey } from "../crypto/export-key.ts";
import { generateKey } from "../crypto/generate-key.ts";
import { bytesOf, callForBytes } from "../crypto/host-crypto.ts";
import { type KeyFormat, importKey } from "../crypto/import-key.ts";
import type { Jwk } from "../crypto/jwk.ts";
import { sign, verify } from "../crypto/sign.ts";
import { brand, defineGlobals } from "../global.ts";
import { utf8Decode, utf8Encode } from "../http/utf8.ts";
import { subtleOf } from "./crypto.ts";
import { fromJson, toJson } from "../json.ts";

export class SubtleCrypto {
  async digest(algorithm: AlgorithmIdentifier, data: unknown): Promise<ArrayBuffer> {
    const hash = hashOf({ name: "digest", hash: algorithm }, "digest");
    return callForBytes("digest", { hash }, [bytesOf(data, "the data")]).buffer;
  }

  async sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    return sign(algorithm, key, data).buffer;
  }

  async verify(
    algorithm: AlgorithmIdentifier,
    key: CryptoKey,
    signature: unknown,
    data: unknown,
  ): Promise<boolean> {
    return verify(algorithm, key, signature, data);
  }

  async encrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    return cipher("encrypt", "encrypt", algorithm, key, bytesOf(data, "the data")).buffer;
  }

  async decrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    return cipher("decrypt", "decrypt", algorithm, key, bytesOf(data, "the data")).buffer;
  }

  async deriveBits(
    algorithm: AlgorithmIdentifier,
    key: CryptoKey,
    length?: number | null,
  ): Promise<ArrayBuffer> {
    return deriveBits(algorithm, key, length).buffer;
  }

  async deriveKey(
    algorithm: AlgorithmIdentifier,
    key: CryptoKey,
    derived: AlgorithmIdentifier,
    extractable: boolean,
    usages: unknown,
  ): Promise<CryptoKey> {
    return deriveKey(algorithm, key, derived, extractable, usages);
  }

  async importKey(
    format: KeyFormat,
    data: unknown,
    algorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: unknown,
  ): Promise<CryptoKey> {
    return importKey(format, data, algorithm, extractable, usages);
  }

  async exportKey(format: KeyFormat, key: CryptoKey): Promise<ArrayBuffer | Jwk> {
    const exported = exportKey(format, key);
    return exported instanceof Uint8Array ? exported.buffer : exported;
  }

  async generateKey(algorithm: AlgorithmIdentifier, extractable: boolean, usages: unknown): Promise<object> {
    return generateKey(algorithm, extractable, usages);
  }

  async wrapKey(
    format: KeyFormat,
    key: CryptoKey,
    wrappingKey: CryptoKey,
    algorithm: AlgorithmIdentifier,
  ): Promise<ArrayBuffer> {
    const exported = exportKey(format, key);
    const bytes = exported instanceof Uint8Array ? exported : utf8Encode(toJson(exported));
    return cipher("encrypt", "wrapKey", algorithm, wrappingKey, bytes).buffer;
  }

  async unwrapKey(
    format: KeyFormat,
    wrapped: unknown,
    unwrappingKey: CryptoKey,
    algorithm: AlgorithmIdentifier,
    keyAlgorithm: AlgorithmIdentifier,
    extractable: boolean,
    usages: unknown,
  ): Promise<CryptoKey> {
    const bytes = cipher(
      "decrypt",
      "unwrapKey",
      algorithm,
      unwrappingKey,
      bytesOf(wrapped, "the wrapped key"),
    );
    const data: unknown = format === "jwk" ? fromJson(utf8Decode(bytes)) : bytes;
    return importKey(format, data, keyAlgorithm, extractable, usages);
  }
}
brand(SubtleCrypto, "SubtleCrypto");

const subtle = new SubtleCrypto();
subtleOf.get = () => subtle;
defineGlobals({ SubtleCrypto, CryptoKey });
