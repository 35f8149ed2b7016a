// JSON.stringify of plain data is written by the host; whatever the data are, nobody can tell.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DEPTH_MAX, JSON_SCRATCH_BYTES, PlainJson } from "../../gateway/arena/json/plain-json.ts";
import { SHAPES_MAX, ShapeTable, UNKNOWN } from "../../gateway/arena/json/shape-table.ts";
import { TEXT_MAX_BYTES, TextBuffer } from "../../gateway/arena/json/text-buffer.ts";
import type { Vm } from "../../gateway/arena/vm.ts";
import { THREAD } from "../../gateway/plan/runtime-figures.ts";
import { ArenaLab, KIB, MIB, type Recorder } from "../support/arena-lab.ts";
import { bootEngine, evaluate } from "../support/bare-engine.ts";
import { JSON_VALUES } from "../support/json-values.ts";
import { Random } from "../support/random.ts";

let vm: Vm;
beforeAll(() => {
  vm = fresh();
});

function fresh(): Vm {
  const made = bootEngine(32 * MIB);
  evaluate(made, JSON_VALUES);
  return made;
}

/** A value by both ways, as text or as what was thrown, and whether the host wrote it. */
function both(code: string, on = vm): { same: boolean; text: string; byHost: boolean } {
  const before = on.plainTexts;
  const text = evaluate(on, `written(globalThis.subject = ${code})`);
  const byHost = on.plainTexts > before;
  const middle = on.plainTexts;
  // With a space, if an empty one, the engine does not ask.
  const expected = evaluate(on, `written(globalThis.subject, undefined, "")`);
  expect(on.plainTexts).toBe(middle);
  return { same: text === expected, text: text.replace(/^text |\n.*$/gs, ""), byHost };
}

describe("it is the engine's own text", () => {
  test.each(Array.from({ length: 24 }, (_, index) => index + 1))(
    "and the same code of the handler ran, for 150 random values (seed %i)",
    (seed) => {
      const before = vm.plainTexts;
      const difference = evaluate(
        vm,
        `{ const next = values(${seed});
           let found = "";
           for (let i = 0; i < 150 && found === ""; i++) {
             const value = next();
             const [text, expected] = [written(value), written(value, undefined, "")];
             if (text !== expected) found = i + ": " + text.slice(0, 2000) + " instead of " + expected.slice(0, 2000);
           }
           found }`,
      );
      expect(difference).toBe("");
      // Enough of them were objects and plain, for the test to mean something.
      expect(vm.plainTexts - before).toBeGreaterThan(40);
    },
  );

  test("for every code unit, in values and in names", () => {
    for (let first = 0; first < 0x10000; first += 0x1000) {
      const code = `Array.from({ length: 0x1000 }, (_, i) => String.fromCharCode(${first} + i))`;
      expect(both(code)).toMatchObject({ same: true, byHost: true });
      // Names of one digit are indexes, and the engine's.
      const named = both(`Object.fromEntries(${code}.map((unit) => ["x" + unit, 1]))`);
      expect(named).toMatchObject({ same: true, byHost: true });
    }
  });

  test("for every neighbourhood of surrogates", () => {
    const units = '["\\ud800", "\\udbff", "\\udc00", "\\udfff", "a", "\\u4e2d"]';
    const all = `${units}.flatMap((a) => ${units}.flatMap((b) => ${units}.map((c) => a + b + c)))`;
    expect(both(all)).toMatchObject({ same: true, byHost: true });
  });

  test("for a character that needs care at every place of a string, of every length", () => {
    const code = (odd: string) =>
      `Array.from({ length: 40 }, (_, n) => Array.from({ length: n }, (_, at) => "x".repeat(at) + ${odd} + "y".repeat(n - at - 1)))`;
    for (const odd of [
      '"\\""',
      '"\\\\"',
      '"\\u0000"',
      '"\\u001f"',
      '"\\u007f"',
      '"\\u0080"',
      '"\\u00ff"',
      '"\\ud800"',
    ])
      expect(both(code(odd))).toMatchObject({ same: true, byHost: true });
  });

  test.each([1, 2, 3, 4])("for 2,000 numbers of any bits (seed %i)", (seed) => {
    const numbers = `(() => { const next = values(${seed}); const bits = new Uint32Array(4000);
      for (let i = 0; i < 4000; i++) bits[i] = Math.imul(i + ${seed}, 0x9e3779b1) ^ (i << 20) ^ (${seed} << 7);
      return [...new Float64Array(bits.buffer)]; })()`;
    expect(both(numbers)).toMatchObject({ same: true, byHost: true });
  });

  test("for every power of two, and for numbers beside them and beside powers of ten", () => {
    const found = evaluate(
      vm,
      `{ const found = [];
         const powers = [2, 10].flatMap((base) => Array.from({ length: 2100 }, (_, n) => base ** (n - 1075)));
         for (const power of powers) for (const number of [power, -power, power * (1 + 2 ** -52), power * (1 - 2 ** -53), power - 1, power + 1])
           if (JSON.stringify([number]) !== JSON.stringify([number], undefined, "")) found.push(number);
         found.join() }`,
    );
    expect(found).toBe("");
    expect(both("[0.5, 0.25, 2 ** 31, 2 ** 40, 2 ** -13, 1e21, 0.1]")).toMatchObject({
      same: true,
      byHost: true,
    });
    // V8 writes 5.960464477539063e-8, as it should.
    expect(both("[2 ** -24]")).toMatchObject({ same: true, byHost: false, text: "[5.9604644775390625e-8]" });
  });

  test("for numbers that lie in the middle between two decimals of a digit less", () => {
    // Odd multiples of 2 ** -k with 17 digits, of which the last is a 5.
    const ties = `Array.from({ length: 23 }, (_, k) => 5n ** BigInt(k + 1)).flatMap((five, k) => {
      const [first, last] = [10n ** 16n / five, 10n ** 17n / five];
      return Array.from({ length: 200 }, (_, i) => Number((first + ((last - first) * BigInt(i)) / 200n) | 1n) / 2 ** (k + 1)).filter((number) => number !== 2 ** -23); })`;
    expect(both(ties)).toMatchObject({ same: true, byHost: true });
  });
});

