/**
 * Who waits for a promise, read from the arena's memory: the language has no way to ask. The layout is the pinned engine's
 * (value-layout.ts: JSPromiseData, JSPromiseReactionData, JSPromiseFunctionData); test/unit/waiting-promise.test.ts holds it.
 * Memory is not trusted: reads outside of it are 0, and the walk has an end.
 */
import { CLASS, HEAD, LISTENER, OBJECT, PROMISE, RESOLVER, TAG } from "./value-layout.ts";

/** An async function that returns another one's promise is a step. */
const MAX_STEPS = 16;

/**
 * Whether all that `from` will do is to settle `to`: it is pending, and its only listener resolves `to`, or a promise of which the
 * same can be said; and `to` has one listener itself. Both are pointers to values.
 */
export function settlesOnly(words: Int32Array, from: number, to: number): boolean {
  const memory = new Memory(words);
  const last = memory.object(to, CLASS.promise);
  let promise = memory.object(from, CLASS.promise);
  for (let steps = 0; promise !== 0 && steps < MAX_STEPS; steps++) {
    const listener = memory.onlyListener(promise);
    if (listener === 0) return false;
    if (promise === last) return true;
    const resolver = memory.object(listener + LISTENER.handler, CLASS.resolver);
    promise = memory.object(memory.data(resolver) + RESOLVER.promise, CLASS.promise);
  }
  return false;
}

class Memory {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  #word(address: number): number {
    return (this.#words[address >>> 2] ?? 0) >>> 0;
  }

  /** Where the object is that the value at this address refers to; 0 if it is none of this class. */
  object(address: number, wanted: number): number {
    if ((this.#word(address + 4) | 0) !== TAG.object) return 0;
    const object = this.#word(address);
    return this.#word(object + OBJECT.head) >>> HEAD.classShift === wanted ? object : 0;
  }

  /** What a class keeps beside an object's properties. */
  data(object: number): number {
    return this.#word(object + OBJECT.data);
  }

  /** The one that waits for the promise to be fulfilled; 0: it is settled, or has none or several. */
  onlyListener(promise: number): number {
    const data = this.data(promise);
    if (this.#word(data + PROMISE.state) !== PROMISE.pending) return 0;
    const list = data + PROMISE.listeners;
    const first = this.#word(list + LISTENER.next);
    return first !== list && this.#word(first + LISTENER.next) === list ? first : 0;
  }
}
