/**
 * The host's half of crypto.subtle: pure functions on node:crypto's synchronous API, called by arena threads between
 * two instructions of a handler. Nothing is kept: keys live in the handler's arena, as DER or raw bytes, and come
 * with every call, so they are part of the image and die with the request like everything else.
 *
 * Bound, per call: CRYPTO_INPUT_BYTES in (and as much out), PBKDF2_ROUNDS of key derivation, keys of RSA_BITS. The
 * longest that was measured is AES-KW of a megabyte, 93 ms. RSA keys are not generated, as that takes up to seconds.
 * What comes from the arena is not trusted: everything is checked again here.
 *
 * The same call parses URLs (url-host.ts), which is a pure function of the same kind.
 *
 * Errors are thrown with messages "NAME: text", NAME being what the handler's DOMException will be called.
 */
import { decrypt, encrypt } from "./crypto/cipher.ts";
import { deriveBits } from "./crypto/derive.ts";
import { CryptoFault } from "./crypto/fault.ts";
import { hash, hmac, hmacVerify } from "./crypto/hash.ts";
import { exportKey, generateKey, importKey } from "./crypto/keys.ts";
import type { CryptoParameters } from "./crypto/parameters.ts";
import { sign, verify } from "./crypto/signature.ts";
import { URL_LENGTH, type UrlParameters, parseUrl } from "./url-host.ts";

export { PBKDF2_ROUNDS, RSA_BITS } from "./crypto/parameters.ts";

/**
 * Of all inputs of a call together. They are looked at where they are, in the arena; the answer, which is about as large,
 * is garbage of the thread as soon as it has been copied in, a part of the plan's term for buffers not freed yet.
 */
export const CRYPTO_INPUT_BYTES = 1_048_576;

/** A JWK comes among the parameters; one of RSA_BITS takes 3.2 KiB. */
const PARAMETERS_LENGTH = 16_384;
/** Two texts of URL_LENGTH, each character of them escaped. */
const URL_PARAMETERS_LENGTH = 12 * URL_LENGTH + 1024;

type Operation = (
  parameters: CryptoParameters & UrlParameters,
  inputs: readonly Uint8Array[],
) => string | Uint8Array;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  digest: hash,
  hmac,
  hmacVerify,
  sign,
  verify,
  encrypt,
  decrypt,
  deriveBits,
  importKey,
  exportKey,
  generateKey,
  url: parseUrl,
};

/** What CALL.crypto answers: a string or bytes; throws CryptoFault for everything that cannot be done. */
export function cryptoCall(
  operation: string,
  parametersJson: string,
  inputs: readonly Uint8Array[],
): string | Uint8Array {
  const run = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
  if (!run) throw new CryptoFault("NotSupportedError", "there is no such operation");
  const longest = operation === "url" ? URL_PARAMETERS_LENGTH : PARAMETERS_LENGTH;
  if (parametersJson.length > longest) throw new CryptoFault("DataError", "the parameters are too long");
  assertInputBytes(inputs.reduce((sum, input) => sum + input.length, 0));
  try {
    return run(JSON.parse(parametersJson) as CryptoParameters & UrlParameters, inputs);
  } catch (error) {
    if (error instanceof CryptoFault) throw error;
    // node:crypto's texts name OpenSSL's insides and are of no help to an author.
    throw new CryptoFault("OperationError", `${operation} failed`);
  }
}

function assertInputBytes(bytes: number): void {
  if (bytes <= CRYPTO_INPUT_BYTES) return;
  throw new CryptoFault(
    "OperationError",
    `${bytes} bytes are more than the ${CRYPTO_INPUT_BYTES} that one call may take`,
  );
}
