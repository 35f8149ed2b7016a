/**
 * The JSON text under way: UTF-8 in a buffer of fixed size, which is made once per thread.
 *
 * Strings and numbers are refused (`false`) when they would not fit. The few bytes of punctuation are written unchecked
 * into the slack behind the limit: who writes them asks `isFull` for each value, and nests DEPTH_MAX deep at most.
 */

/** Longer texts are the engine's business. */
export const TEXT_MAX_BYTES = 256 * 1024;

/** Between two questions: brackets that close, a comma, a literal or a small number. */
const SLACK_BYTES = 256;

export const TEXT_BUFFER_BYTES = TEXT_MAX_BYTES + SLACK_BYTES;

const BACKSLASH = 0x5c;
const HEX = Buffer.from("0123456789abcdef");

/** A character by number, \uXXXX. */
const LONGEST_BYTES = 6;

/** What becomes of a character below U+0100 within a string; anything else is the letter behind a backslash. */
const [AS_IT_IS, BY_NUMBER, TWO_BYTES] = [0, 1, 2];
const TREATMENT = treatments();

function treatments(): Uint8Array {
  const table = new Uint8Array(256).fill(TWO_BYTES, 0x80).fill(BY_NUMBER, 0, 0x20);
  for (const [character, letter] of ["\bb", "\tt", "\nn", "\ff", "\rr", '""', "\\\\"])
    table[character!.charCodeAt(0)] = letter!.charCodeAt(0);
  return table;
}

export class TextBuffer {
  readonly bytes = new Uint8Array(TEXT_BUFFER_BYTES);
  length = 0;
  readonly #view = new DataView(this.bytes.buffer);
  readonly #buffer = Buffer.from(this.bytes.buffer);

  get isFull(): boolean {
    return this.length > TEXT_MAX_BYTES;
  }

  /** Unchecked, as said above. */
  put(byte: number): void {
    this.bytes[this.length++] = byte;
  }

  /** ASCII, of up to a few dozen characters; unchecked. */
  putLiteral(text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Unchecked. */
  putInteger(value: number): void {
    if (value < 0) return this.putLiteral(String(value));
    let digits = 1;
    for (let rest = value; rest > 9; rest = (rest / 10) | 0) digits++;
    const { bytes } = this;
    let at = (this.length += digits);
    let rest = value;
    for (; digits > 0; digits--) {
      const tens = (rest / 10) | 0;
      bytes[--at] = 0x30 + rest - tens * 10;
      rest = tens;
    }
  }

  /** What stands in this buffer already. */
  putAgain(start: number, count: number): boolean {
    const view = this.#view;
    const at = this.length;
    if (at + count > TEXT_MAX_BYTES) return false;
    for (let i = 0; i < count; i += 4) view.setInt32(at + i, view.getInt32(start + i, true), true);
    this.length = at + count;
    return true;
  }

  /** A piece of a string's inside: characters of 8 bits, Latin-1. */
  putNarrow(memory: Uint8Array, words: Int32Array, start: number, count: number): boolean {
    if (this.length + count > TEXT_MAX_BYTES) return false;
    if ((start & 3) !== 0) return this.#putTreated(memory, start, count);
    const view = this.#view;
    const at = this.length;
    const first = start >>> 2;
    for (let i = 0; i < count; i += 4) {
      let four = words[first + (i >>> 2)]! | 0;
      if (count - i < 4) four = onlyFirst(four, count - i);
      if (needsTreatment(four)) {
        this.length = at + i;
        return this.#putTreated(memory, start + i, count - i);
      }
      view.setInt32(at + i, four, true);
    }
    this.length = at + count;
    return true;
  }

  #putTreated(memory: Uint8Array, start: number, count: number): boolean {
    const { bytes } = this;
    let at = this.length;
    // At every step what is left still fits as it is; a character that becomes longer is what has to be asked for.
    for (let i = 0; i < count; i++) {
      const character = memory[start + i]!;
      const treatment = TREATMENT[character]!;
      if (treatment === AS_IT_IS) {
        bytes[at++] = character;
        continue;
      }
      const left = count - i - 1;
      if (at + LONGEST_BYTES + left > TEXT_MAX_BYTES) return false;
      at = this.#putOne(at, character, treatment);
    }
    this.length = at;
    return true;
  }

