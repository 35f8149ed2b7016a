// How much may stand in a thread's ring. The thread is left out: nothing here depends on what it does.
import { expect, test } from "vitest";
import type { ArenaThread } from "../../gateway/arena/arena-thread.ts";
import { Seat, TURNS_AHEAD } from "../../gateway/arena/seat.ts";

function seatWith(...turnsUs: number[]): Seat {
  const seat = new Seat(() => ({ isReady: true, submit() {} }) as unknown as ArenaThread);
  turnsUs.forEach((us, slot) => seat.submit(slot, us, "short"));
  return seat;
}

const turns = (count: number, us: number) => Array.from({ length: count }, () => us);

test("a thread takes twelve turns and no more, however short they are", () => {
  expect(TURNS_AHEAD).toBe(12);
  expect(seatWith(...turns(11, 1)).hasTime).toBe(true);
  expect(seatWith(...turns(12, 1)).hasTime).toBe(false);
});

test("it takes another turn until those it has are expected to take a millisecond", () => {
  expect(seatWith(499, 500).hasTime).toBe(true);
  expect(seatWith(500, 500).hasTime).toBe(false);
  expect(seatWith(40_000).hasTime).toBe(false);
});

test("behind a turn that is expected to be long, or has turned out to be, there is room for none", () => {
  const long = seatWith();
  long.submit(0, 0, "long");
  expect([long.hasTime, long.isAway]).toEqual([false, true]);
  const heldUp = seatWith(1);
  heldUp.isHeldUp = true;
  expect([heldUp.hasTime, heldUp.isAway]).toEqual([false, true]);
});

test("a doubtful turn puts it at stake and not away, so short ones may stand behind it", () => {
  const doubtful = seatWith();
  doubtful.submit(0, 0, "doubtful");
  expect([doubtful.hasTime, doubtful.isAway, doubtful.isAtStake]).toEqual([true, false, true]);
  expect(seatWith(1).isAtStake).toBe(false);
});