/** What every one of these does, `JSON.stringify(...)` must not tell from the engine's own. */
describe("the host writes", () => {
  test.each([
    ["an empty object", "({})"],
    ["objects with undefined and symbols among their values", "({ a: undefined, b: Symbol(), c: 1 })"],
    ["null prototypes", "Object.assign(Object.create(null), { a: 1 })"],
    [
      "instances of classes, with private fields and methods",
      "new (class { x = 1; #y = 2; m() {} get g() { return 1; } })()",
    ],
    ["what is left after a deletion", "(() => { const o = { a: 1, b: 2, c: 3 }; delete o.b; return o; })()"],
    ["frozen objects", "Object.freeze({ a: [1] })"],
    ["hidden properties, by leaving them out", "Object.defineProperty({ a: 1 }, 'b', { value: 2 })"],
    ["symbols as names, by leaving them out", "({ [Symbol.iterator]: 1, a: 2 })"],
    ["arrays with properties of their own", "Object.assign([1, 2], { extra: 3 })"],
    ["arrays of a class of their own", "new (class List extends Array {})(1, 2, 3)"],
    ["arrays that have been shortened", "(() => { const a = [1, 2, 3]; a.length = 1; return a; })()"],
    ["one object in two places", "(() => { const o = { a: 1 }; return [o, o, { o }]; })()"],
    ["slices of long strings", "['abc'.repeat(1000).slice(5), 'ä\\u4e2d'.repeat(1000).slice(1)]"],
    ["ropes", "['a'.repeat(9000) + 'é'.repeat(9000)]"],
    [
      "names that look like numbers and are no indexes",
      "({ '-1': 2, '1.5': 3, '1e3': 4, '': 5, '12345678901': 6 })",
    ],
  ])("%s", (_title, code) => {
    expect(both(code)).toMatchObject({ same: true, byHost: true });
  });
});

