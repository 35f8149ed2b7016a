/** CryptoKey (Web Cryptography API, section 13): its material stays in the arena, out of the handler's reach. */
import { cloneKinds } from "../clone/clone-value.ts";
import { brand } from "../global.ts";
import type { Usage } from "./algorithm.ts";
import { fault } from "./host-crypto.ts";

export type KeyType = "secret" | "private" | "public";

export interface KeyAlgorithm extends Record<string, unknown> {
  name: string;
}

export interface KeyParts {
  type: KeyType;
  algorithm: KeyAlgorithm;
  extractable: boolean;
  usages: Usage[];
  /** Raw bytes, PKCS #8 or SubjectPublicKeyInfo. */
  material: Uint8Array<ArrayBuffer>;
}

const CREATE = Symbol();

export let createKey: (parts: KeyParts) => CryptoKey;
export let partsOf: (key: CryptoKey) => KeyParts;
export let isKey: (value: unknown) => value is CryptoKey;

const ALL_USAGES: Usage[] = [
  "encrypt",
  "decrypt",
  "sign",
  "verify",
  "deriveKey",
  "deriveBits",
  "wrapKey",
  "unwrapKey",
];

export class CryptoKey {
  #parts: KeyParts;

  constructor(key: symbol, parts: KeyParts) {
    if (key !== CREATE) throw new TypeError("Illegal constructor");
    this.#parts = parts;
  }

  get type(): KeyType {
    return this.#parts.type;
  }
  get extractable(): boolean {
    return this.#parts.extractable;
  }
  get algorithm(): KeyAlgorithm {
    return this.#parts.algorithm;
  }
  get usages(): Usage[] {
    return this.#parts.usages;
  }

  static {
    createKey = (parts) => {
      const usages = ALL_USAGES.filter((usage) => parts.usages.includes(usage));
      return new CryptoKey(CREATE, { ...parts, usages });
    };
    partsOf = (key) => key.#parts;
    isKey = (value): value is CryptoKey => typeof value === "object" && value !== null && #parts in value;
  }
}
brand(CryptoKey, "CryptoKey");

cloneKinds.push({ is: isKey, clone: (key) => createKey(partsOf(key as CryptoKey)) });

/** The key's parts, if it is one for this algorithm and use. */
export function usableParts(key: unknown, name: string, usage: Usage): KeyParts {
  if (!isKey(key)) throw new TypeError("crypto.subtle: the key is not a CryptoKey");
  const parts = partsOf(key);
  if (parts.algorithm.name !== name)
    throw fault("InvalidAccessError", `The key is for ${parts.algorithm.name}, not for ${name}`);
  if (!parts.usages.includes(usage)) throw fault("InvalidAccessError", `The key may not be used to ${usage}`);
  return parts;
}

export function checkedUsages(usages: unknown): Usage[] {
  const given = [...(usages as Iterable<unknown>)].map((usage) => `${usage as string}` as Usage);
  for (const usage of given) {
    if (!ALL_USAGES.includes(usage)) throw new TypeError(`crypto.subtle: there is no usage "${usage}"`);
  }
  return given;
}

export function assertUsages(usages: Usage[], allowed: Usage[], type: KeyType, name: string): void {
  const wrong = usages.find((usage) => !allowed.includes(usage));
  if (wrong) throw fault("SyntaxError", `A ${type} key for ${name} cannot be used to ${wrong}`);
  if (type !== "public" && usages.length === 0)
    throw fault("SyntaxError", `A ${type} key needs at least one usage`);
}
