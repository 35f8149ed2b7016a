/**
 * Headers (Fetch standard, section 5.1): one flat array of lower-case names and values. Most messages have a
 * dozen fields, for which a walk along an array beats every index in this engine, in time and in bytes.
 */
import { brand } from "../global.ts";
import { headerName, headerValue } from "./header-syntax.ts";
import { toJson } from "../json.ts";

export type HeadersInit = Headers | Iterable<Iterable<string>> | Record<string, string>;

/** A Headers over fields that are known to be valid: `fields` from index `from` on. */
export let headersOver: (fields: string[], from: number, immutable: boolean) => Headers;
/** The fields as they go to the host: "name\nvalue\n..." */
export let serialize: (headers: Headers) => string;
/** For our own values only: neither name nor value is checked, and an existing field stays. */
export let setIfAbsent: (headers: Headers, name: string, value: string) => void;
export let copyHeaders: (headers: Headers, immutable: boolean) => Headers;

let changeable: (headers: Headers) => string[];
let pairsOf: (headers: Headers) => [string, string][];
/** Takes over the fields of a Headers whose iteration is the standard's; false if it is something else. */
let fillFromHeaders: (headers: Headers, init: HeadersInit) => boolean;

export class Headers {
  #fields: string[] = [];
  #from = 0;
  #immutable = false;
  #sorted: [string, string][] | undefined = undefined;

  constructor(init?: HeadersInit) {
    if (init !== undefined) fill(this, init);
  }

  append(name: string, value: string): void {
    const key = headerName(name);
    const checked = headerValue(need(value, "append", key), key);
    changeable(this).push(key, checked);
  }

