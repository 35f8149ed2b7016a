/**
 * From an offset in a text to line and column. Our own, because the YAML parser's line counter misses the line breaks
 * within what it skips after a syntax error, and would send people to the wrong line just then.
 */
import type { Position } from "./faults.ts";

export class Lines {
  readonly #starts: readonly number[];

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  positionOf(offset: number): Position {
    const line = Math.max(1, this.#countStartsUpTo(offset));
    return { line, column: offset - (this.#starts[line - 1] ?? 0) + 1 };
  }

  /** A binary search: a file full of faults asks as often as it has lines. */
  #countStartsUpTo(offset: number): number {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
