// The rewrite of the engine's binary, on the binary that is installed.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ArenaAbort, outOfMemory } from "../../gateway/arena/abort.ts";
import { type Engine, loadEngine } from "../../gateway/arena/engine.ts";
import { PAGE_BYTES, STACK_TOP, arenaLayout } from "../../gateway/arena/layout.ts";
import { ArenaModuleError, ENGINE, rewriteArenaModule } from "../../gateway/arena/module/arena-module.ts";
import { rewriteExtension } from "../../gateway/arena/module/extension-module.ts";
import { readExports, readImports, section } from "../../gateway/arena/module/module-edit.ts";
import {
  OPCODE,
  SECTION,
  WasmReader,
  instructions,
  splitSections,
} from "../../gateway/arena/module/wasm-binary.ts";
import { Vm } from "../../gateway/arena/vm.ts";

const packageFile = (file: string) =>
  readFileSync(new URL(import.meta.resolve(`quickjs-wasi/${file}`))) as Uint8Array<ArrayBuffer>;
const original = packageFile("quickjs.wasm");
const rewrite = (binary: Uint8Array) => rewriteArenaModule(binary, ["malloc", "free"], []);

/** How often each of these instructions stands in a module's code. */
function count(binary: Uint8Array, matches: (opcode: number, index: number) => boolean): number {
  const code = section(splitSections(binary), SECTION.code);
  const reader = new WasmReader(code);
  let found = 0;
  for (let bodies = reader.u32(); bodies > 0; bodies--) {
    const bytes = reader.u32();
    const body = new WasmReader(code, reader.offset, reader.offset + bytes);
    for (let locals = body.u32(); locals > 0; locals--) {
      body.skipLeb();
      body.skip(1);
    }
    for (const { opcode, index } of instructions(body)) if (matches(opcode, index)) found++;
    reader.skip(bytes);
  }
  return found;
}

const imported = (binary: Uint8Array) => readImports(section(splitSections(binary), SECTION.import));
const functionCount = (binary: Uint8Array) =>
  imported(binary).filter(({ kind }) => kind === 0).length +
  new WasmReader(section(splitSections(binary), SECTION.function)).u32();

describe("the rewritten engine", () => {
  const { binary } = rewrite(original);

  test("is a valid module", () => {
    expect(WebAssembly.validate(binary)).toBe(true);
  });

  test("has none of the instructions that ask for or read the memory's size", () => {
    const sized = (opcode: number) => opcode === OPCODE.memorySize || opcode === OPCODE.memoryGrow;
    expect(count(original, sized)).toBe(ENGINE.memorySizeSites + ENGINE.memoryGrowSites);
    expect(count(binary, sized)).toBe(0);
  });

  test("calls the appended functions at exactly these sites", () => {
    const size = functionCount(original);
    expect(count(binary, (opcode, index) => opcode === OPCODE.call && index === size)).toBe(
      ENGINE.memorySizeSites,
    );
    expect(count(binary, (opcode, index) => opcode === OPCODE.call && index === size + 1)).toBe(
      ENGINE.memoryGrowSites,
    );
    expect(count(binary, (opcode, index) => opcode === OPCODE.call && index === size + 2)).toBe(
      ENGINE.memoryCopySites,
    );
  });

  test("asks the host for JSON at one place, and for a file's kind at none", () => {
    const functions = (module: Uint8Array) => imported(module).filter(({ kind }) => kind === 0);
    const index = functions(original).findIndex(({ name }) => name === "fd_fdstat_get");
    expect(functions(binary)[index]).toMatchObject({ module: "nea", name: "stringify" });
    const calls = (opcode: number, at: number) => opcode === OPCODE.call && at === index;
    expect(count(original, calls)).toBe(ENGINE.fdstatSites);
    expect(count(binary, calls)).toBe(1);
    // Five functions of ours, and JSON.stringify as it was.
    expect(functionCount(binary)).toBe(functionCount(original) + 6);
    const moved = functionCount(original) + 5;
    expect(count(binary, (opcode, at) => opcode === OPCODE.call && at === moved)).toBe(1);
  });

  test("notes the stack's lowest value after every change of the stack pointer", () => {
    const sets = (index: number) => (opcode: number, at: number) =>
      opcode === OPCODE.globalSet && at === index;
    // One more of each: nea_attach sets both.
    expect(count(binary, sets(0))).toBe(count(original, sets(0)) + 1);
    // Global 3 is the low mark: one conditional store behind each change.
    expect(count(binary, sets(3))).toBe(count(original, sets(0)) + 1);
  });

  test("looks at the bell in as many places as are known, each of which asks the interrupt", () => {
    const index = imported(original).findIndex(({ name }) => name === "host_interrupt");
    const asks = (opcode: number, at: number) => opcode === OPCODE.call && at === index;
    expect(count(binary, asks)).toBe(count(original, asks) + ENGINE.bellSites);
  });

  test("imports a shared memory and defines none", () => {
    const sections = splitSections(binary);
    expect(sections.known.has(SECTION.memory)).toBe(false);
    const memory = imported(binary).find(({ kind }) => kind === 2)!;
    expect(memory.name).toBe("memory");
    expect(memory.description[0]! & 0b10).toBe(0b10);
  });

  test("writes nothing when it is instantiated: no data, no start function", () => {
    const { known } = splitSections(binary);
    expect([SECTION.data, SECTION.dataCount, SECTION.start].filter((id) => known.has(id))).toEqual([]);
  });

  test("exports what was asked for and no memory", () => {
    const names = readExports(section(splitSections(binary), SECTION.export)).map(({ name }) => name);
    expect(names.sort()).toEqual([
      "free",
      "malloc",
      "nea_attach",
      "nea_limit",
      "nea_save",
      "nea_stack_low",
      "nea_top",
    ]);
  });
});

