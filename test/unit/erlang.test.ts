// Against published tables. Erlang B: the usual traffic tables, as in ITU-T E.501 or I. Angus, "An Introduction to Erlang B
// and Erlang C" (2001): the load in erlangs that so many servers carry at a given loss. Erlang C: G. Koole, "Call Center
// Mathematics" (2007), and the closed forms for one server.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blocking,
  erlangs,
  meanWaitMs,
  refusedByFullQueue,
  slotsFor,
  waiting,
  waitingLonger,
} from "../../gateway/plan/erlang.ts";

/** servers: load at a loss of 0.1 %, 1 %, 2 %, 5 %. */
const TABLE: readonly (readonly [number, number, number, number, number])[] = [
  [1, 0.001, 0.0101, 0.0204, 0.0526],
  [2, 0.0458, 0.1526, 0.2235, 0.3813],
  [5, 0.7621, 1.3608, 1.6571, 2.2185],
  [10, 3.092, 4.4612, 5.084, 6.2157],
  [15, 6.0772, 8.108, 9.0096, 10.6327],
  [20, 9.4115, 12.0306, 13.1815, 15.2493],
  [30, 16.6839, 20.3373, 21.9316, 24.8018],
  [50, 32.5119, 37.9014, 40.2551, 44.533],
  [100, 75.242, 84.0642, 87.972, 95.24],
];
const LOSSES = [0.001, 0.01, 0.02, 0.05];

describe("Erlang B", () => {
  for (const [servers, ...loads] of TABLE) {
    test(`${servers} servers lose what the tables say`, () => {
      loads.forEach((load, column) => {
        expect(Math.abs(blocking(servers, load) / LOSSES[column]! - 1)).toBeLessThan(0.01);
      });
    });
  }

  test("one server loses load / (1 + load)", () => {
    expect(blocking(1, 1)).toBeCloseTo(0.5, 12);
    expect(blocking(1, 3)).toBeCloseTo(0.75, 12);
  });

  test("without servers everything is lost, without load nothing", () => {
    expect(blocking(0, 2)).toBe(1);
    expect(blocking(3, 0)).toBe(0);
  });
});

describe("Erlang C", () => {
  test("8 servers with a load of 5: one in six waits", () => {
    expect(waiting(8, 5)).toBeCloseTo(0.167, 3);
  });

  test("14 servers with a load of 10: 17.4 % wait", () => {
    expect(waiting(14, 10)).toBeCloseTo(0.174, 3);
  });

  test("one server: the part that waits is the load, the mean wait is load x service / (1 - load)", () => {
    expect(waiting(1, 0.6)).toBeCloseTo(0.6, 12);
    expect(meanWaitMs(1, 0.6, 30)).toBeCloseTo((0.6 * 30) / 0.4, 9);
  });

  test("one server: the wait beyond t falls by e to the power of -(1 - load) t / service", () => {
    expect(waitingLonger(1, 0.5, 10, 0)).toBeCloseTo(0.5, 12);
    expect(waitingLonger(1, 0.5, 10, 20)).toBeCloseTo(0.5 * Math.exp(-1), 12);
  });

  test("a load that is as large as the slots waits for ever", () => {
    expect([waiting(4, 4), waitingLonger(4, 4, 10, 1e6), meanWaitMs(4, 5, 10)]).toEqual([1, 1, Infinity]);
  });
});

describe("a queue of some length", () => {
  const load = fc.double({ min: 0.01, max: 60, noNaN: true });
  const slots = fc.integer({ min: 1, max: 64 });

  test("of length 0 is Erlang B", () => {
    fc.assert(
      fc.property(slots, load, (n, a) => {
        expect(refusedByFullQueue(n, 0, a)).toBeCloseTo(blocking(n, a), 9);
      }),
    );
  });

  test("longer never refuses more", () => {
    fc.assert(
      fc.property(slots, load, fc.nat(100), (n, a, length) => {
        expect(refusedByFullQueue(n, length + 1, a)).toBeLessThanOrEqual(
          refusedByFullQueue(n, length, a) + 1e-12,
        );
      }),
    );
  });

  test("M/M/1/1 with load 1: three states alike, a third is refused", () => {
    expect(refusedByFullQueue(1, 1, 1)).toBeCloseTo(1 / 3, 12);
  });

  test("under too much load refuses at least what is too much", () => {
    expect(refusedByFullQueue(10, 50, 20)).toBeGreaterThanOrEqual(0.5);
  });
});

describe("slots for a target", () => {
  test("are enough, and one less is not", () => {
    const property = fc.property(
      fc.double({ min: 0.1, max: 200, noNaN: true }),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 0, max: 1000 }),
      fc.constantFrom(0.1, 0.01, 0.001),
      (load, serviceMs, limitMs, target) => {
        const slots = slotsFor(load, serviceMs, limitMs, target);
        expect(waitingLonger(slots, load, serviceMs, limitMs)).toBeLessThanOrEqual(target);
        if (slots - 1 > load)
          expect(waitingLonger(slots - 1, load, serviceMs, limitMs)).toBeGreaterThan(target);
      },
    );
    fc.assert(property);
  });

  test("400 requests a second of 30 ms are 12 erlangs", () => {
    expect(erlangs(400, 30)).toBe(12);
  });
});
