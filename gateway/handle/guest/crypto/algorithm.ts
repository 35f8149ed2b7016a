/** Which algorithm does what ("normalizing an algorithm", Web Cryptography API, section 18.4). */
import { fault } from "./host-crypto.ts";

export type Usage =
  "encrypt" | "decrypt" | "sign" | "verify" | "deriveKey" | "deriveBits" | "wrapKey" | "unwrapKey";

export type Kind = "rsa" | "ec" | "okp" | "hmac" | "aes" | "kdf" | "hash";

interface Algorithm {
  kind: Kind;
  /** What keys may be used for: secret ones, or private and public ones. */
  secret?: Usage[];
  private?: Usage[];
  public?: Usage[];
}

const CIPHER: Usage[] = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
const DERIVE: Usage[] = ["deriveKey", "deriveBits"];
const SIGNATURE: Pick<Algorithm, "private" | "public"> = { private: ["sign"], public: ["verify"] };

export const ALGORITHMS: Record<string, Algorithm> = {
  "SHA-1": { kind: "hash" },
  "SHA-256": { kind: "hash" },
  "SHA-384": { kind: "hash" },
  "SHA-512": { kind: "hash" },
  "HMAC": { kind: "hmac", secret: ["sign", "verify"] },
  "AES-GCM": { kind: "aes", secret: CIPHER },
  "AES-CBC": { kind: "aes", secret: CIPHER },
  "AES-CTR": { kind: "aes", secret: CIPHER },
  "AES-KW": { kind: "aes", secret: ["wrapKey", "unwrapKey"] },
  "PBKDF2": { kind: "kdf", secret: DERIVE },
  "HKDF": { kind: "kdf", secret: DERIVE },
  "RSASSA-PKCS1-v1_5": { kind: "rsa", ...SIGNATURE },
  "RSA-PSS": { kind: "rsa", ...SIGNATURE },
  "RSA-OAEP": { kind: "rsa", private: ["decrypt", "unwrapKey"], public: ["encrypt", "wrapKey"] },
  "ECDSA": { kind: "ec", ...SIGNATURE },
  "Ed25519": { kind: "okp", ...SIGNATURE },
  "ECDH": { kind: "ec", private: DERIVE, public: [] },
  "X25519": { kind: "okp", private: DERIVE, public: [] },
};

const BY_LOWER_CASE = new Map(Object.keys(ALGORITHMS).map((name) => [name.toLowerCase(), name]));

/** What an author gives: a name, or an object with a name and whatever the algorithm needs. */
export type AlgorithmIdentifier = string | ({ name: string } & Record<string, unknown>);

export interface Parameters extends Record<string, unknown> {
  name: string;
}

/** With the name in its proper case; throws NotSupportedError if there is none such for `action`. */
export function normalize(algorithm: AlgorithmIdentifier, action: string, kinds: Kind[]): Parameters {
  const given = typeof algorithm === "object" && algorithm !== null ? algorithm : { name: algorithm };
  if (given.name === undefined) throw new TypeError("crypto.subtle: the algorithm has no name");
  const name = BY_LOWER_CASE.get(`${given.name}`.toLowerCase());
  if (!name || !kinds.includes(ALGORITHMS[name]!.kind)) {
    throw fault("NotSupportedError", `${action}: ${`${given.name}`.slice(0, 80)} is not supported`);
  }
  return { ...given, name };
}

export function hashOf(parameters: Parameters, action: string): string {
  if (parameters["hash"] === undefined) throw new TypeError(`${action}: the algorithm needs a hash`);
  return normalize(parameters["hash"] as AlgorithmIdentifier, action, ["hash"]).name;
}

/** Bytes of a hash's output and of its blocks. */
export const HASH_BYTES: Record<string, { output: number; block: number }> = {
  "SHA-1": { output: 20, block: 64 },
  "SHA-256": { output: 32, block: 64 },
  "SHA-384": { output: 48, block: 128 },
  "SHA-512": { output: 64, block: 128 },
};

export function requireMember(parameters: Parameters, member: string): unknown {
  const value = parameters[member];
  if (value === undefined) throw new TypeError(`${parameters.name}: the algorithm needs ${member}`);
  return value;
}

/** Web IDL's [EnforceRange] integers. */
export function requireInteger(parameters: Parameters, member: string, max: number): number {
  const value = Math.trunc(Number(requireMember(parameters, member)));
  if (value >= 0 && value <= max) return value;
  throw new TypeError(`${parameters.name}: ${member} is not a number between 0 and ${max}`);
}
