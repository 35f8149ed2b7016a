// Whether a promise does nothing but settle another one, as the engine's memory has it.
import { describe, expect, test } from "vitest";
import type { Vm } from "../../gateway/arena/vm.ts";
import { settlesOnly } from "../../gateway/arena/waiting-promise.ts";
import { bootEngine, evaluate } from "../support/bare-engine.ts";
import { Random } from "../support/random.ts";

const MIB = 1024 * 1024;

/** Runs the script and all its jobs; `from` and `to` are variables that it declares. */
function settled(script: string): boolean {
  const vm = bootEngine(8 * MIB);
  evaluate(vm, `var from, to, settle;\n${script};\n"done"`);
  while (vm.exports.qjs_is_job_pending()) vm.exports.qjs_execute_pending_job();
  return settlesOnly(vm.words, variable(vm, "from"), variable(vm, "to"));
}

function variable(vm: Vm, name: string): number {
  return vm.exports.qjs_get_prop_string(vm.exports.qjs_get_global(), vm.newText(name).pointer);
}

const PENDING = "from = new Promise((resolve) => (settle = resolve));";
const HEARD = "to.then(() => {});";
const steps = (count: number) =>
  `to = from; for (let i = 0; i < ${count}; i++) { const inner = to; to = (async () => inner)(); }`;

describe("it does nothing else where", () => {
  test.each([
    ["they are one", `${PENDING} to = from; ${HEARD}`],
    ["an async function returned it", `${PENDING} to = (async () => from)(); ${HEARD}`],
    ["fifteen did, one after the other", `${PENDING} ${steps(15)} ${HEARD}`],
    ["a resolver was given it", `${PENDING} to = new Promise((resolve) => resolve(from)); ${HEARD}`],
  ])("%s", (_, script) => {
    expect(settled(script)).toBe(true);
  });
});

describe("it may do something else where", () => {
  test.each([
    ["sixteen did", `${PENDING} ${steps(16)} ${HEARD}`],
    ["nobody listens to the other", `${PENDING} to = (async () => from)();`],
    ["two listen to the other", `${PENDING} to = (async () => from)(); ${HEARD} ${HEARD}`],
    ["somebody else listens", `${PENDING} to = (async () => from)(); from.then(() => {}); ${HEARD}`],
    ["it is awaited", `${PENDING} to = (async () => { return await from; })(); ${HEARD}`],
    [
      "one between is awaited",
      `${PENDING} const inner = (async () => from)(); to = (async () => await inner)(); ${HEARD}`,
    ],
    ["one of all is it", `${PENDING} to = Promise.all([from]); ${HEARD}`],
    [
      "it settles a third",
      `${PENDING} to = new Promise(() => {}); (async () => from)().then(() => {}); ${HEARD}`,
    ],
    ["it is fulfilled", `${PENDING} to = from; ${HEARD} settle(1);`],
    ["it is rejected", `from = Promise.reject(1); from.catch(() => {}); to = from;`],
    ["it is no promise", "from = { then() {} }; to = from;"],
    ["it is a function", "from = to = () => {};"],
    ["it is a number", "from = to = 1;"],
    ["it is of a class of the handler's", `class Own extends Array {}; from = to = new Own();`],
  ])("%s", (_, script) => {
    expect(settled(script)).toBe(false);
  });
});

test("memory of any kind is read to an end (seeds 1 to 2000)", () => {
  const words = new Int32Array(4096);
  for (let seed = 1; seed <= 2000; seed++) {
    const random = new Random(seed);
    // Addresses within and a little beyond, classes, tags: what lets a walk go on.
    for (let i = 0; i < words.length; i++)
      words[i] = random.pick([random.below(20_000), 52 << 16, 53 << 16, -1, 0]);
    expect(typeof settlesOnly(words, random.below(20_000), random.below(20_000))).toBe("boolean");
  }
});
