/** crypto.subtle.importKey (Web Cryptography API, section 14.3.9 and each algorithm's "import key"). */
import {
  ALGORITHMS,
  type AlgorithmIdentifier,
  type Parameters,
  type Usage,
  hashOf,
  normalize,
  requireInteger,
  requireMember,
} from "./algorithm.ts";
import { type CryptoKey, type KeyAlgorithm, assertUsages, checkedUsages, createKey } from "./crypto-key.ts";
import { bytesOf, callForText, fault } from "./host-crypto.ts";
import { type Jwk, checkAlg, checkJwk, secretFromJwk } from "./jwk.ts";
import { fromJson } from "../json.ts";

export type KeyFormat = "raw" | "pkcs8" | "spki" | "jwk";

interface Request {
  format: KeyFormat;
  data: unknown;
  parameters: Parameters;
  extractable: boolean;
  usages: Usage[];
}

export function importKey(
  format: KeyFormat,
  data: unknown,
  algorithm: AlgorithmIdentifier,
  extractable: boolean,
  keyUsages: unknown,
): CryptoKey {
  const parameters = normalize(algorithm, "importKey", ["rsa", "ec", "okp", "hmac", "aes", "kdf"]);
  if (!["raw", "pkcs8", "spki", "jwk"].includes(format))
    throw new TypeError(`importKey: there is no format "${format}"`);
  const request = {
    format,
    data,
    parameters,
    extractable: Boolean(extractable),
    usages: checkedUsages(keyUsages),
  };
  const { kind } = ALGORITHMS[parameters.name]!;
  return kind === "hmac" || kind === "aes" || kind === "kdf" ? importSecret(request) : importPair(request);
}

function importSecret({ format, data, parameters, extractable, usages }: Request): CryptoKey {
  const { name } = parameters;
  const { kind, secret } = ALGORITHMS[name]!;
  assertUsages(usages, secret!, "secret", name);
  if (kind === "kdf" && extractable)
    throw fault("SyntaxError", `importKey: ${name} keys cannot be extractable`);
  const hash = kind === "hmac" ? hashOf(parameters, "importKey") : undefined;
  let material: Uint8Array<ArrayBuffer>;
  if (format === "raw") material = bytesOf(data, "the key");
  else if (format === "jwk" && kind !== "kdf") {
    const jwk = asJwk(data);
    checkJwk(jwk, kind, name, extractable, usages);
    material = secretFromJwk(jwk);
    checkAlg(jwk, name, hash, material.length);
  } else throw fault("NotSupportedError", `importKey: ${name} keys do not come as ${format}`);
  return createKey({
    type: "secret",
    algorithm: secretAlgorithm(parameters, hash, material),
    extractable,
    usages,
    material,
  });
}

function secretAlgorithm(
  parameters: Parameters,
  hash: string | undefined,
  material: Uint8Array,
): KeyAlgorithm {
  const { name } = parameters;
  const { kind } = ALGORITHMS[name]!;
  const bits = material.length * 8;
  if (kind === "kdf") return { name };
  if (kind === "aes") {
    if (![128, 192, 256].includes(bits))
      throw fault("DataError", `importKey: an AES key cannot have ${bits} bits`);
    return { name, length: bits };
  }
  if (bits === 0) throw fault("DataError", "importKey: the key is empty");
  const length =
    parameters["length"] === undefined ? bits : requireInteger(parameters, "length", 0xffff_ffff);
  if (length > bits || length <= bits - 8)
    throw fault("DataError", `importKey: the key has ${bits} bits, not ${length}`);
  return { name, hash: { name: hash }, length };
}

/** What the host tells about a key that it has read. */
export interface HostKey {
  type: "private" | "public";
  der: string;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: string;
}

function importPair({ format, data, parameters, extractable, usages }: Request): CryptoKey {
  const { name } = parameters;
  const algorithm = ALGORITHMS[name]!;
  const hash = algorithm.kind === "rsa" ? hashOf(parameters, "importKey") : undefined;
  const namedCurve =
    algorithm.kind === "ec" ? `${requireMember(parameters, "namedCurve") as string}` : undefined;
  if (format === "raw" && algorithm.kind === "rsa")
    throw fault("NotSupportedError", "importKey: RSA keys do not come as raw");
  const jwk = format === "jwk" ? asJwk(data) : undefined;
  const type = format === "pkcs8" || jwk?.d !== undefined ? "private" : "public";
  assertUsages(usages, algorithm[type]!, type, name);
  if (jwk) {
    checkJwk(jwk, algorithm.kind, name, extractable, usages);
    checkAlg(jwk, name, hash, 0);
    if (algorithm.kind === "okp" && jwk.crv !== name)
      throw fault("DataError", `The JWK's crv is not "${name}"`);
  }
  const inputs = jwk ? [] : [bytesOf(data, "the key")];
  const answer = callForText("importKey", { format, name, namedCurve, jwk }, inputs);
  return keyFromHost(fromJson(answer) as HostKey, name, hash, extractable, usages);
}

export function keyFromHost(
  { type, der, namedCurve, modulusLength, publicExponent }: HostKey,
  name: string,
  hash: string | undefined,
  extractable: boolean,
  usages: Usage[],
): CryptoKey {
  const algorithm: KeyAlgorithm = { name };
  if (modulusLength !== undefined) {
    Object.assign(algorithm, {
      modulusLength,
      publicExponent: Uint8Array.fromBase64(publicExponent!),
      hash: { name: hash },
    });
  }
  if (namedCurve !== undefined) algorithm["namedCurve"] = namedCurve;
  return createKey({ type, algorithm, extractable, usages, material: Uint8Array.fromBase64(der) });
}

function asJwk(data: unknown): Jwk {
  if (typeof data !== "object" || data === null || ArrayBuffer.isView(data) || data instanceof ArrayBuffer) {
    throw new TypeError("importKey: the key is not a JWK");
  }
  return data as Jwk;
}
