// What goes to an arena thread and comes back: letters, at their limits and with what a spoilt arena may put into them.
import { describe, expect, test } from "vitest";
import { EFFECT_WORDS, LETTER, MAX_EFFECTS } from "../../gateway/arena/control.ts";
import {
  type ArenaCopier,
  EVENT_BYTES_MAX,
  LETTER_BYTES,
  Letter,
  Letters,
  effectText,
  openLetters,
  recordOf,
} from "../../gateway/arena/letters.ts";
import { TURNS_AHEAD, lettersOf } from "../../gateway/arena/seat.ts";

const newLetter = (): Letter =>
  openLetters(new SharedArrayBuffer(2 * LETTER_BYTES), { start: 0, count: 2 })[1]!;
/** Where `newLetter` stands, and how its arena copies into it. */
const copierOf = (letter: Letter, arena: Buffer): ArenaCopier => ({
  save(to, from, bytes) {
    if (from + bytes > arena.length || from < 0 || bytes < 0) throw new RangeError("outside of the arena");
    arena.copy(letter.bytes, to - LETTER_BYTES, from, from + bytes);
  },
});

function record(letter: Letter, index: number, values: number[]): void {
  letter.words.set(values, recordOf(index));
}

describe("an event", () => {
  test.each(["text of ASCII", "größer, 好, \u{1f600}", ""])("%j comes out as it was put in", (text) => {
    const letter = newLetter();
    letter.putEvent(text, undefined);
    const bytes = Buffer.byteLength(text);
    expect([letter.words[LETTER.textBytes], letter.words[LETTER.dataBytes]]).toEqual([bytes, -1]);
    const start = letter.eventAddress - LETTER_BYTES;
    expect(letter.bytes.toString("utf8", start, start + letter.eventBytes)).toBe(text);
  });

  test("may be as large as a letter takes, and no larger", () => {
    const letter = newLetter();
    letter.putEvent(undefined, new Uint8Array(EVENT_BYTES_MAX).fill(7));
    expect(letter.eventBytes).toBe(EVENT_BYTES_MAX);
    expect(letter.bytes.at(-1)).toBe(7);
    expect(() => letter.putEvent(undefined, new Uint8Array(EVENT_BYTES_MAX + 1))).toThrow("a chunk fits");
  });

  test("of neither kind has no bytes", () => {
    const letter = newLetter();
    letter.putEvent(undefined, undefined);
    expect(letter.eventBytes).toBe(0);
  });
});

describe("what effects refer to", () => {
  const arena = Buffer.from("head of an answer|body of an answer|");

  test("is moved into the letter, and their pointers with it", () => {
    const letter = newLetter();
    record(letter, 0, [1, 200, 2, 1, 0, 17, 18, 17]);
    record(letter, 1, [8, 3, 0, 0, 8, 2, 0, 0]);
    expect(letter.take(2, copierOf(letter, arena))).toBe(true);
    const [first, second] = [letter.effect(0, letter.bytes), letter.effect(1, letter.bytes)];
    expect(effectText(first.bytes, first.textPointer, first.textBytes)).toBe("head of an answer");
    expect(effectText(first.bytes, first.bodyPointer, first.bodyBytes)).toBe("body of an answer");
    expect(effectText(second.bytes, second.textPointer, second.textBytes)).toBe("an");
  });

  test("is moved up to the last byte of the letter, and with one more not at all", () => {
    const large = Buffer.alloc(EVENT_BYTES_MAX + 1, "y");
    const letter = newLetter();
    record(letter, 0, [1, 200, 2, 1, 0, 0, 0, EVENT_BYTES_MAX]);
    expect(letter.take(1, copierOf(letter, large))).toBe(true);
    expect(letter.bytes.at(-1)).toBe("y".charCodeAt(0));
    record(letter, 0, [1, 200, 2, 1, 0, 1, 5, EVENT_BYTES_MAX]);
    const before = letter.words.slice(recordOf(0), recordOf(1));
    expect(letter.take(1, copierOf(letter, large))).toBe(false);
    expect(letter.words.slice(recordOf(0), recordOf(1))).toEqual(before);
  });

  test("as a spoilt arena may say it, is too much or throws, and no other letter is written to", () => {
    const [left, letter, right] = openLetters(new SharedArrayBuffer(3 * LETTER_BYTES), {
      start: 0,
      count: 3,
    });
    for (const [pointer, bytes] of [
      [-1, 10],
      [0x7fff_ffff, 10],
      [0, -1],
      [5, -1000],
      [arena.length + 1, 1],
    ]) {
      record(letter!, 0, [1, 200, 2, 1, pointer!, bytes!, 0, 0]);
      try {
        letter!.take(1, copierOf(letter!, arena));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      for (const other of [left, right]) expect(other!.bytes.every((byte) => byte === 0)).toBe(true);
    }
  });

  test("is listed for 256 effects, behind which the event's bytes begin", () => {
    expect(recordOf(MAX_EFFECTS) * 4 + EVENT_BYTES_MAX).toBe(newLetter().bytes.length);
    expect(newLetter().bytes.length).toBeLessThanOrEqual(LETTER_BYTES);
    expect(recordOf(1) - recordOf(0)).toBe(EFFECT_WORDS);
    expect(Math.max(...Object.values(LETTER)) + 1).toBeLessThan(recordOf(0));
  });
});

describe("all letters of a gateway", () => {
  test("are as many as jobs can be under way: one more is a fault of ours", () => {
    const letters = new Letters(openLetters(new SharedArrayBuffer(3 * LETTER_BYTES), { start: 0, count: 3 }));
    const taken = [letters.take(), letters.take(), letters.take()];
    expect(new Set(taken.map(({ index }) => index)).size).toBe(3);
    expect(() => letters.take()).toThrow("there is a letter");
    letters.give(taken[1]!);
    expect(letters.take()).toBe(taken[1]);
  });

  test.each([1, 2, 64])(
    "with %i threads: full rings, one job for the patient thread, and those of killed ones",
    (threads) => {
      expect(lettersOf(threads)).toBe((threads + 1) * TURNS_AHEAD + 1 + (threads + 2) + 2);
    },
  );
});