describe("the engine writes", () => {
  test.each([
    ["getters", "({ get a() { return trace.push('got'); } })"],
    ["hidden getters", "Object.defineProperty({}, 'a', { get() { return 1; } })"],
    ["toJSON of its own", "({ toJSON: () => 'told' })"],
    ["toJSON that is no function", "({ toJSON: 1 })"],
    ["hidden toJSON", "Object.defineProperty({}, 'toJSON', { value: () => 'told' })"],
    ["toJSON by a getter", "({ get toJSON() { trace.push('got'); } })"],
    ["toJSON of an array", "Object.assign([1], { toJSON: () => 'told' })"],
    ["toJSON of a class", "new (class { toJSON() { return 'told'; } })()"],
    ["toJSON far above", "Object.create(Object.create(Object.create({ toJSON: () => 'told' })))"],
    [
      "a chain of prototypes without end in sight",
      "(() => { let o = {}; for (let i = 0; i < 100; i++) o = Object.create(o); return o; })()",
    ],
    ["a Proxy", "new Proxy({ a: 1 }, { get: (o, name) => { trace.push(String(name)); return o[name]; } })"],
    [
      "a Proxy for a prototype",
      "Object.create(new Proxy({}, { get: (o, name) => { trace.push(String(name)); } }))",
    ],
    [
      "a revoked Proxy",
      "(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy; })()",
    ],
    ["dates", "[new Date(0)]"],
    ["boxed primitives", "[Object('s'), Object(1), Object(false)]"],
    ["BigInt, by throwing", "[1n]"],
    ["large BigInt, by throwing", "[2n ** 200n]"],
    ["raw JSON", "[JSON.rawJSON('1.0')]"],
    ["functions, by leaving them out", "({ a() {}, b: class {} })"],
    [
      "Map, Set, RegExp and Error, as empty objects",
      "[new Map([[1, 2]]), new Set([1]), /a/, new Error('e')]",
    ],
    ["typed arrays, as objects", "[new Uint8Array(2)]"],
    ["arguments", "(function () { return arguments; })(1, 2)"],
    ["holes", "[1, , 2]"],
    [
      "holes that show what is above them",
      "Object.setPrototypeOf([1, , 2], Object.assign([], { 1: 'above' }))",
    ],
    ["holes at the end", "(() => { const a = [1]; a.length = 3; return a; })()"],
    ["elements that are getters", "Object.defineProperty([1, 2], 0, { get: () => 'got' })"],
    ["indexes among names, in their order", "({ b: 1, 2: 1, a: 1, 1: 1, 4294967294: 1, 4294967295: 1 })"],
    ["a circle, by throwing", "(() => { const o = { a: [] }; o.a.push({ o }); return o; })()"],
    [
      "wide ropes, whose halves can divide a pair",
      "['\\u4e2d'.repeat(9000) + '\\ud83d' + ('\\ude00' + 'b'.repeat(9000))]",
    ],
    [
      "objects with ten thousand names",
      "Object.fromEntries(Array.from({ length: 10000 }, (_, i) => ['k' + i, i]))",
    ],
    ["two thousand shapes", "Array.from({ length: 2000 }, (_, i) => ({ ['k' + i]: 1 }))"],
  ])("%s", (_title, code) => {
    expect(both(code)).toMatchObject({ same: true, byHost: false });
  });

  test.each(["Object.prototype", "Array.prototype"])(
    "everything once %s has toJSON, until it has not",
    (prototype) => {
      const own = fresh();
      expect(both("[{ a: [1] }]", own)).toMatchObject({ same: true, byHost: true });
      for (const toJSON of [
        "{ value: () => 'told' }",
        "{ get: () => () => 'got' }",
        "{ value: 1 }",
        "{ value: undefined }",
      ]) {
        evaluate(own, `Object.defineProperty(${prototype}, "toJSON", { ...${toJSON}, configurable: true })`);
        expect(both("[{ a: [1] }]", own)).toMatchObject({ same: true, byHost: false });
        evaluate(own, `delete ${prototype}.toJSON`);
        expect(both("[{ a: [1] }]", own)).toMatchObject({ same: true, byHost: true });
      }
    },
  );

  test("what has a replacer or a space; null is none", () => {
    const own = fresh();
    for (const options of [
      "(k, v) => v",
      "['a']",
      "undefined, 2",
      "undefined, ' '",
      "0",
      "undefined, Object('')",
      "false",
    ])
      evaluate(own, `JSON.stringify({ a: 1 }, ${options})`);
    expect(own.plainTexts).toBe(0);
    for (const options of ["null", "null, null", "undefined, null"])
      evaluate(own, `JSON.stringify({ a: 1 }, ${options})`);
    expect(own.plainTexts).toBe(3);
    for (const primitive of ["'s'", "1", "null", "undefined", "1.5", "Symbol()"])
      evaluate(own, `JSON.stringify(${primitive})`);
    expect(own.plainTexts).toBe(3);
  });

  test("JSON.stringify itself: a native function with its name, length and realm", () => {
    const facts = "[JSON.stringify.name, JSON.stringify.length, String(JSON.stringify).includes('native')]";
    expect(evaluate(vm, `JSON.stringify(${facts}, undefined, "")`)).toBe('["stringify",3,true]');
    expect(evaluate(vm, "JSON.stringify.call(null, { a: 1 })")).toBe('{"a":1}');
    expect(evaluate(vm, "Reflect.apply(JSON.stringify, undefined, [[1]])")).toBe("[1]");
    expect(evaluate(vm, "[{ a: 1 }].map(JSON.stringify)[0]")).toBe('{"a":1}');
  });
});

