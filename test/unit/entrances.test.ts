// Whose turns count as long, by what they have taken so far.
import { describe, expect, test } from "vitest";
import { LONG_US, Share } from "../../gateway/arena/entrances.ts";

function shareAfter(...turnsUs: number[]): Share {
  const share = new Share();
  for (const us of turnsUs) share.charge(us);
  return share;
}

const times = (count: number, us: number) => Array.from({ length: count }, () => us);
const SHORT_US = 200;

describe("a handler", () => {
  test("of which nothing is known counts as one of long turns, and no longer when its first was short", () => {
    expect(new Share().isLong).toBe(true);
    expect(shareAfter(SHORT_US).isLong).toBe(false);
    expect(shareAfter(40_000).isLong).toBe(true);
  });

  test("is one of long turns after one that used up its limit, and for dozens of short ones to come", () => {
    const spent = [...times(1000, SHORT_US), 40_000];
    expect(shareAfter(...spent).isLong).toBe(true);
    expect(shareAfter(...spent, ...times(50, SHORT_US)).isLong).toBe(true);
    expect(shareAfter(...spent, ...times(100, SHORT_US)).isLong).toBe(false);
  });

  test("is one of long turns when it mixes them with short ones, whatever these are in the mean", () => {
    const mixed = times(20, 0).flatMap(() => [...times(15, 50), 40_000]);
    expect(shareAfter(...mixed, ...times(15, 50)).isLong).toBe(true);
  });

  test("is not for a hiccup in a hundred turns", () => {
    const share = new Share();
    share.charge(SHORT_US);
    for (let i = 0; i < 20; i++) {
      for (const us of [...times(99, SHORT_US), LONG_US + 1000]) share.charge(us);
      expect(share.isLong).toBe(false);
    }
  });

  test("is when all its turns are a little longer than short", () => {
    expect(shareAfter(SHORT_US, ...times(4, LONG_US + 1000)).isLong).toBe(true);
  });
});
