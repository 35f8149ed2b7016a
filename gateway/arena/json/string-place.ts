/** Where an engine's string has its characters. One object is filled anew for each string: no garbage per string. */
import { KIND, LENGTH_MASK, SLICE, STRING } from "../value-layout.ts";

export class StringPlace {
  start = 0;
  /** In characters. */
  count = 0;
  /** Whether a character has 16 bits. */
  wide = false;

  /** False for a string of a kind that values and names are not, or one that is not within the memory. */
  find(words: Int32Array, pointer: number): boolean {
    const header = words[(pointer + STRING.length) >>> 2]! | 0;
    this.count = header & LENGTH_MASK;
    this.wide = header < 0;
    const place = (words[(pointer + STRING.kind) >>> 2]! >>> KIND.placeShift) & KIND.placeMask;
    if (place === KIND.inPlace) this.start = (pointer >>> 0) + STRING.characters;
    else if (place === KIND.slice) {
      const parent = words[(pointer + SLICE.parent) >>> 2]! >>> 0;
      this.start = parent + STRING.characters + (words[(pointer + SLICE.start) >>> 2]! >>> 0);
    } else return false;
    return this.start + (this.wide ? 2 * this.count : this.count) <= words.length * 4;
  }

  /** The character at an index, for a place that was found. */
  at(bytes: Uint8Array, index: number): number {
    if (!this.wide) return bytes[this.start + index]!;
    return bytes[this.start + 2 * index]! | (bytes[this.start + 2 * index + 1]! << 8);
  }
}
