// What is expected of a handler's turns, by what they have taken so far.
import { describe, expect, test } from "vitest";
import { LONG_US, Share } from "../../gateway/arena/share.ts";

function shareAfter(...turnsUs: number[]): Share {
  const share = new Share();
  for (const us of turnsUs) share.charge(us);
  return share;
}

const times = (count: number, us: number) => Array.from({ length: count }, () => us);
const SHORT_US = 200;

describe("a handler", () => {
  test("of which nothing is known is doubtful, and its first turn says more", () => {
    expect(new Share().pace).toBe("doubtful");
    expect(shareAfter(SHORT_US).pace).toBe("short");
    expect(shareAfter(40_000).pace).toBe("long");
  });

  test("takes long after a turn that used up its limit, is doubtful after a few short ones, and short after dozens", () => {
    const spent = [...times(1000, SHORT_US), 40_000];
    expect(shareAfter(...spent).pace).toBe("long");
    expect(shareAfter(...spent, ...times(10, SHORT_US)).pace).toBe("doubtful");
    expect(shareAfter(...spent, ...times(50, SHORT_US)).pace).toBe("doubtful");
    expect(shareAfter(...spent, ...times(100, SHORT_US)).pace).toBe("short");
  });

  test("is doubtful when it mixes long turns with short ones, whatever these are in the mean", () => {
    const mixed = times(20, 0).flatMap(() => [...times(15, 50), 40_000]);
    expect(shareAfter(...mixed, ...times(15, 50)).pace).toBe("doubtful");
  });

  test("stays short with a hiccup in a hundred turns", () => {
    const share = new Share();
    share.charge(SHORT_US);
    for (let i = 0; i < 20; i++) {
      for (const us of [...times(99, SHORT_US), LONG_US + 1000]) share.charge(us);
      expect(share.pace).toBe("short");
    }
  });

  test("is over with a request's first turn when most of the last ones were, and not before anything is known", () => {
    const share = new Share();
    expect(share.endsAtOnce).toBe(false);
    for (let i = 0; i < 3; i++) share.began(true);
    expect(share.endsAtOnce).toBe(true);
    share.began(false);
    share.began(false);
    expect(share.endsAtOnce).toBe(false);
  });

  test("takes long when all its turns are a little longer than short", () => {
    expect(shareAfter(SHORT_US, ...times(4, LONG_US + 1000)).pace).toBe("long");
  });
});
