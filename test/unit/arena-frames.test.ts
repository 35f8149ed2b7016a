// The culprit's line, read from stopped arenas: what is said must be so, whatever the handler does against it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Frame, readFrames } from "../../gateway/arena/frames.ts";
import { ArenaLab, MIB } from "../support/arena-lab.ts";
import { Random } from "../support/random.ts";

let lab: ArenaLab;
beforeAll(async () => {
  lab = await ArenaLab.open();
});
afterAll(() => lab.close());

/** Keeps filling the arena; the overflow happens at the mark (^). A method call's place is its method's name. */
const FILL = `function fill() {
  const kept = [];
  for (;;) kept.push("x".^repeat(10_000) + kept.length);
}
`;

interface Place {
  line: number;
  column: number;
}

/** Takes the marks (^) out of a source and says where they were. */
function marked(source: string): { code: string; marks: Place[] } {
  const marks: Place[] = [];
  let [line, column] = [1, 1];
  let code = "";
  for (const character of source) {
    if (character === "^") {
      marks.push({ line, column });
      continue;
    }
    code += character;
    column++;
    if (character === "\n") [line, column] = [line + 1, 1];
  }
  return { code, marks };
}

async function framesOf(code: string, file = "lab.ts"): Promise<Frame[]> {
  const image = await lab.load(code, file);
  try {
    const { end } = await lab.request(image, { cpuMs: 50 });
    if (end.kind !== "aborted") throw new Error("it was not aborted");
    return end.frames;
  } finally {
    lab.arenas.images.release(image);
  }
}

/** Where the frames of this file are, innermost first. */
const places = (frames: Frame[], file = "lab.ts"): Place[] =>
  frames.filter((frame) => frame.file === file).map(({ line, column }) => ({ line, column }));

describe("an overflow is located", () => {
  test.each<[string, string, string[]]>([
    [
      "in nested calls",
      `${FILL}function outer() {\n  return ^fill();\n}\nexport default { fetch() {\n  return ^outer(); } }`,
      ["fill", "outer"],
    ],
    [
      "in an async function, after an await",
      `${FILL}async function inner() {\n  await null;\n  ^fill();\n}\nexport default { async fetch() { await inner(); } }`,
      ["fill", "inner"],
    ],
    [
      "in a generator",
      `${FILL}function* numbers() {\n  yield 1;\n  yield ^fill();\n}\nexport default { fetch() { return ^[...numbers()]; } }`,
      ["fill", "numbers"],
    ],
    [
      "in a class: private, static, getter, constructor",
      `${FILL}class A {\n  static #hidden() { ^fill(); }\n  static open() { A.^#hidden(); }\n  get value() { return A.^open(); }\n` +
        `  constructor() { this.^value; } }\nexport default { fetch() { ^new A(); } }`,
      ["fill"],
    ],
    [
      "under names that are not ASCII",
      `${FILL}function größe() {\n  ^日本語();\n}\nfunction 日本語() { ^fill(); }\nexport default { fetch() { ^größe(); } }`,
      ["fill", "日本語", "größe"],
    ],
    [
      "in a callback of a native function",
      `${FILL}export default { fetch() {\n  [2, 1].^sort(() => ^fill()); } }`,
      ["fill"],
    ],
    ["at the call of eval", `${FILL}export default { fetch() {\n  ^eval("\\n\\n\\n fill()"); } }`, ["fill"]],
    [
      "at the call of a function made of text",
      `${FILL}export default { fetch() {\n  const made = new Function("f", "\\n\\nf()");\n  ^made(fill); } }`,
      ["fill"],
    ],
  ])("%s", async (_title, source, names) => {
    const { code, marks } = marked(source);
    const frames = await framesOf(code);
    const found = places(frames);
    // The marks stand in the order of the source, the frames from the innermost out.
    expect(found.slice(0, 1)).toEqual(marks.slice(0, 1));
    // Of the outer frames only the line is compared: the engine's columns for spreads and members are its own.
    const lines = marks.map(({ line }) => line);
    for (const { line } of found) expect(lines).toContain(line);
    expect(frames.map(({ functionName }) => functionName).slice(0, names.length)).toEqual(names);
    expect(frames[0]!.precision).toBe("call");
  });

  test("in the same function at the line it had got to, with 5,000 lines around", async () => {
    const padding = "  touch(0);\n".repeat(2500);
    const source = `${FILL}function touch() {}\nexport default { fetch() {\n${padding}  ^fill();\n${padding}} }`;
    const { code, marks } = marked(source);
    expect(places(await framesOf(code)).slice(0, 2)).toEqual(marks);
  });

  test("beyond column 30,000 of one line", async () => {
    const { code, marks } = marked(`${FILL}export default { fetch() { ${"0;".repeat(15_000)} ^fill(); } }`);
    expect(places(await framesOf(code)).slice(0, 2)).toEqual(marks);
  });

  test("with the innermost 64 frames of a recursion that ends in an overflow", async () => {
    const { code, marks } = marked(
      `${FILL}function down(left) { return 1 + (left === 0 ? ^fill() : ^down(left - 1)); }\nexport default { fetch() { down(500); } }`,
    );
    const frames = await framesOf(code);
    expect(frames).toHaveLength(64);
    expect(places(frames).slice(0, 2)).toEqual(marks.slice(0, 2));
    expect(new Set(places(frames).map(({ line }) => line))).toEqual(new Set([3, 5]));
  });
});

