/** AES in the modes of the Web Cryptography API, and RSA-OAEP. */
import {
  type CipherGCMTypes,
  constants,
  createCipheriv,
  createDecipheriv,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { CryptoFault } from "./fault.ts";
import { privateKey, publicKey } from "./key-object.ts";
import { type CryptoParameters, hashName, input, integer } from "./parameters.ts";

/** Inputs: key, data, then the initial vector or counter (or OAEP's label), then additional data. */
export function encrypt(parameters: CryptoParameters, inputs: readonly Uint8Array[]): Uint8Array {
  const [key, data, iv] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
  switch (parameters.name) {
    case "AES-GCM": {
      const cipher = createCipheriv(gcm(key), key, iv, { authTagLength: tagBytes(parameters) });
      cipher.setAAD(input(inputs, 3));
      return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
    }
    case "AES-CBC": {
      const cipher = createCipheriv(aes(key, "cbc"), key, iv);
      return Buffer.concat([cipher.update(data), cipher.final()]);
    }
    case "AES-CTR":
      return counterMode(parameters, key, data, iv);
    case "AES-KW": {
      const cipher = createCipheriv(`id-${aes(key, "wrap")}`, key, KEY_WRAP_IV);
      return Buffer.concat([cipher.update(data), cipher.final()]);
    }
    default:
      return publicEncrypt({ key: publicKey(key, "RSA-OAEP"), ...oaep(parameters, iv) }, data);
  }
}

/** Inputs as for encrypt. */
export function decrypt(parameters: CryptoParameters, inputs: readonly Uint8Array[]): Uint8Array {
  const [key, data, iv] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
  switch (parameters.name) {
    case "AES-GCM":
      return decryptGcm(key, data, iv, input(inputs, 3), tagBytes(parameters));
    case "AES-CBC": {
      const decipher = createDecipheriv(aes(key, "cbc"), key, iv);
      return Buffer.concat([decipher.update(data), decipher.final()]);
    }
    case "AES-CTR":
      return counterMode(parameters, key, data, iv);
    case "AES-KW": {
      const decipher = createDecipheriv(`id-${aes(key, "wrap")}`, key, KEY_WRAP_IV);
      return Buffer.concat([decipher.update(data), decipher.final()]);
    }
    default:
      return privateDecrypt({ key: privateKey(key, "RSA-OAEP"), ...oaep(parameters, iv) }, data);
  }
}

/** RFC 3394 section 2.2.3.1. */
const KEY_WRAP_IV = Buffer.alloc(8, 0xa6);

function aes(key: Uint8Array, mode: string): string {
  if (![16, 24, 32].includes(key.length))
    throw new CryptoFault("OperationError", "the key is not an AES key");
  return mode === "wrap" ? `aes${key.length * 8}-wrap` : `aes-${key.length * 8}-${mode}`;
}

function gcm(key: Uint8Array): CipherGCMTypes {
  return aes(key, "gcm") as CipherGCMTypes;
}

function tagBytes({ tagLength }: CryptoParameters): number {
  const bits = integer(tagLength, "tagLength", 32, 128);
  if ([32, 64, 96, 104, 112, 120, 128].includes(bits)) return bits / 8;
  throw new CryptoFault("OperationError", `tagLength cannot be ${bits}`);
}

function decryptGcm(
  key: Uint8Array,
  data: Uint8Array,
  iv: Uint8Array,
  additional: Uint8Array,
  authTagLength: number,
): Uint8Array {
  if (data.length < authTagLength)
    throw new CryptoFault("OperationError", "the data is shorter than its tag");
  const decipher = createDecipheriv(gcm(key), key, iv, { authTagLength });
  decipher.setAAD(additional);
  decipher.setAuthTag(data.subarray(data.length - authTagLength));
  const plain = decipher.update(data.subarray(0, data.length - authTagLength));
  return Buffer.concat([plain, decipher.final()]);
}

/**
 * OpenSSL counts in all 128 bits; the Web Cryptography API in the last `length` only, beginning again at zero. Where
 * the two differ the data is split, and where a counter would come twice it is refused.
 */
function counterMode(
  parameters: CryptoParameters,
  key: Uint8Array,
  data: Uint8Array,
  counter: Uint8Array,
): Uint8Array {
  const bits = BigInt(integer(parameters.length, "length", 1, 128));
  const start = BigInt(`0x${Buffer.from(counter).toString("hex") || "0"}`);
  const size = 1n << bits;
  const blocks = BigInt(Math.ceil(data.length / 16));
  if (blocks > size) throw new CryptoFault("OperationError", "the counter is too short for the data");
  const untilWrap = size - (start % size);
  if (blocks <= untilWrap) return aesCtr(key, data, counter);
  const split = Number(untilWrap) * 16;
  const zeroed = start - (start % size);
  const again = Buffer.from(zeroed.toString(16).padStart(32, "0"), "hex");
  return Buffer.concat([
    aesCtr(key, data.subarray(0, split), counter),
    aesCtr(key, data.subarray(split), again),
  ]);
}

function aesCtr(key: Uint8Array, data: Uint8Array, counter: Uint8Array): Uint8Array {
  return createCipheriv(aes(key, "ctr"), key, counter).update(data);
}

function oaep(parameters: CryptoParameters, label: Uint8Array) {
  if (parameters.name !== "RSA-OAEP")
    throw new CryptoFault("NotSupportedError", "this cipher is not supported");
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hashName(parameters), oaepLabel: label };
}