describe("a limit is met", () => {
  test("in bytes: to the last byte, and not beyond", () => {
    const overhead = '[""]'.length;
    for (const [count, byHost] of [
      [TEXT_MAX_BYTES - overhead, true],
      [TEXT_MAX_BYTES - overhead + 1, false],
      [TEXT_MAX_BYTES + 1, false],
      [8 * TEXT_MAX_BYTES, false],
    ] as const)
      expect(both(`["x".repeat(${count})]`)).toMatchObject({ same: true, byHost });
  });

  test("in bytes: by small pieces, names and characters that become longer", () => {
    for (const code of [
      `Array.from({ length: 60000 }, () => "xx")`,
      `Array.from({ length: 30000 }, (_, i) => ({ someName: i }))`,
      `["\\u0000".repeat(60000)]`,
      `["\\u4e2d".repeat(100000)]`,
      `["\\u4e2d\\u0000".repeat(60000)]`,
      `({ ["n".repeat(${TEXT_MAX_BYTES})]: 1 })`,
    ])
      expect(both(code)).toMatchObject({ same: true, byHost: false });
  });

  test("in depth", () => {
    const nested = (depth: number) =>
      `(() => { let o = 1; for (let i = 0; i < ${depth}; i++) o = i % 2 ? [o] : { o }; return o; })()`;
    expect(both(nested(DEPTH_MAX))).toMatchObject({ same: true, byHost: true });
    expect(both(nested(DEPTH_MAX + 1))).toMatchObject({ same: true, byHost: false });
    expect(both(nested(1000))).toMatchObject({ same: true, byHost: false });
  });

  test("in steps: what leaves nothing in the text", () => {
    const hollow = "Object.fromEntries(Array.from({ length: 4000 }, (_, i) => ['k' + i, undefined]))";
    expect(both(`Array(10).fill(${hollow})`)).toMatchObject({ same: true, byHost: true });
    expect(both(`Array(20).fill(${hollow})`)).toMatchObject({ same: true, byHost: false });
  });

  test("in bytes: nothing is ever put behind the buffer's end", () => {
    const own = fresh();
    const json = new PlainJson();
    for (const code of [
      "Array(100000).fill(123456)",
      "[String.fromCharCode(0).repeat(60000)]",
      "['\\u4e2d'.repeat(100000)]",
      "['\\u4e2d\\u0001'.repeat(60000)]",
      "Array(60000).fill({ a: 1.5 })",
      "Array(60000).fill([[]])",
    ]) {
      evaluate(own, `globalThis.much = ${code}; 0`);
      expect(json.write(own, own.exports.qjs_get_context_ptr(), objectOf(own, "much"))).toBe(false);
      expect(json.text.length).toBeLessThanOrEqual(json.text.bytes.length);
    }
  });

  test("in circles: the text has come no further than to where it closes", () => {
    const own = fresh();
    const json = new PlainJson();
    evaluate(own, "globalThis.circle = { a: 1, list: [[{ b: 2 }]] }; circle.list[0][0].back = circle; 0");
    expect(json.write(own, own.exports.qjs_get_context_ptr(), objectOf(own, "circle"))).toBe(false);
    const text = Buffer.from(json.text.bytes.buffer).toString("latin1", 0, json.text.length);
    expect(text).toBe('{"a":1,"list":[[{"b":2,"back":');
  });

  test("of V8's stack: then the engine goes on by itself", () => {
    const write = vi.spyOn(PlainJson.prototype, "write").mockImplementationOnce(() => {
      throw new RangeError("Maximum call stack size exceeded");
    });
    expect(evaluate(vm, "JSON.stringify({ a: 1 })")).toBe('{"a":1}');
    expect(write).toHaveBeenCalledTimes(1);
    write.mockRestore();
  });

  test("in bytes: what would be written twice to the power of forty", () => {
    const own = fresh();
    evaluate(own, "globalThis.tree = {}; for (let i = 0; i < 40; i++) tree = [tree, tree]; 0");
    expect(new PlainJson().write(own, own.exports.qjs_get_context_ptr(), objectOf(own, "tree"))).toBe(false);
    evaluate(
      own,
      "globalThis.wide = { a: undefined, b: undefined }; for (let i = 0; i < 40; i++) wide = [wide, wide, undefined]; 0",
    );
    expect(new PlainJson().write(own, own.exports.qjs_get_context_ptr(), objectOf(own, "wide"))).toBe(false);
  });

  test("with hundreds of shapes", () => {
    const shapes = `Array.from({ length: ${SHAPES_MAX - 1} }, (_, i) => ({ ["k" + i]: i }))`;
    expect(both(shapes)).toMatchObject({ same: true, byHost: true });
  });
});