describe("what is not known is not claimed", () => {
  test("an allocation by opcode alone: the function's place, and said to be that", async () => {
    const { code, marks } = marked("export default {\n  ^fetch() { let l; for (;;) l = { l }; } }");
    const [frame] = await framesOf(code);
    expect(frame).toMatchObject({ precision: "function", line: marks[0]!.line });
  });

  test("a loop behind a call that is over: the last place noted, and said to be that", async () => {
    const { code, marks } = marked(
      "function done() {}\nexport default { fetch() {\n  ^done();\n  for (;;);\n} }",
    );
    const [frame] = await framesOf(code);
    expect(frame).toMatchObject({ precision: "last", ...marks[0]! });
  });

  test("an overflow in a promise job without a function of the handler's has no frame of it", async () => {
    const frames = await framesOf(
      "export default { async fetch() { const all = []; for (;;) { await null; all.push(...new Array(5000).fill(0)); } } }",
    );
    for (const { file, line } of frames) if (file === "lab.ts") expect(line).toBe(1);
  });

  test("the platform's own functions have no name of a file of the handler's", async () => {
    const frames = await framesOf(
      "export default { fetch() {\n  const init = { get status() {\n    for (;;); } };\n  return new Response('', init); } }",
    );
    expect(places(frames)[0]!.line).toBe(2);
    for (const { file, line } of frames) expect(file === "lab.ts" ? line <= 4 : file !== "").toBe(true);
  });
});

describe("a handler cannot steer it", () => {
  const source = (spoil: string) =>
    marked(
      `${FILL}function guilty() {\n  ^fill();\n}\nexport default { fetch() {\n  ${spoil};\n  ^guilty(); } }`,
    );

  test.each([
    ["Error.prepareStackTrace", "Error.prepareStackTrace = () => 'at innocent (lab.ts:1:1)'"],
    [
      "a getter for stack",
      "Object.defineProperty(Error.prototype, 'stack', { get: () => 'at innocent (lab.ts:1:1)' })",
    ],
    ["Error.stackTraceLimit", "Error.stackTraceLimit = 0"],
    ["a renamed function", "Object.defineProperty(guilty, 'name', { value: 'innocent' })"],
    ["a frozen, replaced Error", "globalThis.Error = null"],
    ["a deleted fileName", "Object.defineProperty(guilty, 'fileName', { value: 'other.ts' })"],
    ["a patched Function.prototype", "Function.prototype.toString = () => 'function innocent() {}'"],
  ])("by %s", async (_title, spoil) => {
    const { code, marks } = source(spoil);
    const frames = await framesOf(code);
    expect(places(frames)).toEqual(marks);
    expect(frames.slice(0, 2).map(({ functionName }) => functionName)).toEqual(["fill", "guilty"]);
  });

  test("by code made of text that claims to be the handler's file", async () => {
    const { code, marks } = marked(
      `${FILL}export default { fetch() {\n  ^eval("//# sourceURL=lab.ts\\n//@ sourceURL=lab.ts\\n\\n\\n\\n\\n\\nfill()"); } }`,
    );
    expect(places(await framesOf(code))).toEqual(marks);
  });

  test("by functions named like a file, or with a name without end", async () => {
    const name = "n".repeat(100_000);
    const frames = await framesOf(
      `${FILL.replace("^", "")}function ${name}() { fill(); }\nexport default { fetch() { ${name}(); } }`,
    );
    expect(frames[1]!.functionName).toBe("n".repeat(200));
    expect(frames[1]!.line).toBe(5);
  });
});

describe("memory that makes no sense", () => {
  const BYTES = MIB;

  /** Where the frames' code is said to belong to; found all over the garbage, so that the reader believes in it. */
  const CONTEXT = 4096;

  /** Random words; `pointers` of them, out of 1000, lead to some place in the arena. */
  function garbage(random: Random, pointers: number): { words: Int32Array; bytes: Buffer } {
    const bytes = Buffer.alloc(BYTES);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, BYTES / 4);
    for (let i = 0; i < words.length; i++) {
      if (random.below(4) === 0) words[i] = CONTEXT;
      else words[i] = random.below(1000) < pointers ? random.below(BYTES / 4) * 4 : random.next() | 0;
    }
    return { words, bytes };
  }

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("never throws and never loops (seed %i)", (seed) => {
    const random = new Random(seed);
    const { words, bytes } = garbage(random, [500, 700, 900, 1000][seed % 4]!);
    let believed = 0;
    for (let i = 0; i < 500; i++) {
      const frames = readFrames(words, bytes, { runtime: random.below(BYTES / 4) * 4, context: CONTEXT });
      expect(frames.length).toBeLessThanOrEqual(64);
      believed += frames.length;
    }
    expect(believed).toBeGreaterThan(0);
  });

  test("a frame that leads to itself ends", () => {
    const { words, bytes } = garbage(new Random(9), 0);
    words.fill(4096);
    expect(readFrames(words, bytes, { runtime: 4096, context: 4096 }).length).toBeLessThanOrEqual(64);
  });

  test("pointers out of the arena read as nothing", () => {
    const { words, bytes } = garbage(new Random(10), 0);
    words.fill(-4);
    expect(readFrames(words, bytes, { runtime: 0xffff_fff0, context: -4 >>> 0 })).toEqual([]);
  });

  test("random damage to a real stopped arena", async () => {
    const { code } = marked(`${FILL}export default { fetch() { fill(); } }`);
    const image = await lab.load(code);
    const run = lab.start(image, { awaited: true });
    await run.over;
    const bytes = Buffer.from(run.slot.bytes);
    await run.finish();
    lab.arenas.images.release(image);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const random = new Random(11);
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < 500; i++) words[random.below(words.length)] = random.next() | 0;
      expect(readFrames(words, bytes, image).length).toBeLessThanOrEqual(64);
    }
  });
});
