// Which loops of an engine look at the bell: on small modules written by hand, which are run as well.
import { describe, expect, test } from "vitest";
import { hangBell, lookAt } from "../../gateway/arena/module/bell-sites.ts";
import { WasmWriter } from "../../gateway/arena/module/wasm-binary.ts";

const BELL_AT = 64;
const [BLOCK, LOOP, IF, ELSE, END, BR, BR_IF, BR_TABLE] = [0x02, 0x03, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0e];
const [CALL, CALL_INDIRECT, DROP, GET, TEE, CONST, SUB, EMPTY] = [
  0x10, 0x11, 0x1a, 0x20, 0x22, 0x41, 0x6b, 0x40,
];

/** if (--n) goto loop: n is the function's parameter. */
const again = (depth = 0) => [GET, 0, CONST, 1, SUB, TEE, 0, BR_IF, depth];
const noFunction = { interpreter: -1, builtins: -1 };

function code(...bodies: number[][]): Uint8Array {
  const writer = new WasmWriter().u32(bodies.length);
  for (const body of bodies) writer.sized(Uint8Array.of(0, ...body, END));
  return writer.done();
}

const sites = (...body: number[]) => hangBell(code(body), lookAt(BELL_AT, 0), noFunction).sites;

describe("looks are put into", () => {
  test("no loop that calls, copies and loops through nothing", () => {
    expect(sites(LOOP, EMPTY, ...again(), END)).toBe(0);
    expect(sites(LOOP, EMPTY, BLOCK, EMPTY, GET, 0, BR_TABLE, 1, 0, 1, END, ...again(), END)).toBe(0);
  });

  test("a loop that calls a function, directly or through the table, however deep in blocks", () => {
    expect(sites(LOOP, EMPTY, CALL, 0, DROP, ...again(), END)).toBe(1);
    expect(sites(LOOP, EMPTY, GET, 0, CALL_INDIRECT, 0, 0, DROP, ...again(), END)).toBe(1);
    expect(
      sites(LOOP, EMPTY, GET, 0, IF, EMPTY, ELSE, BLOCK, EMPTY, CALL, 0, DROP, END, END, ...again(), END),
    ).toBe(1);
  });

  test("a loop that copies or fills memory", () => {
    const [copy, fill] = [
      [0xfc, 10, 0, 0],
      [0xfc, 11, 0],
    ];
    for (const bulk of [copy, fill]) {
      expect(sites(LOOP, EMPTY, CONST, 0, CONST, 0, CONST, 0, ...bulk, ...again(), END)).toBe(1);
    }
  });

  test("a loop around a loop, and not into the inner one", () => {
    const inner = [LOOP, EMPTY, ...again(), END];
    expect(sites(LOOP, EMPTY, ...inner, ...again(), END)).toBe(1);
    expect(sites(LOOP, EMPTY, LOOP, EMPTY, ...inner, ...again(), END, ...again(), END)).toBe(2);
  });

  test("no loop behind or before a call that is not in it", () => {
    expect(sites(CALL, 0, DROP, LOOP, EMPTY, ...again(), END, CALL, 0, DROP)).toBe(0);
  });

  test("no loop of the interpreter, and the beginning of the function that calls built-ins", () => {
    const calling = [LOOP, EMPTY, CALL, 0, DROP, ...again(), END];
    const both = code(calling, []);
    expect(hangBell(both, lookAt(BELL_AT, 0), { interpreter: 0, builtins: 1 }).sites).toBe(1);
    expect(hangBell(both, lookAt(BELL_AT, 0), { interpreter: 1, builtins: 0 }).sites).toBe(2);
  });
});

/** A module of one function, run(n), with a shared memory and an interrupt that it may call. */
function instance(body: number[], interrupt: () => number) {
  const hung = hangBell(code(body), lookAt(BELL_AT, 0), noFunction).code;
  const writer = new WasmWriter().raw([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, content: WasmWriter) => writer.byte(id).sized(content.done());
  section(1, new WasmWriter().byte(2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 0));
  const imports = new WasmWriter().byte(2).name("x").name("interrupt").byte(0, 0);
  section(2, imports.name("x").name("memory").byte(2, 3, 1, 1));
  section(3, new WasmWriter().byte(1, 1));
  section(7, new WasmWriter().byte(1).name("run").byte(0, 1));
  writer.byte(10).sized(hung);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const module = new WebAssembly.Module(writer.done() as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, { x: { interrupt, memory } });
  return { run: exports["run"] as (n: number) => void, words: new Int32Array(memory.buffer) };
}

describe("a loop that looks", () => {
  test("asks the interrupt in every round in which somebody has rung, and in none else", () => {
    let asked = 0;
    const calls = [
      LOOP,
      EMPTY,
      BLOCK,
      EMPTY,
      BLOCK,
      EMPTY,
      GET,
      0,
      BR_TABLE,
      0,
      0,
      END,
      END,
      CONST,
      0,
      CONST,
      0,
      CONST,
      0,
      0xfc,
      11,
      0,
      ...again(),
      END,
    ];
    const { run, words } = instance(calls, () => {
      if (++asked === 3) words[BELL_AT / 4] = 0;
      return 0;
    });
    run(10);
    expect(asked).toBe(0);
    words[BELL_AT / 4] = 1;
    run(10);
    expect(asked).toBe(3);
  });

  test("is left by what the interrupt throws, also when it would never end", () => {
    const { run, words } = instance([LOOP, EMPTY, LOOP, EMPTY, ...again(1), END, BR, 0, END], () => {
      throw new RangeError("over");
    });
    words[BELL_AT / 4] = 1;
    expect(() => run(5)).toThrow("over");
  });
});
