// How much may stand in a thread's ring. The thread is left out: nothing here depends on what it does.
import { expect, test } from "vitest";
import type { ArenaThread } from "../../gateway/arena/arena-thread.ts";
import { type Expectation, Seat, TURNS_AHEAD } from "../../gateway/arena/seat.ts";

const short = (expectedUs: number, sharesArena = true): Expectation => ({
  expectedUs,
  pace: "short",
  sharesArena,
});

function seatWith(...turns: Expectation[]): Seat {
  const seat = new Seat(() => ({ isReady: true, submit() {} }) as unknown as ArenaThread);
  turns.forEach((turn, letter) => seat.submit(letter, 0, turn));
  return seat;
}

const times = (count: number, turn: Expectation) => Array.from({ length: count }, () => turn);

test("a thread takes two dozen turns that share an arena and no more, however short they are", () => {
  expect(TURNS_AHEAD).toBe(24);
  expect(seatWith(...times(23, short(1))).hasTime).toBe(true);
  expect(seatWith(...times(24, short(1))).hasTime).toBe(false);
});

test("it takes one dozen of those that have an arena each, and of a mixture as many as there is room for", () => {
  const own = short(1, false);
  expect(seatWith(...times(11, own)).hasTime).toBe(true);
  expect(seatWith(...times(12, own)).hasTime).toBe(false);
  expect(seatWith(...times(10, own), ...times(3, short(1))).hasTime).toBe(true);
  expect(seatWith(...times(10, own), ...times(4, short(1))).hasTime).toBe(false);
});

test("it takes another turn until those it has are expected to take two and a half milliseconds, or half of that in arenas of their own", () => {
  expect(seatWith(short(1249), short(1250)).hasTime).toBe(true);
  expect(seatWith(short(1250), short(1250)).hasTime).toBe(false);
  expect(seatWith(short(1249, false)).hasTime).toBe(true);
  expect(seatWith(short(1250, false)).hasTime).toBe(false);
  expect(seatWith(short(40_000)).hasTime).toBe(false);
});

test("its backlog is what is expected of all of them, and nothing when they are done", () => {
  const done: number[] = [];
  const thread = {
    isReady: true,
    submit() {},
    drain: (take: (letter: number) => void) => done.forEach(take),
  };
  const seat = new Seat(() => thread as unknown as ArenaThread);
  [short(100), short(200, false), short(0.1)].forEach((turn, letter) => seat.submit(letter, 0, turn));
  expect([seat.load, seat.backlogUs]).toEqual([3, 303.1]);
  done.push(1, 2, 0);
  seat.drain(() => {});
  expect([seat.load, seat.backlogUs, seat.isIdle]).toEqual([0, 0, true]);
});

test("behind a turn that is expected to be long, or has turned out to be, there is room for none", () => {
  const long = seatWith();
  long.submit(0, 0, { ...short(0), pace: "long" });
  expect([long.hasTime, long.isAway]).toEqual([false, true]);
  const heldUp = seatWith(short(1));
  heldUp.isHeldUp = true;
  expect([heldUp.hasTime, heldUp.isAway]).toEqual([false, true]);
});

test("a doubtful turn puts it at stake and not away, so short ones may stand behind it", () => {
  const doubtful = seatWith();
  doubtful.submit(0, 0, { ...short(0), pace: "doubtful" });
  expect([doubtful.hasTime, doubtful.isAway, doubtful.isAtStake]).toEqual([true, false, true]);
  expect(seatWith(short(1)).isAtStake).toBe(false);
});
