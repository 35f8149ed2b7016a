/**
 * Clones a value as structuredClone does (HTML standard, section 2.7.3), in one pass: within one arena nothing needs
 * to be serialized. The engine's own extension loses shared buffers, boxed primitives and DOMExceptions, and cannot
 * transfer. Depth is bounded by the engine's stack: a RangeError.
 */

/** Objects of the platform's that can be cloned; features add theirs. */
export const cloneKinds: { is(value: object): boolean; clone(value: object): object }[] = [];

const ERRORS: Record<string, ErrorConstructor> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** By their toStringTag: what has state that a copy of its properties would not carry. */
const NOT_CLONABLE = new Set(
  (
    "WeakMap WeakSet WeakRef Promise FinalizationRegistry Generator AsyncGenerator Request Response Headers URL " +
    "URLSearchParams FormData Event EventTarget AbortSignal AbortController ReadableStream WritableStream " +
    "TransformStream CryptoKey Crypto TextDecoder TextEncoder"
  ).split(" "),
);

export function refuse(what: string): never {
  throw new DOMException(`${what} could not be cloned`, "DataCloneError");
}

/** `seen` maps what has been cloned already to its clone, so that cycles and shared objects stay so. */
export function cloneValue(value: unknown, seen: Map<object, object>): unknown {
  if (typeof value === "symbol") return refuse("A symbol");
  if (typeof value === "function") return refuse(`The function ${value.name || "without a name"}`);
  if (typeof value !== "object" || value === null) return value;
  return seen.get(value) ?? cloneObject(value, seen);
}

function cloneObject(value: object, seen: Map<object, object>): object {
  const keep = <T extends object>(clone: T): T => {
    seen.set(value, clone);
    return clone;
  };
  if (Array.isArray(value)) return cloneProperties(value, keep(new Array(value.length)), seen);
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof Map) return cloneMap(value, keep(new Map()), seen);
  if (value instanceof Set) return cloneSet(value, keep(new Set()), seen);
  if (value instanceof ArrayBuffer) return keep(cloneBuffer(value));
  if (ArrayBuffer.isView(value)) return keep(cloneView(value, seen));
  if (value instanceof DOMException) return keep(new DOMException(value.message, value.name));
  if (value instanceof Error) return cloneError(value, keep, seen);
  if (isBoxed(value)) return keep(Object(value.valueOf()) as object);
  for (const kind of cloneKinds) if (kind.is(value)) return keep(kind.clone(value));
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (NOT_CLONABLE.has(tag)) return refuse(`An object of class ${tag}`);
  return cloneProperties(value, keep({}), seen);
}

function isBoxed(value: object): boolean {
  return (
    value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt
  );
}

function cloneProperties<T extends object>(from: object, to: T, seen: Map<object, object>): T {
  for (const key of Object.keys(from)) {
    const value = cloneValue((from as Record<string, unknown>)[key], seen);
    Object.defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return to;
}

/** Entries as they were when cloning began: getters further in may change the map. */
function cloneMap(from: Map<unknown, unknown>, to: Map<unknown, unknown>, seen: Map<object, object>): object {
  for (const [key, value] of [...from]) to.set(cloneValue(key, seen), cloneValue(value, seen));
  return to;
}

function cloneSet(from: Set<unknown>, to: Set<unknown>, seen: Map<object, object>): object {
  for (const value of [...from]) to.add(cloneValue(value, seen));
  return to;
}

function cloneBuffer(buffer: ArrayBuffer): ArrayBuffer {
  if (buffer.detached) return refuse("A detached ArrayBuffer");
  if (!buffer.resizable) return buffer.slice(0);
  const clone = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(clone).set(new Uint8Array(buffer));
  return clone;
}

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;

function cloneView(view: ArrayBufferView, seen: Map<object, object>): ArrayBufferView {
  const buffer = cloneValue(view.buffer, seen) as ArrayBuffer;
  const kind = view instanceof DataView ? DataView : kindOf(view);
  const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
  return new kind(buffer, view.byteOffset, length);
}

const tagOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)!;

/** By the array's real kind, not by its constructor property, which a handler can set. */
function kindOf(view: ArrayBufferView): ViewConstructor {
  return (globalThis as unknown as Record<string, ViewConstructor>)[tagOf.get!.call(view) as string]!;
}

function cloneError(from: Error, keep: <T extends object>(clone: T) => T, seen: Map<object, object>): object {
  const clone = keep(new (ERRORS[from.name] ?? Error)());
  const define = (key: string, value: unknown) =>
    Object.defineProperty(clone, key, { value, writable: true, configurable: true, enumerable: false });
  delete (clone as { message?: string }).message;
  if (from.message !== undefined) define("message", `${from.message}`);
  if (typeof from.stack === "string") define("stack", from.stack);
  if (Object.hasOwn(from, "cause")) define("cause", cloneValue(from.cause, seen));
  return clone;
}
