/** Puts things on the global object the way Web IDL asks: writable, configurable, not enumerable. */

export function defineGlobals(values: Record<string, unknown>): void {
  for (const name of Object.keys(values)) defineGlobal(name, values[name]);
}

export function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Makes a class look like the platform's: its name (which the bundler may alter), tag, enumerable methods. */
export function brand(target: { prototype: object }, tag: string): void {
  const { prototype } = target;
  Object.defineProperty(target, "name", { value: tag });
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name !== "constructor") Object.defineProperty(prototype, name, { enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: tag, configurable: true });
}
