// What a turn's effects refer to, kept in the arena for whichever thread runs the next turn.
import { describe, expect, test } from "vitest";
import { ArenaAbort } from "../../gateway/arena/abort.ts";
import { MAILBOX, MAX_HELD_TEXTS, MAX_HELD_VALUES } from "../../gateway/arena/control.ts";
import { HeldList } from "../../gateway/arena/held-list.ts";
import { MAILBOX_BYTES } from "../../gateway/arena/layout.ts";
import { EVENT_BYTES_MAX } from "../../gateway/arena/letters.ts";

const START = 16;
const listIn = (words: Int32Array) => new HeldList(words, START, 3);

test("what one thread holds, another one finds and takes", () => {
  const words = new Int32Array(16);
  const [here, there] = [listIn(words), listIn(words)];
  here.push(0x8000_0000);
  here.push(8);
  here.push(16);
  expect(there.length).toBe(3);
  expect(there.takeFrom(1)).toEqual([8, 16]);
  expect(here.takeFrom(0)).toEqual([0x8000_0000]);
  expect(here.length).toBe(0);
});

test("one more than it has room for ends the turn, and nothing is written behind it", () => {
  const words = new Int32Array(16);
  const list = listIn(words);
  for (let i = 1; i <= 3; i++) list.push(i);
  expect(() => list.push(4)).toThrow(ArenaAbort);
  expect([...words]).toEqual([0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("a length that an arena has spoilt leads nowhere outside of the list", () => {
  const words = new Int32Array(16).fill(7);
  words[4] = 1_000_000;
  expect(listIn(words).takeFrom(0)).toEqual([7, 7, 7]);
  words[4] = -1;
  expect(listIn(words).takeFrom(0)).toEqual([]);
});

describe("the mailbox", () => {
  test("has room for each of its parts", () => {
    expect(MAILBOX.heldValues).toBe(MAILBOX.heldTexts + 4 + MAX_HELD_TEXTS * 4);
    expect(MAILBOX.bytes).toBe(MAILBOX.heldValues + 4 + MAX_HELD_VALUES * 4);
    expect(MAILBOX.bytes % 8).toBe(0);
    expect(MAILBOX.bytes + EVENT_BYTES_MAX).toBeLessThanOrEqual(MAILBOX_BYTES);
  });
});