/** Where the object of a global variable is. */
function objectOf(on: Vm, name: string): number {
  const text = on.newText(name);
  const value = on.exports.qjs_get_prop_string(on.exports.qjs_get_global(), text.pointer);
  return on.words[value >>> 2]!;
}

describe("memory that makes no sense", () => {
  /** A copy of an arena that holds an object of every plain kind, which can be spoiled at will. */
  function copied() {
    const own = fresh();
    evaluate(
      own,
      `globalThis.data = { list: Array.from({ length: 30 }, (_, id) => ({ id, name: "n" + id, half: id / 2, on: true, none: null })),
         rope: "a".repeat(9000) + "b".repeat(9000), slice: "c".repeat(3000).slice(1), wide: "\\u4e2d".repeat(20), deep: [[[{ a: [1] }]]] };
       JSON.stringify(data)`,
    );
    const bytes = Buffer.from(own.bytes);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    return { bytes, words, context: own.exports.qjs_get_context_ptr(), object: objectOf(own, "data") };
  }

  test.each([1, 2, 3, 4, 5, 6])(
    "is written or left alone, without an exception and without end (seed %i)",
    (seed) => {
      const random = new Random(seed);
      const { bytes, words, context, object } = copied();
      const untouched = Buffer.from(bytes);
      const json = new PlainJson();
      expect(json.write({ words, bytes }, context, object)).toBe(true);
      const first = 1024 * 1024;
      const last = first + untouched.subarray(first).findLastIndex((byte) => byte !== 0);
      const outcomes = { written: 0, left: 0 };
      for (let round = 0; round < 400; round++) {
        bytes.set(untouched.subarray(first, last), first);
        const damages = [1, 10, 100, 3000][round % 4]!;
        for (let i = 0; i < damages; i++) {
          const at = (first + random.below(last - first)) >>> 2;
          // A bit, a number, or a pointer to somewhere in the heap.
          const spoiled = [
            words[at]! ^ (1 << random.below(32)),
            random.next() | 0,
            (first + random.below(last - first)) & ~7,
          ];
          words[at] = random.pick(spoiled);
        }
        const written = json.write({ words, bytes }, context, object);
        outcomes[written ? "written" : "left"]++;
        if (written) expect(json.text.length).toBeLessThanOrEqual(TEXT_MAX_BYTES);
      }
      expect(outcomes.written).toBeGreaterThan(20);
      expect(outcomes.left).toBeGreaterThan(20);
    },
  );

  test.each([0, -1, 4, 8, 0x7fff_fff8, -8, 1 << 20])("an object at %i is left alone or written", (object) => {
    const { bytes, words, context } = copied();
    const json = new PlainJson();
    for (const at of [context, 0, -4, object])
      expect(typeof json.write({ words, bytes }, at, object)).toBe("boolean");
  });

  /** A plain object with one value, which is said to be what stands at an address. */
  function withValue(tag: number, address: number) {
    const own = fresh();
    evaluate(own, "globalThis.one = { value: 'text', empty: '' }; 0");
    const object = objectOf(own, "one");
    const values = own.words[(object + 16) >>> 2]! >>> 2;
    const empty = own.words[values + 2]!;
    own.words[values] = address;
    own.words[values + 1] = tag;
    return {
      own,
      empty,
      written: () => new PlainJson().write(own, own.exports.qjs_get_context_ptr(), object),
    };
  }
  const [STRING_TAG, ROPE_TAG] = [-7, -6];

  test("a string that goes on behind the memory's end is left alone", () => {
    const end = 32 * MIB;
    const { own, written } = withValue(STRING_TAG, end - 32);
    for (const [length, whole] of [
      [8, true],
      [9, false],
      [1000, false],
    ] as const) {
      own.words[(end - 32) >>> 2] = length;
      expect(written()).toBe(whole);
    }
  });

  test("a rope that leads to itself is left alone", () => {
    const rope = 31 * MIB;
    const { own, empty, written } = withValue(ROPE_TAG, rope);
    const side = (offset: number, tag: number, pointer: number) => {
      own.words[(rope + offset) >>> 2] = pointer;
      own.words[(rope + offset + 4) >>> 2] = tag;
    };
    side(8, STRING_TAG, empty);
    side(16, STRING_TAG, empty);
    expect(written()).toBe(true);
    side(16, ROPE_TAG, rope);
    expect(written()).toBe(false);
    side(8, ROPE_TAG, rope);
    expect(written()).toBe(false);
  });

  test("all of it the same word", () => {
    const { bytes, words } = copied();
    const json = new PlainJson();
    for (const word of [0, -1, 4096, 0x0002_0018, 0x0001_0000, 0x7fff_ffff]) {
      words.fill(word);
      for (const object of [4096, 1 << 20]) expect(json.write({ words, bytes }, 4096, object)).toBe(false);
    }
  });

  test.each([7, 8])("all of it noise (seed %i)", (seed) => {
    const random = new Random(seed);
    const bytes = Buffer.alloc(MIB);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, MIB / 4);
    // Heads of objects and arrays, tags and pointers: noise that is believed in.
    const likely = [0x0001_0000, 0x0002_0018, -1, -7, -6, 0, 3];
    for (let i = 0; i < words.length; i++)
      words[i] = random.below(3) === 0 ? random.pick(likely) : random.below(MIB / 8) * 8;
    const json = new PlainJson();
    for (let i = 0; i < 2000; i++)
      expect(typeof json.write({ words, bytes }, random.below(MIB), random.below(MIB / 8) * 8)).toBe(
        "boolean",
      );
  });
});

