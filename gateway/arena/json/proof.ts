/**
 * The proof that value-layout.ts speaks of this engine: before a thread makes its first image, values of every kind are written by the host
 * and by the engine itself, in the arena where scripts are compiled, which is thrown away. If the texts differ, or the host has
 * written what it should have left alone, there is no image, and a gateway that starts does not listen.
 */
import type { Vm } from "../vm.ts";

/** With an empty `space` the engine writes the same text without asking the host. */
const PLAIN = `(() => {
  const like = (id) => ({ id, name: "n" + id, tags: [id, "t"], none: undefined, deep: { id } });
  const bare = Object.assign(Object.create(null), { bare: true });
  const shrunk = { gone: 1, kept: "k" };
  delete shrunk.gone;
  const hidden = Object.defineProperty({ seen: 1, [Symbol.iterator]: 2 }, "hidden", { value: 3 });
  class Point { x = 1; }
  const value = {
    "quote\\" \\\\ \\n \\u0001": "\\b\\t\\n\\f\\r\\" \\\\ \\u001f \\u007f",
    latin1: "gr\\u00f6\\u00dfe", wide: "\\u4e2d\\ud83d\\ude00", lone: ["\\ud800", "x\\udc00\\ud800y"],
    numbers: [0, -1, 2147483647, -2147483648, 0.1, -0, 1e21, 5e-324, NaN, -Infinity],
    others: [true, false, null, undefined, Symbol.iterator],
    slice: "0123456789".repeat(110).slice(7), rope: "a".repeat(600) + "b".repeat(600),
    alike: [like(1), like(2), like(3)], bare, shrunk, hidden, point: new Point(), empty: [{}, [], ""],
  };
  return JSON.stringify(value) === JSON.stringify(value, undefined, "");
})()`;

/** Each of these the host has to leave to the engine, which may throw: nobody looks at the answer. */
const NOT_PLAIN = `(() => {
  const attempt = (value) => { try { return JSON.stringify(value); } catch {} };
  const circle = {};
  circle.circle = circle;
  const holes = [1, 2];
  holes.length = 3;
  class Told { toJSON() { return 1; } }
  [
    { toJSON: 1 }, new Told(), Object.assign([], { toJSON: 1 }), Object.create(new Told()), { get got() { return 1; } }, { 1: 1 },
    { "4294967294": 1 }, holes, [, 1], new Date(0), new Map(), Object("s"), Object(1), new Uint8Array(1), new Proxy({}, {}),
    Object.create(new Proxy({}, {})), { big: 1n }, { call() {} }, circle, (() => arguments)(),
  ].forEach(attempt);
  Object.prototype.toJSON = 1;
  attempt({});
  delete Object.prototype.toJSON;
  Array.prototype.toJSON = 1;
  attempt([]);
  delete Array.prototype.toJSON;
})()`;

let proven = false;

/** Throws if it does not hold. What it spoils is thrown away. */
export function proveLayout(vm: Vm): void {
  if (proven) return;
  const before = vm.plainTexts;
  const same = run(vm, PLAIN);
  const written = vm.plainTexts - before;
  run(vm, NOT_PLAIN);
  const wronglyWritten = vm.plainTexts - before - written;
  if (same !== "true" || written !== 1 || wronglyWritten !== 0) {
    throw new Error(
      `the engine keeps values otherwise than arena/value-layout.ts says (${same}, ${written}, ${wronglyWritten})`,
    );
  }
  proven = true;
}

function run(vm: Vm, code: string): string {
  const [source, file] = [vm.newText(code), vm.newText("proof.js")];
  return vm.describe(vm.exports.qjs_eval(source.pointer, source.bytes, file.pointer, 0));
}