describe("a module that is not the one we know is refused", () => {
  test.each([8, 1000, original.length >> 1, original.length - 1])("with byte %i changed", (at) => {
    const changed = Uint8Array.from(original);
    changed[at]! ^= 1;
    expect(() => rewrite(changed)).toThrow(ArenaModuleError);
    expect(() => rewrite(changed)).toThrow(`is not that of quickjs-wasi ${ENGINE.version}`);
  });

  test("with a byte too many, and one too few", () => {
    expect(() => rewrite(Uint8Array.from([...original, 0]))).toThrow(ArenaModuleError);
    expect(() => rewrite(original.subarray(0, -1))).toThrow(ArenaModuleError);
  });

  test("when an export that the host needs is missing", () => {
    expect(() => rewriteArenaModule(original, ["malloc", "qjs_no_such_thing"], [])).toThrow(
      "qjs_no_such_thing",
    );
  });

  test("and so is an extension", () => {
    expect(() => rewriteExtension("url", packageFile("encoding.so"), "0".repeat(64))).toThrow(
      ArenaModuleError,
    );
  });
});

const ARENA_PAGES = 64;

/** An engine in an arena of its own, on this thread. */
function boot(engine: Engine, bytes: number = ARENA_PAGES * PAGE_BYTES) {
  const pages = bytes / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const images = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const host = {
    call: () => 0,
    interrupt: () => {},
    overflow: (_vm: Vm, pages: number) => outOfMemory(pages),
    rejected: () => {},
  };
  const layout = arenaLayout(bytes);
  const vm = new Vm(engine, memory, images, layout, host);
  return { vm, memory, images, layout, host };
}

