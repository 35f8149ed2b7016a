// A turn pays for the processor it used, and not for the time it was kept waiting for one.
import { expect, test } from "vitest";
import { ArenaAbort } from "../../gateway/arena/abort.ts";
import { TurnClock } from "../../gateway/arena/turn-clock.ts";
import { COUNTS_SWITCHES, voluntarySwitches } from "../support/voluntary-switches.ts";

/** Time passes and this thread uses none of it, as when the machine is busy or the container is throttled. */
function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Uses this much CPU time, by the process's own account. */
function burn(ms: number): void {
  const { user } = process.threadCpuUsage();
  while (process.threadCpuUsage().user - user < ms * 1000);
}

test("a turn that had to wait before its first interrupt is not charged for that", () => {
  const clock = new TurnClock();
  for (let round = 0; round < 5; round++) {
    clock.start(20_000);
    wait(60);
    expect(() => clock.check()).not.toThrow();
    expect(clock.stop()).toBeLessThan(20_000);
  }
});

test("a turn that ends without an interrupt is not charged for waiting either", () => {
  const clock = new TurnClock();
  clock.start(20_000);
  wait(60);
  expect(clock.stop()).toBeLessThan(20_000);
});

test("turns in a row are each charged their own time only", () => {
  const clock = new TurnClock();
  clock.start(1_000_000);
  burn(50);
  clock.check();
  expect(clock.stop()).toBeGreaterThan(25_000);
  clock.start(20_000);
  wait(30);
  expect(() => clock.check()).not.toThrow();
  expect(clock.stop()).toBeLessThan(20_000);
});

test("a turn that computes is stopped when its time is used up, waiting in between or not", () => {
  const clock = new TurnClock();
  clock.start(30_000);
  wait(50);
  expect(() => {
    for (let i = 0; i < 1000; i++) {
      burn(5);
      clock.check();
    }
  }).toThrow(ArenaAbort);
  expect(clock.stop()).toBeGreaterThan(15_000);
});

test("native work before the first interrupt is charged", () => {
  const clock = new TurnClock();
  clock.start(30_000);
  burn(80);
  expect(() => clock.check()).toThrow(ArenaAbort);
});

test("between turns nobody is stopped, however long ago the last one was", () => {
  const clock = new TurnClock();
  burn(10);
  expect(() => clock.check()).not.toThrow();
  clock.start(5000);
  clock.stop();
  burn(10);
  expect(() => clock.check()).not.toThrow();
});

/** Keeps this thread busy; the kernel may take its processor away meanwhile. */
function pass(ms: number): void {
  const start = performance.now();
  while (performance.now() - start < ms);
}

test.runIf(COUNTS_SWITCHES)("a turn steps aside when it has run for a millisecond, and not before", () => {
  const clock = new TurnClock();
  const switchesWhile = (run: () => void): number => {
    clock.start(10_000_000);
    const before = voluntarySwitches();
    run();
    return voluntarySwitches() - before;
  };
  expect(switchesWhile(() => clock.check())).toBe(0);
  const once = () => {
    pass(1);
    for (let i = 0; i < 5; i++) clock.check();
  };
  // The kernel may wake it too early for one sleep to be enough.
  expect(switchesWhile(once)).toBeGreaterThan(0);
  expect(switchesWhile(once)).toBeLessThan(5);
  const twentyTimes = () => {
    for (let i = 0; i < 20; i++) {
      pass(1);
      clock.check();
    }
  };
  expect(switchesWhile(twentyTimes)).toBeGreaterThanOrEqual(20);
});