  delete(name: string): void {
    const key = headerName(name);
    const fields = changeable(this);
    for (let i = fields.length - 2; i >= this.#from; i -= 2) if (fields[i] === key) fields.splice(i, 2);
  }

  get(name: string): string | null {
    const key = headerName(name);
    const fields = this.#fields;
    let value: string | null = null;
    for (let i = this.#from; i < fields.length; i += 2) {
      if (fields[i] === key) value = value === null ? fields[i + 1]! : `${value}, ${fields[i + 1]!}`;
    }
    return value;
  }

  getSetCookie(): string[] {
    const fields = this.#fields;
    const cookies: string[] = [];
    for (let i = this.#from; i < fields.length; i += 2)
      if (fields[i] === "set-cookie") cookies.push(fields[i + 1]!);
    return cookies;
  }

  has(name: string): boolean {
    const key = headerName(name);
    const fields = this.#fields;
    for (let i = this.#from; i < fields.length; i += 2) if (fields[i] === key) return true;
    return false;
  }

  set(name: string, value: string): void {
    const key = headerName(name);
    const checked = headerValue(need(value, "set", key), key);
    const fields = changeable(this);
    let found = false;
    for (let i = this.#from; i < fields.length;) {
      if (fields[i] !== key) i += 2;
      else if (found) fields.splice(i, 2);
      else {
        fields[i + 1] = checked;
        found = true;
        i += 2;
      }
    }
    if (!found) fields.push(key, checked);
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
    if (typeof callback !== "function")
      throw new TypeError("Headers.forEach: the callback is not a function");
    for (let i = 0; ; i++) {
      const pair = pairsOf(this)[i];
      if (pair === undefined) return;
      callback.call(thisArgument, pair[1], pair[0], this);
    }
  }

  keys(): IterableIterator<string> {
    return new HeadersIterator((i) => pairsOf(this)[i]?.[0]) as unknown as IterableIterator<string>;
  }

  values(): IterableIterator<string> {
    return new HeadersIterator((i) => pairsOf(this)[i]?.[1]) as unknown as IterableIterator<string>;
  }

  entries(): IterableIterator<[string, string]> {
    return new HeadersIterator((i) => pairsOf(this)[i]?.slice()) as unknown as IterableIterator<
      [string, string]
    >;
  }

  declare [Symbol.iterator]: () => IterableIterator<[string, string]>;

  static {
    changeable = (headers) => {
      if (headers.#immutable) {
        throw new TypeError("These headers cannot be changed: make a copy with new Headers(headers)");
      }
      headers.#sorted = undefined;
      return headers.#fields;
    };
    pairsOf = (headers) => (headers.#sorted ??= sortAndCombine(headers.#fields, headers.#from));
    headersOver = (fields, from, immutable) => {
      const headers = new Headers();
      headers.#fields = fields;
      headers.#from = from;
      headers.#immutable = immutable;
      return headers;
    };
    serialize = (headers) => {
      const from = headers.#from;
      return (from === 0 ? headers.#fields : headers.#fields.slice(from)).join("\n");
    };
    setIfAbsent = (headers, name, value) => {
      const fields = headers.#fields;
      for (let i = headers.#from; i < fields.length; i += 2) if (fields[i] === name) return;
      headers.#sorted = undefined;
      fields.push(name, value);
    };
    fillFromHeaders = (headers, init) => {
      if (typeof init !== "object" || init === null || !(#fields in init)) return false;
      if (init[Symbol.iterator] !== standardIterator) return false;
      headers.#fields = init.#fields.slice(init.#from);
      return true;
    };
    copyHeaders = (headers, immutable) => headersOver(headers.#fields.slice(headers.#from), 0, immutable);
  }
}

/**
 * A value that is not given is a mistake. (Looking at `arguments` would be exact, and would make each call half as
 * slow again; here undefined, which the standard makes "undefined", counts as not given.)
 */
function need(value: string, method: string, name: string): string {
  if (value === undefined)
    throw new TypeError(`Headers.${method}: the value of ${toJson(name)} is undefined`);
  return value;
}

/** Combined by name, except set-cookie, and sorted ("sort and combine", Fetch standard section 2.2.2). */
function sortAndCombine(fields: string[], from: number): [string, string][] {
  const combined = new Map<string, [string, string]>();
  const cookies: [string, string][] = [];
  for (let i = from; i < fields.length; i += 2) {
    const [name, value] = [fields[i]!, fields[i + 1]!];
    if (name === "set-cookie") {
      cookies.push([name, value]);
      continue;
    }
    const seen = combined.get(name);
    if (seen) seen[1] += `, ${value}`;
    else combined.set(name, [name, value]);
  }
  const byName = (a: [string, string], b: [string, string]) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
  return [...combined.values(), ...cookies].sort(byName);
}

/** Iterating over a Headers would sort, combine and check what has been checked: nine microseconds for two fields instead of two. */
function fill(headers: Headers, init: HeadersInit): void {
  if (fillFromHeaders(headers, init)) return;
  if (isRecord(init)) forEachInRecord(init, (name, value) => headers.append(name, value));
  else fillFromPairs(headers, init as Iterable<unknown>);
}

function isRecord(init: unknown): init is Record<string, unknown> {
  if (init === null || (typeof init !== "object" && typeof init !== "function")) {
    throw new TypeError(`Headers cannot be made from ${init === null ? "null" : `a ${typeof init}`}`);
  }
  const iterate = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  return iterate === undefined || iterate === null;
}

function fillFromPairs(headers: Headers, pairs: Iterable<unknown>): void {
  for (const pair of pairs) {
    if (pair === null || typeof pair !== "object") throw new TypeError("Headers: every entry must be a pair");
    const entry = [...(pair as Iterable<string>)];
    if (entry.length !== 2) throw new TypeError(`Headers: an entry has ${entry.length} parts, not two`);
    headers.append(entry[0]!, entry[1]!);
  }
}

function forEachInRecord(record: Record<string, unknown>, use: (name: string, value: string) => void): void {
  const keys = Reflect.ownKeys(record);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (!isEnumerable.call(record, key)) continue;
    if (typeof key === "symbol") throw new TypeError("Headers: a symbol is no header name");
    use(key, record[key] as string);
  }
}
const isEnumerable = Object.prototype.propertyIsEnumerable;

/** Live, as Web IDL asks: it sees changes made while it runs. */
class HeadersIterator {
  #index = 0;
  #at: (index: number) => unknown;

  constructor(at: (index: number) => unknown) {
    this.#at = at;
  }

  next(): IteratorResult<unknown> {
    const value = this.#at(this.#index);
    if (value === undefined) return { value, done: true };
    this.#index++;
    return { value, done: false };
  }
}

brand(Headers, "Headers");
const standardIterator = Headers.prototype.entries;
Object.defineProperty(Headers.prototype, Symbol.iterator, {
  value: standardIterator,
  writable: true,
  configurable: true,
});
brand(HeadersIterator, "Headers Iterator");
Object.setPrototypeOf(HeadersIterator.prototype, Object.getPrototypeOf(Object.getPrototypeOf([].values())));
delete (HeadersIterator.prototype as { constructor?: unknown }).constructor;