describe("the virtual top", () => {
  let engine: Engine;
  beforeAll(() => {
    engine = loadEngine();
  });

  function booted() {
    const made = boot(engine);
    made.vm.boot(engine);
    return made;
  }

  test("starts where the engine's own memory ended and never passes the limit", () => {
    const { vm, layout } = booted();
    const { exports } = vm;
    expect(exports.nea_limit.value).toBe(layout.limitPages);
    let before = exports.nea_top.value;
    expect(before).toBeGreaterThanOrEqual(ENGINE.memoryPages);
    expect(() => {
      for (;;) {
        exports.malloc(PAGE_BYTES);
        const top = exports.nea_top.value;
        // The allocator may take a header's page more, never two.
        expect(top - before).toBeLessThanOrEqual(2);
        expect(top).toBeLessThanOrEqual(layout.limitPages);
        before = top;
      }
    }).toThrow(ArenaAbort);
    expect(exports.nea_top.value).toBeLessThanOrEqual(layout.limitPages);
  });

  test("reaches the last page below the limit, and not one past it", () => {
    const { vm, layout } = booted();
    const { exports } = vm;
    // Small pieces: the allocator grows by single pages.
    expect(() => {
      for (;;) exports.malloc(4000);
    }).toThrow(ArenaAbort);
    expect(exports.nea_top.value).toBe(layout.limitPages);
    expect(vm.bytes.subarray(layout.mailboxStart).every((byte) => byte === 0)).toBe(true);
  });

  test("says how much was asked for when it does not fit, and stays", () => {
    const { vm } = booted();
    const before = vm.exports.nea_top.value;
    const asked = 100 * 1024 * 1024;
    let abort: unknown;
    try {
      vm.exports.malloc(asked);
    } catch (error) {
      abort = error;
    }
    expect(abort).toBeInstanceOf(ArenaAbort);
    expect((abort as ArenaAbort).reason).toBe("memory");
    expect((abort as ArenaAbort).askedBytes).toBeGreaterThanOrEqual(asked);
    expect((abort as ArenaAbort).askedBytes).toBeLessThan(asked + 2 * PAGE_BYTES);
    expect(vm.exports.nea_top.value).toBe(before);
  });

  test("an allocation of 4 GB is refused by the allocator or the host, never wrapped around", () => {
    const { vm } = booted();
    const before = vm.exports.nea_top.value;
    for (const bytes of [0x7fff_ffff, 0x8000_0000, 0xffff_0000, 0xffff_ffff]) {
      let pointer = 0;
      try {
        pointer = vm.exports.malloc(bytes | 0);
      } catch (error) {
        expect(error).toBeInstanceOf(ArenaAbort);
      }
      expect(pointer).toBe(0);
      expect(vm.exports.nea_top.value).toBe(before);
    }
  });

  test("the throw unwinds the engine, and the arena can be used on after its registers are set back", () => {
    const { vm } = booted();
    const registers = vm.registers();
    expect(registers.stackPointer).toBe(STACK_TOP);
    const source = vm.newText("const kept = []; for (;;) kept.push(new Uint8Array(100000))");
    const file = vm.newText("x.js");
    const runaway = () => vm.exports.qjs_eval(source.pointer, source.bytes, file.pointer, 0);
    expect(runaway).toThrow(ArenaAbort);
    expect(vm.exports.__stack_pointer.value).toBeLessThan(STACK_TOP);
    vm.attach({ ...vm.registers(), stackPointer: STACK_TOP });
    expect(vm.exports.malloc(16)).not.toBe(0);
  });

  test("a handler's catch never sees it", () => {
    const { vm } = booted();
    const code = "try { for (;;) new Uint8Array(1e9) } catch {} globalThis.caught = 1";
    const [source, file] = [vm.newText(code), vm.newText("x.js")];
    expect(() => vm.exports.qjs_eval(source.pointer, source.bytes, file.pointer, 0)).toThrow(ArenaAbort);
  });
});

describe("extensions", () => {
  let engine: Engine;
  let vm: Vm;
  let made: ReturnType<typeof boot>;

  beforeAll(() => {
    engine = loadEngine();
    made = boot(engine);
    vm = made.vm;
    vm.boot(engine);
    engine.extensions.forEach(({ name }, index) => vm.initExtension(index, name));
  });
  afterAll(() => {
    vm = undefined as unknown as Vm;
  });

  function evaluate(code: string, on = vm): string {
    const [source, file] = [on.newText(code), on.newText("x.js")];
    return on.text(on.exports.qjs_eval(source.pointer, source.bytes, file.pointer, 0));
  }

  test.each([["encoding", "new TextDecoder().decode(new TextEncoder().encode('größe'))", "größe"]])(
    "%s links and works",
    (_name, code, expected) => {
      expect(evaluate(code)).toBe(expected);
    },
  );

  test("a new instance over a live arena changes no byte of it, and goes on where the other was", () => {
    expect(evaluate("globalThis.utf8 = new TextEncoder().encode('ö'); String(utf8.length)")).toBe("2");
    const before = Buffer.from(vm.bytes);
    const heir = new Vm(engine, made.memory, made.images, made.layout, made.host);
    expect(Buffer.compare(before, vm.bytes)).toBe(0);
    heir.attach(vm.registers());
    expect(evaluate("new TextDecoder().decode(utf8)", heir)).toBe("ö");
  });

  test("what an extension uses of the stack is noted", () => {
    vm.attach({ ...vm.registers(), stackLow: STACK_TOP });
    vm.bytes.fill(0, 0, STACK_TOP);
    evaluate("new TextEncoder().encode('größe')");
    const firstUsed = vm.bytes.subarray(0, STACK_TOP).findIndex((byte) => byte !== 0);
    // A leaf function may use 128 bytes below the stack pointer (LLVM's red zone).
    expect(firstUsed).toBeGreaterThanOrEqual(vm.exports.nea_stack_low.value - 128);
  });

  test("their static data does not reach into the engine's", () => {
    const ends = engine.extensions.map(({ memoryBase, memoryBytes }) => memoryBase + memoryBytes);
    expect(Math.max(...ends)).toBeLessThanOrEqual(ENGINE.dataStart);
    expect(Math.min(...engine.extensions.map(({ memoryBase }) => memoryBase))).toBeGreaterThanOrEqual(
      STACK_TOP,
    );
  });
});
