import { existsSync, readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { startGivingWay } from "../../gateway/shared/give-way.ts";

const TASKS = "/proc/self/task";
const NICE = 7;

const nicesOfThreads = () => readdirSync(TASKS).map((id) => getPriority(Number(id)));

test.runIf(existsSync(TASKS) && getPriority() === 0)(
  "a thread gives way before it has run any code, whoever was there before does not",
  async () => {
    const worker = startGivingWay(NICE, () => new Worker("", { eval: true }));
    // Nothing has been awaited: the worker may not have an isolate yet.
    expect(nicesOfThreads().filter((nice) => nice === NICE)).toHaveLength(1);
    await worker.terminate();
  },
);

test("what `start` returns is passed on, and what it throws", () => {
  expect(startGivingWay(NICE, () => 42)).toBe(42);
  const start = () => {
    throw new RangeError("no");
  };
  expect(() => startGivingWay(NICE, start)).toThrow(RangeError);
});
