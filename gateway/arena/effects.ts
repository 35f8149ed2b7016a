/** Reads the effect list that a turn left in an arena's mailbox. Pointers and lengths come from the arena: bounded. */
import { EFFECT_WORDS, MAILBOX, MAX_EFFECTS } from "./control.ts";
import type { ArenaLayout } from "./layout.ts";

export interface Effect {
  effect: number;
  a: number;
  b: number;
  c: number;
  textPointer: number;
  textBytes: number;
  bodyPointer: number;
  bodyBytes: number;
}

/** The `index`-th record; call only for index < the count in the slot's block. */
export function readEffect(words: Int32Array, layout: ArenaLayout, index: number): Effect {
  const record =
    ((layout.mailboxStart + MAILBOX.effects) >>> 2) + Math.min(index, MAX_EFFECTS - 1) * EFFECT_WORDS;
  return {
    effect: words[record]!,
    a: words[record + 1]!,
    b: words[record + 2]!,
    c: words[record + 3]!,
    textPointer: words[record + 4]! >>> 0,
    textBytes: words[record + 5]! >>> 0,
    bodyPointer: words[record + 6]! >>> 0,
    bodyBytes: words[record + 7]! >>> 0,
  };
}

/** Text of an effect; a lone surrogate or a corrupt arena shows as U+FFFD. */
export function effectText(bytes: Buffer, pointer: number, length: number): string {
  return length === 0 ? "" : bytes.toString("utf8", pointer, Math.min(pointer + length, bytes.length));
}

/** The bytes of an effect's body, in place: valid until the slot's next job. */
export function effectBody(bytes: Buffer, pointer: number, length: number): Buffer {
  return bytes.subarray(pointer, Math.min(pointer + length, bytes.length));
}
