/** crypto.getRandomValues and randomUUID (Web Cryptography API, section 10): from the system's generator. */
import { CALL } from "../../abi.ts";
import { brand, defineGlobals } from "../global.ts";
import { host } from "../host.ts";
import { assertInRequest } from "../life/context.ts";
import { randomBytes } from "../life/random.ts";

const INTEGERS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
];
/** The standard's limit per call. */
const RANDOM_BYTES = 65_536;

export const subtleOf: { get?: () => object } = {};

export class Crypto {
  get subtle(): object | undefined {
    return subtleOf.get?.();
  }

  getRandomValues<T extends ArrayBufferView>(array: T): T {
    if (!INTEGERS.some((kind) => array instanceof kind)) {
      throw new DOMException(
        "getRandomValues: the argument is not an array of integers",
        "TypeMismatchError",
      );
    }
    const { buffer, byteOffset, byteLength } = array;
    if (byteLength > RANDOM_BYTES) {
      throw new DOMException(
        `getRandomValues: ${byteLength} bytes are more than ${RANDOM_BYTES}`,
        "QuotaExceededError",
      );
    }
    assertInRequest("crypto.getRandomValues");
    if (byteLength > 0) host(CALL.randomBytes, new Uint8Array(buffer, byteOffset, byteLength));
    return array;
  }

  randomUUID(): string {
    assertInRequest("crypto.randomUUID");
    const bytes = randomBytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = bytes.toHex();
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
brand(Crypto, "Crypto");

defineGlobals({ crypto: new Crypto(), Crypto });
