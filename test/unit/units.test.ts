import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatDurationMs,
  formatSizeBytes,
  parseDurationMs,
  parseSizeBytes,
  UnitError,
} from "../../gateway/shared/units.ts";

describe("durations", () => {
  test.each([
    ["250ms", 250],
    ["10s", 10_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1.5s", 1500],
    ["0.001s", 1],
    ["0", 0],
    ["0s", 0],
  ])("%s is %i ms", (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  test.each([
    ["10", '"10" has no unit: write 10ms or 10s'],
    ["0.5ms", '"0.5ms" is not a whole number of milliseconds'],
    ["1d", '"1d" is not a duration such as 250ms, 10s or 5m'],
    ["-1s", '"-1s" is not a duration such as 250ms, 10s or 5m'],
    ["1e3s", '"1e3s" is not a duration such as 250ms, 10s or 5m'],
    ["10 s", '"10 s" is not a duration such as 250ms, 10s or 5m'],
    ["", '"" is not a duration such as 250ms, 10s or 5m'],
    ["99999999999999h", '"99999999999999h" is too large'],
  ])("%j is refused: %s", (text, message) => {
    expect(() => parseDurationMs(text)).toThrow(new UnitError(message));
  });
});

describe("sizes", () => {
  test.each([
    ["65536", 65_536],
    ["64Ki", 65_536],
    ["4Mi", 4_194_304],
    ["1.5Gi", 1_610_612_736],
    ["1Ti", 2 ** 40],
    ["0", 0],
  ])("%s is %i bytes", (text, bytes) => expect(parseSizeBytes(text)).toBe(bytes));

  test.each([
    ["4M", /write 4Mi$/],
    ["4MB", /write 4Mi$/],
    ["4MiB", /write 4Mi$/],
    ["64k", /write 64Ki$/],
    ["0.3Ki", /is not a whole number of bytes$/],
    ["-1", /is not a size such as/],
    ["Mi", /is not a size such as/],
    ["9999999Ti", /is too large$/],
    ["x".repeat(1000), /^"x{40}\.\.\." is not/],
  ])("%j is refused", (text, message) => {
    expect(() => parseSizeBytes(text)).toThrow(message);
    expect(() => parseSizeBytes(text)).toThrow(UnitError);
  });
});

test("what is written reads back as the same value", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 50 }), (value) => {
      expect(parseSizeBytes(formatSizeBytes(value))).toBe(value);
      expect(parseDurationMs(formatDurationMs(value))).toBe(value);
    }),
    { seed: 1 },
  );
});

test("the shortest exact text is written", () => {
  expect([1000, 60_000, 90_000, 1, 0].map(formatDurationMs)).toEqual(["1s", "1m", "90s", "1ms", "0s"]);
  expect([4_194_304, 1_572_864, 1000, 0].map(formatSizeBytes)).toEqual(["4Mi", "1536Ki", "1000", "0"]);
});