test("the plan counts what a thread keeps for it", () => {
  expect(JSON_SCRATCH_BYTES).toBeLessThanOrEqual(THREAD.jsonBytes);
  expect(JSON_SCRATCH_BYTES).toBeGreaterThan(THREAD.jsonBytes - 32 * KIB);
});

test("of a longer text before it nothing comes into the arena", () => {
  const text = new TextBuffer();
  const copied = Buffer.alloc(64, ".");
  for (let length = 0; length < 12; length++) {
    text.length = 0;
    for (let i = 0; i < 40; i++) text.put("s".charCodeAt(0));
    text.length = 0;
    for (let i = 0; i < length; i++) text.put("x".charCodeAt(0));
    text.copyTo(copied.fill("."), 4);
    expect(copied.toString("latin1")).toBe("....".concat("x".repeat(length)).padEnd(64, "."));
  }
});

test("the table of shapes knows what it was told for this text, and no more than it holds", () => {
  const table = new ShapeTable();
  const random = new Random(3);
  for (let round = 0; round < 5; round++) {
    table.forget();
    const told = new Map<number, number>();
    for (let i = 0; i < 3000; i++) {
      const key = random.below(2) === 0 ? random.below(4000) * 8 : random.next() | 0;
      expect(table.get(key)).toBe(told.get(key) ?? UNKNOWN);
      if (told.has(key)) continue;
      const taken = table.set(key, i);
      expect(taken).toBe(told.size < SHAPES_MAX);
      if (taken) told.set(key, i);
    }
  }
});