  /** The same for characters of 16 bits. A surrogate without its other half is written by number (JSON.stringify, step 2.c). */
  putWide(memory: Uint8Array, start: number, count: number): boolean {
    const { bytes } = this;
    let at = this.length;
    if (at + count > TEXT_MAX_BYTES) return false;
    const unit = (index: number) => memory[start + 2 * index]! | (memory[start + 2 * index + 1]! << 8);
    for (let i = 0; i < count; i++) {
      const character = unit(i);
      const left = count - i - 1;
      if (at + LONGEST_BYTES + left > TEXT_MAX_BYTES) return false;
      if (character < 0x80) {
        const treatment = TREATMENT[character]!;
        if (treatment === AS_IT_IS) bytes[at++] = character;
        else at = this.#putOne(at, character, treatment);
      } else if (character < 0x800) {
        bytes[at++] = 0xc0 | (character >> 6);
        bytes[at++] = 0x80 | (character & 0x3f);
      } else if (character < 0xd800 || character > 0xdfff) {
        bytes[at++] = 0xe0 | (character >> 12);
        bytes[at++] = 0x80 | ((character >> 6) & 0x3f);
        bytes[at++] = 0x80 | (character & 0x3f);
      } else {
        const next = left > 0 ? unit(i + 1) : 0;
        if (character < 0xdc00 && next >= 0xdc00 && next <= 0xdfff) {
          const point = 0x10000 + ((character & 0x3ff) << 10) + (next & 0x3ff);
          bytes[at++] = 0xf0 | (point >> 18);
          bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
          bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
          bytes[at++] = 0x80 | (point & 0x3f);
          i++;
        } else at = this.#putByNumber(at, character);
      }
    }
    this.length = at;
    return true;
  }

  /** By node's Buffer, which moves memory; typed arrays' own copying from and to shared memory goes by the element. */
  copyTo(target: Uint8Array, start: number): void {
    this.#buffer.copy(target, start, 0, this.length);
  }

  #putOne(at: number, character: number, treatment: number): number {
    const { bytes } = this;
    if (treatment === BY_NUMBER) return this.#putByNumber(at, character);
    if (treatment === TWO_BYTES) {
      bytes[at++] = 0xc0 | (character >> 6);
      bytes[at++] = 0x80 | (character & 0x3f);
      return at;
    }
    bytes[at++] = BACKSLASH;
    bytes[at++] = treatment;
    return at;
  }

  #putByNumber(at: number, unit: number): number {
    const { bytes } = this;
    bytes[at++] = BACKSLASH;
    bytes[at++] = 0x75;
    for (let shift = 12; shift >= 0; shift -= 4) bytes[at++] = HEX[(unit >> shift) & 0xf]!;
    return at;
  }
}

/** Whether one of four characters is a control character, a quote, a backslash, or not ASCII. */
function needsTreatment(four: number): boolean {
  const below32 = (four - 0x2020_2020) & ~four;
  const quote = four ^ 0x2222_2222;
  const backslash = four ^ 0x5c5c_5c5c;
  const zero = ((quote - 0x0101_0101) & ~quote) | ((backslash - 0x0101_0101) & ~backslash);
  return ((four | below32 | zero) & 0x8080_8080) !== 0;
}

/** The first characters of four, and in place of the others some that need no treatment. */
function onlyFirst(four: number, count: number): number {
  const mask = (1 << (8 * count)) - 1;
  return (four & mask) | (0x6161_6161 & ~mask);
}
