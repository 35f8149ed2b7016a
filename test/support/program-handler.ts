// A handler that runs a small program given in the request's query: a sequence of steps, each a hostile habit. One image
// runs thousands of programs, so random ones cost no builds.
import type { Random } from "./random.ts";

export const PROGRAM_HANDLER = `
const kept = [];
let state = 0;
const table = new Map([["start", 1]]);
const steps = {
  alloc: (n) => kept.push(new Uint8Array(n * 1000).fill(0xfe)),
  text: (n) => kept.push(("x".repeat(n * 100) + n).split("").join("-")),
  objects: (n) => { for (let i = 0; i < n * 10; i++) kept.push({ i, text: "value " + i, nested: [i, { i }] }); },
  recurse: (n) => { const down = (left) => left === 0 ? 0 : down(left - 1) + 1; return down(n * 20); },
  patch: (n) => {
    Array.prototype["own" + n] = () => n;
    Object.prototype.stray = "stray " + n;
    globalThis["global" + n] = kept;
    String.prototype.trim = () => "patched";
  },
  delete: () => { delete globalThis.URL; delete Array.prototype.map; },
  freeze: () => { Object.freeze(Object.prototype); Object.freeze(table); },
  state: (n) => { state += n; table.set("key " + n, state); },
  regex: (n) => "abc ".repeat(n * 10).replace(/(a)(b)(c)/g, (_, a, b, c) => c + b + a),
  url: (n) => new URL("http://EXAMPLE.com:80/" + "a/../".repeat(n) + "?q=" + n).searchParams.toString(),
  clone: (n) => structuredClone({ list: Array.from({ length: n }, (_, i) => new Date(i)) }),
  encode: (n) => new TextDecoder().decode(new TextEncoder().encode("größe".repeat(n * 10))),
  json: (n) => JSON.parse(JSON.stringify(Array.from({ length: n * 10 }, (_, i) => ({ i })))),
  symbol: (n) => Symbol.for("symbol " + n),
  evaluate: (n) => (0, eval)("var evaluated" + n + " = () => " + n + "; evaluated" + n + "()"),
  generate: (n) => { const all = (function* () { for (let i = 0; i < n * 10; i++) yield i; })(); kept.push(all, all.next()); },
  proxy: (n) => { let p = {}; for (let i = 0; i < n; i++) p = new Proxy(p, { get: (t, k) => t[k] }); return p.x; },
  bigint: (n) => 3n ** BigInt(n * 50),
  sort: (n) => Array.from({ length: n * 100 }, (_, i) => (i * 7919) % 10007).sort((a, b) => a - b),
  log: (n) => console.log("line " + n, { n }),
  later: (n) => new Promise((resolve) => setTimeout(resolve, n % 3)),
  microtask: (n) => { for (let i = 0; i < n * 10; i++) queueMicrotask(() => state++); },
  reject: () => { Promise.reject(new Error("floating")); },
  random: () => Math.random(),
  throw: (n) => { throw [new Error("thrown " + n), "text", null, undefined, Symbol("s"), { n }][n % 6]; },
  overflow: (n) => { for (;;) kept.push(new Uint8Array(n * 500 + 1).fill(0xfe)); },
  overflowText: () => { for (;;) kept.push("x".repeat(1000) + kept.length); },
  overflowDeep: (n) => { const down = (left) => { if (left === 0) for (;;) kept.push([kept.length]); return down(left - 1) + 1; }; down(n * 10); },
  spin: () => { for (;;); },
  spinJobs: async () => { for (;;) await null; },
  native: () => { for (;;) (3n ** 30000n).toString(); },
  hang: () => new Promise(() => {}),
};

export default {
  async fetch(request) {
    let last;
    for (const step of request.url.split("?")[1].split(",")) {
      const [name, argument] = step.split(":");
      last = await steps[name](Number(argument));
    }
    return new Response(String(last) + " " + state + " " + kept.length);
  },
};
`;

const GENTLE = [
  "alloc",
  "text",
  "objects",
  "recurse",
  "patch",
  "delete",
  "freeze",
  "state",
  "regex",
  "url",
  "clone",
  "encode",
  "json",
  "symbol",
  "evaluate",
  "generate",
  "proxy",
  "bigint",
  "sort",
  "log",
  "later",
  "microtask",
  "reject",
  "random",
];
const FATAL = ["throw", "overflow", "overflowText", "overflowDeep", "spin", "spinJobs", "native", "hang"];

/** A few gentle steps, and in most programs one that ends it. */
export function randomProgram(random: Random): string {
  const steps = Array.from(
    { length: 1 + random.below(6) },
    () => `${random.pick(GENTLE)}:${1 + random.below(40)}`,
  );
  if (random.below(10) < 7) steps.push(`${random.pick(FATAL)}:${1 + random.below(40)}`);
  return steps.join(",");
}
