/** FormData (XMLHttpRequest standard, section 4): a list of names with strings or Files. */
import { Blob, File, isBlob } from "../blob/blob.ts";
import { brand } from "../global.ts";

export type FormValue = string | File;

export interface FormEntry {
  name: string;
  value: FormValue;
}

export let entriesOf: (form: FormData) => FormEntry[];
export let isFormData: (value: object) => value is FormData;

export class FormData {
  #entries: FormEntry[] = [];

  constructor(form?: undefined) {
    if (form !== undefined) throw new TypeError("FormData: there are no HTML forms here, give no argument");
  }

  append(name: string, value: string | Blob, filename?: string): void {
    this.#entries.push(makeEntry("append", arguments.length, name, value, filename));
  }

  set(name: string, value: string | Blob, filename?: string): void {
    const entry = makeEntry("set", arguments.length, name, value, filename);
    const at = this.#entries.findIndex((other) => other.name === entry.name);
    if (at < 0) this.#entries.push(entry);
    else
      this.#entries = this.#entries
        .filter((other, i) => i <= at || other.name !== entry.name)
        .with(at, entry);
  }

  delete(name: string): void {
    const key = need("delete", arguments.length, 1, name);
    this.#entries = this.#entries.filter((entry) => entry.name !== key);
  }

  get(name: string): FormValue | null {
    const key = need("get", arguments.length, 1, name);
    return this.#entries.find((entry) => entry.name === key)?.value ?? null;
  }

  getAll(name: string): FormValue[] {
    const key = need("getAll", arguments.length, 1, name);
    return this.#entries.filter((entry) => entry.name === key).map(({ value }) => value);
  }

  has(name: string): boolean {
    const key = need("has", arguments.length, 1, name);
    return this.#entries.some((entry) => entry.name === key);
  }

  forEach(callback: (value: FormValue, name: string, form: FormData) => void, thisArgument?: unknown): void {
    if (typeof callback !== "function")
      throw new TypeError("FormData.forEach: the callback is not a function");
    for (let i = 0; i < this.#entries.length; i++) {
      const { name, value } = this.#entries[i]!;
      callback.call(thisArgument, value, name, this);
    }
  }

  *keys(): Generator<string> {
    for (const { name } of liveEntries(this)) yield name;
  }
  *values(): Generator<FormValue> {
    for (const { value } of liveEntries(this)) yield value;
  }
  *entries(): Generator<[string, FormValue]> {
    for (const { name, value } of liveEntries(this)) yield [name, value];
  }
  declare [Symbol.iterator]: () => Generator<[string, FormValue]>;

  static {
    entriesOf = (form) => form.#entries;
    isFormData = (value): value is FormData => #entries in value;
  }
}
brand(FormData, "FormData");
Object.defineProperty(FormData.prototype, Symbol.iterator, {
  value: FormData.prototype.entries,
  writable: true,
  configurable: true,
});

/** Sees what is appended or deleted while it runs. */
function* liveEntries(form: FormData): Generator<FormEntry> {
  for (let i = 0; i < entriesOf(form).length; i++) yield entriesOf(form)[i]!;
}

function need(method: string, given: number, wanted: number, name: string): string {
  if (given < wanted)
    throw new TypeError(`FormData.${method} needs ${wanted} arguments, but was given ${given}`);
  return `${name}`.toWellFormed();
}

function makeEntry(
  method: string,
  given: number,
  key: string,
  value: string | Blob,
  filename?: string,
): FormEntry {
  const name = need(method, given, 2, key);
  if (!isBlob(value)) {
    if (given > 2) throw new TypeError(`FormData.${method}: a file name goes with a Blob only`);
    return { name, value: `${value}`.toWellFormed() };
  }
  if (value instanceof File && filename === undefined) return { name, value };
  const lastModified = value instanceof File ? value.lastModified : Date.now();
  const file = filename ?? (value instanceof File ? value.name : "blob");
  return { name, value: new File([value], file, { type: value.type, lastModified }) };
}
