// When the watchdog does something about a turn that goes on.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Seat } from "../../gateway/arena/seat.ts";
import { Watchdog } from "../../gateway/arena/watchdog.ts";

let seen: string[];
let mark: number;
let watchdog: Watchdog;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  seen = [];
  mark = 1;
  const seat = { load: 1, isHeldUp: false, thread: { running: () => mark, cpuNs: () => undefined } };
  watchdog = new Watchdog([seat as unknown as Seat], {
    drain: () => {},
    cpuLimitUs: () => 1_000_000,
    heldUp: () => {
      seat.isHeldUp = true;
      seen.push("held up");
    },
    ring: () => seen.push("ring"),
    overdue: () => seen.push("overdue"),
  });
  watchdog.start();
});
afterEach(() => {
  watchdog.stop();
  vi.useRealTimers();
});

test("a turn that is seen twice is rung for; another thread takes its place only after two milliseconds", () => {
  vi.advanceTimersByTime(1);
  expect(seen).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(seen).toEqual(["ring"]);
  vi.advanceTimersByTime(1);
  expect(seen).toEqual(["ring", "held up", "ring"]);
  vi.advanceTimersByTime(1);
  expect(seen).toEqual(["ring", "held up", "ring", "ring"]);
});

test("one turn after the other is nobody's delay", () => {
  for (let turn = 1; turn <= 50; turn++) {
    mark = turn;
    vi.advanceTimersByTime(1);
  }
  expect(seen).toEqual([]);
});
