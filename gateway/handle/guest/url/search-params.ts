/** URLSearchParams (URL standard, section 6.2): a flat array of names and values, linked to its URL if it has one. */
import { brand } from "../global.ts";
import { Body } from "../http/body.ts";
import { bodyKinds } from "../http/extract-body.ts";
import { parseUrlEncoded, serializeUrlEncoded } from "./url-encoded.ts";

export let linkParams: (search: string, write: (search: string) => void) => URLSearchParams;
export let refillParams: (params: URLSearchParams, search: string) => void;
let isParams: (value: object) => value is URLSearchParams;

export type URLSearchParamsInit = Iterable<Iterable<string>> | Record<string, string> | string;

export class URLSearchParams {
  #pairs: string[] = [];
  #write: ((search: string) => void) | undefined = undefined;

  constructor(init: URLSearchParamsInit = "") {
    if ((typeof init === "object" && init !== null) || typeof init === "function") fill(this.#pairs, init);
    else this.#pairs = parseSearch(`${init as string}`.toWellFormed());
  }

  #changed(): void {
    if (!this.#write) return;
    const text = serializeUrlEncoded(this.#pairs);
    this.#write(text);
  }

  get size(): number {
    return this.#pairs.length / 2;
  }

  append(name: string, value: string): void {
    need(arguments.length, 2, "append");
    this.#pairs.push(`${name}`.toWellFormed(), `${value}`.toWellFormed());
    this.#changed();
  }

  delete(name: string, value?: string): void {
    need(arguments.length, 1, "delete");
    const matches = matcher(name, value);
    const pairs = this.#pairs;
    let kept = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      if (matches(pairs[i]!, pairs[i + 1]!)) continue;
      pairs[kept++] = pairs[i]!;
      pairs[kept++] = pairs[i + 1]!;
    }
    pairs.length = kept;
    this.#changed();
  }

  get(name: string): string | null {
    need(arguments.length, 1, "get");
    const at = find(this.#pairs, `${name}`.toWellFormed(), 0);
    return at < 0 ? null : this.#pairs[at + 1]!;
  }

  getAll(name: string): string[] {
    need(arguments.length, 1, "getAll");
    const key = `${name}`.toWellFormed();
    const values: string[] = [];
    for (let at = find(this.#pairs, key, 0); at >= 0; at = find(this.#pairs, key, at + 2)) {
      values.push(this.#pairs[at + 1]!);
    }
    return values;
  }

  has(name: string, value?: string): boolean {
    need(arguments.length, 1, "has");
    const matches = matcher(name, value);
    const pairs = this.#pairs;
    for (let i = 0; i < pairs.length; i += 2) if (matches(pairs[i]!, pairs[i + 1]!)) return true;
    return false;
  }

  set(name: string, value: string): void {
    need(arguments.length, 2, "set");
    const key = `${name}`.toWellFormed();
    const pairs = this.#pairs;
    const at = find(pairs, key, 0);
    if (at < 0) pairs.push(key, `${value}`.toWellFormed());
    else {
      pairs[at + 1] = `${value}`.toWellFormed();
      removeFrom(pairs, key, at + 2);
    }
    this.#changed();
  }

  sort(): void {
    const entries: [string, string][] = [];
    for (let i = 0; i < this.#pairs.length; i += 2) entries.push([this.#pairs[i]!, this.#pairs[i + 1]!]);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#pairs = entries.flat();
    this.#changed();
  }

  toString(): string {
    return serializeUrlEncoded(this.#pairs);
  }

  forEach(
    callback: (value: string, name: string, params: URLSearchParams) => void,
    thisArgument?: unknown,
  ): void {
    if (typeof callback !== "function")
      throw new TypeError("URLSearchParams.forEach: the callback is not a function");
    for (let i = 0; i < this.#pairs.length; i += 2) {
      callback.call(thisArgument, this.#pairs[i + 1]!, this.#pairs[i]!, this);
    }
  }

  keys(): IterableIterator<string> {
    return iterate(
      () => this.#pairs,
      (pairs, i) => pairs[i]!,
    );
  }
  values(): IterableIterator<string> {
    return iterate(
      () => this.#pairs,
      (pairs, i) => pairs[i + 1]!,
    );
  }
  entries(): IterableIterator<[string, string]> {
    return iterate(
      () => this.#pairs,
      (pairs, i) => [pairs[i]!, pairs[i + 1]!],
    );
  }
  declare [Symbol.iterator]: () => IterableIterator<[string, string]>;

  static {
    linkParams = (search, write) => {
      const params = new URLSearchParams(search);
      params.#write = write;
      return params;
    };
    refillParams = (params, search) => {
      params.#pairs = parseSearch(search);
    };
    isParams = (value): value is URLSearchParams => #pairs in value;
  }
}

function parseSearch(text: string): string[] {
  return parseUrlEncoded(text.startsWith("?") ? text.slice(1) : text);
}

function need(given: number, wanted: number, method: string): void {
  if (given < wanted)
    throw new TypeError(`URLSearchParams.${method} needs ${wanted} arguments, but was given ${given}`);
}

function find(pairs: string[], key: string, from: number): number {
  for (let i = from; i < pairs.length; i += 2) if (pairs[i] === key) return i;
  return -1;
}

function matcher(name: string, value: string | undefined): (name: string, value: string) => boolean {
  const key = `${name}`.toWellFormed();
  if (value === undefined) return (other) => other === key;
  const wanted = `${value}`.toWellFormed();
  return (other, content) => other === key && content === wanted;
}

function removeFrom(pairs: string[], key: string, from: number): void {
  let kept = from;
  for (let i = from; i < pairs.length; i += 2) {
    if (pairs[i] === key) continue;
    pairs[kept++] = pairs[i]!;
    pairs[kept++] = pairs[i + 1]!;
  }
  pairs.length = kept;
}

function fill(pairs: string[], init: object): void {
  if ((init as { [Symbol.iterator]?: unknown })[Symbol.iterator] != null) {
    for (const entry of init as Iterable<unknown>) {
      if (entry === null || typeof entry !== "object")
        throw new TypeError("URLSearchParams: every entry must be a pair");
      const parts = [...(entry as Iterable<string>)];
      if (parts.length !== 2)
        throw new TypeError(`URLSearchParams: an entry has ${parts.length} parts, not two`);
      pairs.push(`${parts[0]!}`.toWellFormed(), `${parts[1]!}`.toWellFormed());
    }
    return;
  }
  const record = new Map<string, string>();
  for (const key of Reflect.ownKeys(init)) {
    if (!Object.prototype.propertyIsEnumerable.call(init, key)) continue;
    if (typeof key === "symbol") throw new TypeError("URLSearchParams: a symbol is no name");
    record.set(key.toWellFormed(), `${(init as Record<string, string>)[key]!}`.toWellFormed());
  }
  for (const [key, value] of record) pairs.push(key, value);
}

/** Live: sees what is appended or deleted while it runs. */
class ParamsIterator {
  #index = 0;
  #pairs: () => string[];
  #at: (pairs: string[], index: number) => unknown;

  constructor(pairs: () => string[], at: (pairs: string[], index: number) => unknown) {
    this.#pairs = pairs;
    this.#at = at;
  }

  next(): IteratorResult<unknown> {
    const pairs = this.#pairs();
    const index = this.#index;
    if (index >= pairs.length) return { value: undefined, done: true };
    this.#index += 2;
    return { value: this.#at(pairs, index), done: false };
  }
}

function iterate<T>(pairs: () => string[], at: (pairs: string[], index: number) => T): IterableIterator<T> {
  return new ParamsIterator(pairs, at) as unknown as IterableIterator<T>;
}

brand(URLSearchParams, "URLSearchParams");
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries,
  writable: true,
  configurable: true,
});
brand(ParamsIterator, "URLSearchParams Iterator");
Object.setPrototypeOf(ParamsIterator.prototype, Object.getPrototypeOf(Object.getPrototypeOf([].values())));
delete (ParamsIterator.prototype as { constructor?: unknown }).constructor;

bodyKinds.push({
  is: isParams,
  extract: (params) =>
    new Body(`${params as unknown as string}`, "application/x-www-form-urlencoded;charset=UTF-8"),
});
