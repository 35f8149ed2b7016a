/**
 * Pointers to what the effects of a turn refer to, to be given back at the slot's next turn. They stand in the arena's mailbox,
 * because that turn may run on another thread: between turns a thread holds nothing.
 *
 * Bound: `most` pointers; with one more the turn is aborted.
 */
import { ArenaAbort } from "./abort.ts";

export class HeldList {
  readonly #words: Int32Array;
  /** The word with the number of pointers, which follow it. */
  readonly #start: number;
  readonly #most: number;

  /** `start`: byte offset of 4 x (1 + most) bytes. */
  constructor(words: Int32Array, start: number, most: number) {
    this.#words = words;
    this.#start = start >>> 2;
    this.#most = most;
  }

  get length(): number {
    return Math.max(0, Math.min(this.#words[this.#start]!, this.#most));
  }

  push(pointer: number): void {
    const { length } = this;
    if (length === this.#most) throw new ArenaAbort("effects");
    this.#words[this.#start + 1 + length] = pointer;
    this.#words[this.#start] = length + 1;
  }

  /** Takes out all from this one on. */
  takeFrom(index: number): number[] {
    const first = this.#start + 1;
    const taken = Array.from(this.#words.subarray(first + index, first + this.length), (word) => word >>> 0);
    this.#words[this.#start] = Math.min(index, this.length);
    return taken;
  }

  forget(): void {
    this.#words[this.#start] = 0;
  }
}
