/**
 * Letters: what goes to an arena thread with a job, and what comes back. The event of a turn is written here and not into an
 * arena, and so is a small answer; so it need not be known beforehand which arena a request will run in, and that arena may
 * take the next one before this one's answer has been read.
 *
 *   0        LETTER words   128     effects    8,320     bytes        65,536
 *   |  what to do, what     |  256 records of  |  the event's text or data;   |
 *   |  came of it           |  32 bytes        |  then what effects refer to  |
 *
 * Letters stand behind the images in one memory, from which and to which wasm code copies: 140 bytes in 13 ns, where Buffer.copy
 * takes 71 on shared memory.
 *
 * Owner: arenas.ts, from the moment that a thread has time for a job until its end has been read. Bound: `lettersOf`.
 */
import { assert } from "../shared/assert.ts";
import { EFFECT_WORDS, LETTER, MAX_EFFECTS } from "./control.ts";

const EFFECTS_START = 128;
const BYTES_START = EFFECTS_START + MAX_EFFECTS * EFFECT_WORDS * 4;
const BYTES_END = 65_536;

/** From one to the next. No power of two, or the first bytes of all letters would fall into the same sets of the caches. */
export const LETTER_BYTES = BYTES_END + 13 * 64;

/** The longest text or chunk that a letter takes, and the most that a clean answer may have with its log lines. */
export const EVENT_BYTES_MAX = BYTES_END - BYTES_START;

/** Where the letters of a gateway stand in the images memory. */
export interface LetterPlace {
  start: number;
  count: number;
}

/** Copies from an arena: letters[to..] = arena[from..]; throws when that is outside of it. */
export interface ArenaCopier {
  save(to: number, from: number, bytes: number): void;
}

export interface Effect {
  effect: number;
  a: number;
  b: number;
  c: number;
  textPointer: number;
  textBytes: number;
  bodyPointer: number;
  bodyBytes: number;
  /** Where the pointers point: a letter, or an arena. */
  bytes: Buffer;
}

export class Letter {
  readonly index: number;
  readonly words: Int32Array;
  /** All of it: what an effect's pointer counts from when the answer is in the letter. */
  readonly bytes: Buffer;
  readonly startedAtMs: Float64Array;
  readonly #start: number;

  constructor(buffer: ArrayBufferLike, start: number, index: number) {
    this.index = index;
    this.#start = start;
    this.words = new Int32Array(buffer, start, BYTES_START / 4);
    this.bytes = Buffer.from(buffer as ArrayBuffer, start, BYTES_END);
    this.startedAtMs = new Float64Array(buffer, start + LETTER.startedAtMs * 4, 1);
  }

  /** The event that the guest is to hear of. */
  putEvent(text: string | undefined, data: Uint8Array | undefined): void {
    assert((data?.length ?? 0) <= EVENT_BYTES_MAX, "a chunk fits into a letter");
    if (data) this.bytes.set(data, BYTES_START);
    this.words[LETTER.textBytes] =
      text === undefined ? -1 : this.bytes.write(text, BYTES_START, EVENT_BYTES_MAX, "utf8");
    this.words[LETTER.dataBytes] = data?.length ?? -1;
  }

  /** Of the event, as bytes. */
  get eventBytes(): number {
    return Math.max(0, this.words[LETTER.textBytes]!, this.words[LETTER.dataBytes]!);
  }

  /** Where the event's bytes begin, in the memory of all letters. */
  get eventAddress(): number {
    return this.#start + BYTES_START;
  }

  /**
   * The `index`-th effect, for index < LETTER.effects; `bytes` is what its pointers point into. Pointers and lengths come from
   * an arena: whoever follows them bounds them.
   */
  effect(index: number, bytes: Buffer): Effect {
    const { words } = this;
    const record = recordOf(index);
    return {
      effect: words[record]!,
      a: words[record + 1]!,
      b: words[record + 2]!,
      c: words[record + 3]!,
      textPointer: words[record + 4]! >>> 0,
      textBytes: words[record + 5]! >>> 0,
      bodyPointer: words[record + 6]! >>> 0,
      bodyBytes: words[record + 7]! >>> 0,
      bytes,
    };
  }

  /** Moves in what the first `count` effects refer to; returns false, and moves nothing, if that is too much. */
  take(count: number, arena: ArenaCopier): boolean {
    const { words } = this;
    const end = recordOf(count);
    let needed = 0;
    for (let record = recordOf(0); record < end; record += EFFECT_WORDS)
      needed += (words[record + 5]! >>> 0) + (words[record + 7]! >>> 0);
    if (needed > EVENT_BYTES_MAX) return false;
    let target = BYTES_START;
    for (let record = recordOf(0); record < end; record += EFFECT_WORDS) {
      for (const span of [record + 4, record + 6]) {
        const [pointer, length] = [words[span]! >>> 0, words[span + 1]!];
        if (length === 0) continue;
        arena.save(this.#start + target, pointer, length);
        words[span] = target;
        target += length;
      }
    }
    return true;
  }
}

/** Index among a letter's words of an effect's first one. */
export function recordOf(index: number): number {
  return EFFECTS_START / 4 + index * EFFECT_WORDS;
}

export function openLetters(buffer: ArrayBufferLike, { start, count }: LetterPlace): Letter[] {
  return Array.from({ length: count }, (_, index) => new Letter(buffer, start + index * LETTER_BYTES, index));
}

/** Letters, and which of them nobody has. */
export class Letters {
  readonly byIndex: readonly Letter[];
  readonly #free: Letter[];

  constructor(letters: readonly Letter[]) {
    this.byIndex = letters;
    this.#free = [...letters].reverse();
  }

  take(): Letter {
    const letter = this.#free.pop();
    assert(letter, "there is a letter for every job that a thread may have");
    return letter;
  }

  give(letter: Letter): void {
    this.#free.push(letter);
  }
}

/** Text of an effect; a lone surrogate or a corrupt arena shows as U+FFFD. */
export function effectText(bytes: Buffer, pointer: number, length: number): string {
  return length === 0 ? "" : bytes.toString("utf8", pointer, Math.min(pointer + length, bytes.length));
}

/** The bytes of an effect's body, in place. */
export function effectBody(bytes: Buffer, pointer: number, length: number): Buffer {
  return bytes.subarray(pointer, Math.min(pointer + length, bytes.length));
}