describe("in an arena thread", () => {
  let lab: ArenaLab;
  beforeAll(async () => {
    lab = await ArenaLab.open();
  });
  afterAll(() => lab.close());

  async function run(code: string): Promise<Recorder> {
    const image = await lab.load(code);
    try {
      return await lab.request(image, { cpuMs: 1000 });
    } finally {
      lab.arenas.images.release(image);
    }
  }

  test("it works however deep the stack is, up to the engine's own limit", async () => {
    const { body } = await run(`const data = { a: [{ b: [{ c: 1 }] }] };
      export default { fetch() {
        const expected = JSON.stringify(data);
        let [deepest, wrong, thrown] = [0, 0, ""];
        const down = (depth) => {
          deepest = depth;
          if (JSON.stringify(data) !== expected) wrong++;
          down(depth + 1);
        };
        try { down(1); } catch (error) { thrown = error.name; }
        return new Response(thrown + " " + wrong + " " + (deepest > 1000)); } }`);
    expect(body).toBe("RangeError 0 true");
  });

  test.each([
    ["small texts", "{ id: 1, list: [1, 2, 3], text: 'x'.repeat(500) }"],
    ["large ones", "Array.from({ length: 2000 }, (_, id) => ({ id, text: 'some text' }))"],
    ["larger ones than the host writes", "Array.from({ length: 20000 }, (_, id) => ({ id }))"],
  ])("an overflow by %s is located at the call", async (_title, value) => {
    const { end } = await run(`const data = ${value};
const kept = [];
function keep() {
  for (;;)
    kept.push(JSON.stringify(data));
}
export default { fetch() {
  keep(); } }`);
    expect(end).toMatchObject({ kind: "aborted", cause: "memory" });
    const frames = end.kind === "aborted" ? end.frames : [];
    expect(frames.map(({ line }) => line)).toEqual([5, 8]);
  });

  test("nothing of an overflow, nor of a text before it, is found by the next request", async () => {
    const image = await lab.load(`export default { fetch(request) {
      const path = new URL(request.url).pathname;
      if (path === "/fill") { const kept = []; for (;;) kept.push(JSON.stringify({ secret: ["s3cr3t".repeat(100)] })); }
      if (path === "/write") return Response.json({ secret: ["s3cr3t".repeat(100)] });
      return Response.json({ a: 1 }); } }`);
    for (const path of ["/write", "/fill", "/"]) {
      const { slot } = await lab.request(image, { path, cpuMs: 1000 });
      expect(lab.differences(slot, image)).toEqual([]);
    }
    lab.arenas.images.release(image);
  });

  test("Response.json and a handler's own call give the same bytes", async () => {
    const data = '{ text: "größe \\u4e2d\\ud83d\\ude00 \\ud800", list: [1.5, null, { a: true }] }';
    const one = await run(`export default { fetch() { return Response.json(${data}); } }`);
    const two = await run(
      `export default { fetch() { return new Response(JSON.stringify(${data}, undefined, "")); } }`,
    );
    expect(one.body).toBe(two.body);
    expect(JSON.parse(one.body)).toEqual({ text: "größe 中😀 \ud800", list: [1.5, null, { a: true }] });
  });
});
