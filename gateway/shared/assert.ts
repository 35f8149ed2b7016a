/**
 * assert() is for our own mistakes only: a state that no input from outside can bring about.
 * Whatever a client, a handler, an upstream or a config file can cause is an error with a code
 * (gateway/errors.ts, gateway/config/faults.ts) and never an assertion.
 */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new BrokenInvariant(invariant);
}
