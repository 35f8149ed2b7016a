/**
 * A value as a developer wants to read it in a log, in the manner of Node's util.inspect. Bounds, per value: three
 * levels, 100 entries per object, 1,024 characters per string, 4,096 in all. Getters are not called, proxies'
 * traps may be; whatever throws shows as such.
 */
import { toJson } from "../json.ts";

const LEVELS = 3;
const ENTRIES = 100;
const STRING_LENGTH = 1024;
const TOTAL_LENGTH = 4096;
const LINE_LENGTH = 72;

export function inspect(value: unknown, levels = LEVELS): string {
  const text = new Inspector(levels).show(value, 0);
  return text.length > TOTAL_LENGTH
    ? `${text.slice(0, TOTAL_LENGTH)}... (${text.length - TOTAL_LENGTH} more characters)`
    : text;
}

class Inspector {
  #levels: number;
  #open: object[] = [];
  #written = 0;

  constructor(levels: number) {
    this.#levels = levels;
  }

  show(value: unknown, level: number): string {
    const text = this.#text(value, level);
    this.#written += text.length;
    return text;
  }

  #text(value: unknown, level: number): string {
    if (typeof value === "string") return quote(value);
    if (typeof value === "bigint") return `${value}n`;
    if (Object.is(value, -0)) return "-0";
    if (typeof value === "symbol") return value.toString();
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return String(value);
    if (this.#open.includes(value)) return "[Circular]";
    this.#open.push(value);
    try {
      return this.#object(value, level);
    } catch {
      return "[an object that cannot be shown]";
    } finally {
      this.#open.pop();
    }
  }

  #object(value: object, level: number): string {
    const name = className(value);
    if (value instanceof Error) return this.#error(value, level);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Promise) return "Promise {}";
    if (typeof value === "function") return this.#function(value as () => void, name);
    if (level >= this.#levels || this.#written > TOTAL_LENGTH)
      return Array.isArray(value) ? "[Array]" : `[${name || "Object"}]`;
    if (Array.isArray(value))
      return wrap(
        this.#array(value, level),
        name === "Array" ? "" : `${name}(${value.length}) `,
        "[",
        "]",
        level,
      );
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return this.#bytes(value, name);
    if (value instanceof Map)
      return wrap(this.#map(value, level), `${name}(${value.size}) `, "{", "}", level);
    if (value instanceof Set)
      return wrap(this.#set(value, level), `${name}(${value.size}) `, "{", "}", level);
    return wrap(
      this.#properties(value, level),
      name === "Object" ? "" : name ? `${name} ` : "[Object: null prototype] ",
      "{",
      "}",
      level,
    );
  }

  #function(value: () => void, name: string): string {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    return `[${isClass ? "class" : name || "Function"} ${value.name || "(anonymous)"}]`;
  }

  #error(error: Error, level: number): string {
    const stack = typeof error.stack === "string" ? error.stack.trimEnd() : "";
    const title = `${error.name}: ${error.message}`;
    const own = this.#properties(error, level, ["stack", "message", "cause"]);
    const extra = own.length > 0 ? ` { ${own.join(", ")} }` : "";
    const cause =
      error.cause === undefined
        ? ""
        : `\n[cause] ${level < this.#levels ? this.show(error.cause, level + 1) : "..."}`;
    return `${title}${stack ? `\n${stack}` : ""}${extra}${cause}`;
  }

  #array(array: unknown[], level: number): string[] {
    const parts: string[] = [];
    for (let i = 0; i < array.length && i < ENTRIES; i++)
      parts.push(i in array ? this.show(array[i], level + 1) : "<empty>");
    if (array.length > ENTRIES) parts.push(more(array.length - ENTRIES));
    return parts;
  }

  #bytes(value: ArrayBufferLike | ArrayBufferView, name: string): string {
    if (value instanceof DataView) return `DataView(${value.byteLength})`;
    const array = (ArrayBuffer.isView(value) ? value : new Uint8Array(value)) as Uint8Array;
    const shown = Array.from(array.subarray(0, ENTRIES), String);
    if (array.length > ENTRIES) shown.push(more(array.length - ENTRIES));
    return `${name}(${array.length}) [ ${shown.join(", ")} ]`;
  }

  #map(map: Map<unknown, unknown>, level: number): string[] {
    const parts: string[] = [];
    for (const [key, value] of map) {
      if (parts.length === ENTRIES) return [...parts, more(map.size - ENTRIES)];
      parts.push(`${this.show(key, level + 1)} => ${this.show(value, level + 1)}`);
    }
    return parts;
  }

  #set(set: Set<unknown>, level: number): string[] {
    const parts: string[] = [];
    for (const value of set) {
      if (parts.length === ENTRIES) return [...parts, more(set.size - ENTRIES)];
      parts.push(this.show(value, level + 1));
    }
    return parts;
  }

  #properties(value: object, level: number, hidden: string[] = []): string[] {
    const keys = Reflect.ownKeys(value);
    const parts: string[] = [];
    for (const key of keys) {
      if (hidden.includes(key as string)) continue;
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (!property?.enumerable) continue;
      if (parts.length === ENTRIES) return [...parts, more(keys.length - ENTRIES)];
      parts.push(
        `${propertyName(key)}: ${"value" in property ? this.show(property.value, level + 1) : property.get ? "[Getter]" : "[Setter]"}`,
      );
    }
    return parts;
  }
}

function more(count: number): string {
  return `... ${count} more`;
}

function quote(text: string): string {
  return text.length > STRING_LENGTH
    ? `${toJson(text.slice(0, STRING_LENGTH))}... ${text.length - STRING_LENGTH} more`
    : toJson(text);
}

function propertyName(key: string | symbol): string {
  if (typeof key === "symbol") return `[${key.toString()}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : toJson(key);
}

function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || typeof prototype !== "object")
    return typeof value === "function" ? "Function" : "";
  const constructor = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value as
    { name?: unknown } | undefined;
  return typeof constructor?.name === "string" ? constructor.name.slice(0, 80) : "Object";
}

function wrap(parts: string[], prefix: string, open: string, close: string, level: number): string {
  if (parts.length === 0) return `${prefix}${open}${close}`;
  const oneLine = `${prefix}${open} ${parts.join(", ")} ${close}`;
  if (oneLine.length <= LINE_LENGTH && !oneLine.includes("\n")) return oneLine;
  const indent = "  ".repeat(level + 1);
  return `${prefix}${open}\n${indent}${parts.join(`,\n${indent}`)}\n${"  ".repeat(level)}${close}`;
}
