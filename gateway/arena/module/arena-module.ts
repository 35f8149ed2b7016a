/**
 * The arena module: quickjs-wasi's QuickJS, rewritten at load so that its memory is ours to bound.
 *
 *   memory        defined, 18 pages and growing  ->  imported, shared, as large as the arena, never grows
 *   memory.size   3 sites                        ->  a call: the virtual top, a global
 *   memory.grow   2 sites                        ->  a call: moves the virtual top; past the limit it calls the
 *                                                    host, which throws (the abort) or raises the limit (red zone)
 *   memory.copy   89 sites                       ->  a call: short spans need not leave wasm code (small-copy.ts)
 *   stack pointer every `global.set`             ->  followed by an update of the lowest value seen, so that a
 *                                                    reset wipes the used stack and not all of it
 *   loops, calls of built-in functions           ->  look whether somebody rings, and ask the interrupt (bell-sites.ts)
 *   JS_JSONStringify                             ->  asks the host first, which is faster with plain data (stringify-entry.ts)
 *   data          written at instantiation       ->  taken out: instantiating touches no memory, so a fresh
 *                                                    instance can take over an arena whose thread was killed
 *   exports       450                            ->  those the host and the extensions use
 *
 * Strict: the binary's hash is pinned with the npm version, the sites are counted, and anything else is refused
 * with ArenaModuleError before the gateway listens.
 */
import { createHash } from "node:crypto";
import {
  EXTERNAL_KIND,
  OPCODE,
  SECTION,
  WasmReader,
  type WasmSections,
  WasmWriter,
  joinSections,
  splitSections,
} from "./wasm-binary.ts";
import {
  type DataSegment,
  appendToVector,
  mapInstructions,
  moveBody,
  readDataSegments,
  readExports,
  readImports,
  section,
  setStackPointer,
  vectorLength,
  writeExports,
  writeImports,
} from "./module-edit.ts";
import { hangBell, lookAt } from "./bell-sites.ts";
import { COPY_TYPE, copyBody } from "./small-copy.ts";
import { stringifyBody } from "./stringify-entry.ts";

export class ArenaModuleError extends Error {
  override name = "ArenaModuleError";
}

/** What quickjs-wasi 3.6.2 ships; a new version means reading its code and taking these figures anew. */
export const ENGINE = {
  version: "3.6.2",
  sha256: "d4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9",
  memoryPages: 18,
  memorySizeSites: 3,
  memoryGrowSites: 2,
  memoryCopySites: 89,
  fdstatSites: 1,
  bellSites: 798,
  /** JS_CallInternal (it has the table of the 225 opcodes) and js_call_c_function (the one of 13 kinds of C functions). */
  known: { interpreter: 80, builtins: 544 },
  /** End of the linker's stack and begin of the engine's data: 1 MiB ("stack first" layout). */
  dataStart: 1_048_576,
} as const;

/** The word below the engine's data: not zero when the engine is to ask its interrupt. The extensions' data end before it. */
export const BELL_ADDRESS = ENGINE.dataStart - 4;

/** The import that QuickJS never calls and whose type, (i32) -> i32, is the one an overflow call-out needs. */
const SPARE_IMPORT = "fd_close";

/**
 * The import whose type, (i32, i32) -> i32, is the one that asking for JSON needs. QuickJS calls it at one site, to find out whether
 * its debug output goes to a terminal; that site is told without a call that there is no such file.
 */
const SECOND_SPARE_IMPORT = "fd_fdstat_get";

export interface RewrittenModule {
  binary: Uint8Array<ArrayBuffer>;
  /** The engine's initial data, to be written once into the arena from which the base image is taken. */
  data: DataSegment[];
  /** The virtual top at start, in pages of 64 KiB. */
  initialPages: number;
}

/**
 * Rewrites quickjs.wasm. `hostExports` must all be there; of `extensionImports` what the engine has is exported (an
 * extension may name C library functions that it never calls).
 */
export function rewriteArenaModule(
  original: Uint8Array,
  hostExports: readonly string[],
  extensionImports: readonly string[],
): RewrittenModule {
  const sha256 = createHash("sha256").update(original).digest("hex");
  if (sha256 !== ENGINE.sha256) {
    throw new ArenaModuleError(
      `quickjs.wasm is not that of quickjs-wasi ${ENGINE.version}: sha256 is ${sha256}, expected ${ENGINE.sha256}`,
    );
  }
  const sections = splitSections(original);
  const data = readDataSegments(section(sections, SECTION.data));
  const functions = functionIndexes(sections);
  importMemory(sections);
  const globals = appendGlobals(sections);
  rewriteCode(sections, functions, globals);
  addBell(sections, functions);
  appendFunctions(sections, functions, globals);
  moveStringify(sections, functions);
  trimExports(sections, hostExports, extensionImports, functions, globals);
  sections.known.delete(SECTION.data);
  sections.known.delete(SECTION.dataCount);
  return { binary: joinSections(sections.known), data, initialPages: ENGINE.memoryPages };
}

interface FunctionIndexes {
  overflow: number;
  interrupt: number;
  size: number;
  grow: number;
  copy: number;
  attach: number;
  save: number;
  /** JSON.stringify: the import; the function where it is; where its body goes; what it needs. */
  stringify: number;
  stringifyEntry: number;
  stringifyOriginal: number;
  newString: number;
  free: number;
  firstDefined: number;
}

/** Appended functions follow the imported and the defined ones. */
function functionIndexes(sections: WasmSections): FunctionIndexes {
  const imported = readImports(section(sections, SECTION.import)).filter(
    ({ kind }) => kind === EXTERNAL_KIND.function,
  );
  const importOf = (wanted: string) => {
    const index = imported.findIndex(({ name }) => name === wanted);
    if (index < 0) throw new ArenaModuleError(`import ${wanted} is missing`);
    return index;
  };
  const exported = readExports(section(sections, SECTION.export));
  const exportOf = (wanted: string) => {
    const found = exported.find(({ name, kind }) => name === wanted && kind === EXTERNAL_KIND.function);
    if (!found) throw new ArenaModuleError(`export ${wanted} is missing`);
    return found.index;
  };
  const first = imported.length + vectorLength(section(sections, SECTION.function));
  return {
    overflow: importOf(SPARE_IMPORT),
    interrupt: importOf("host_interrupt"),
    size: first,
    grow: first + 1,
    copy: first + 2,
    attach: first + 3,
    save: first + 4,
    stringify: importOf(SECOND_SPARE_IMPORT),
    stringifyEntry: exportOf("JS_JSONStringify"),
    stringifyOriginal: first + 5,
    newString: exportOf("JS_NewStringLen"),
    free: exportOf("free"),
    firstDefined: imported.length,
  };
}

const LIMITS_SHARED_WITH_MAX = 3;
const MAX_PAGES = 65_536;

/** The module takes any shared memory of at least its own minimum, so that one compilation serves every arena size. */
function importMemory(sections: WasmSections): void {
  const reader = new WasmReader(section(sections, SECTION.memory));
  const [count, flags, pages] = [reader.u32(), reader.byte(), reader.u32()];
  if (count !== 1 || flags !== 0 || pages !== ENGINE.memoryPages) {
    throw new ArenaModuleError(
      `memory section is (${count}, ${flags}, ${pages} pages), expected (1, 0, 18 pages)`,
    );
  }
  sections.known.delete(SECTION.memory);
  const ours = new Map([
    [SPARE_IMPORT, "overflow"],
    [SECOND_SPARE_IMPORT, "stringify"],
  ]);
  const imports = readImports(section(sections, SECTION.import)).map((entry) => {
    const name = ours.get(entry.name);
    return name === undefined ? entry : { ...entry, module: "nea", name };
  });
  const limits = new WasmWriter().byte(LIMITS_SHARED_WITH_MAX).u32(pages).u32(MAX_PAGES).done();
  imports.push({ module: "nea", name: "memory", kind: EXTERNAL_KIND.memory, description: limits });
  sections.known.set(SECTION.import, writeImports(imports));
}

interface GlobalIndexes {
  stackPointer: number;
  top: number;
  limit: number;
  stackLow: number;
}

function appendGlobals(sections: WasmSections): GlobalIndexes {
  const stackPointer = readExports(section(sections, SECTION.export)).find(
    ({ name }) => name === "__stack_pointer",
  );
  if (!stackPointer) throw new ArenaModuleError("export __stack_pointer is missing");
  const globals = section(sections, SECTION.global);
  const first = vectorLength(globals);
  const mutable = (initial: number) => new WasmWriter().byte(0x7f, 0x01, 0x41).s32(initial).byte(0x0b).done();
  const entries = [mutable(ENGINE.memoryPages), mutable(MAX_PAGES), mutable(ENGINE.dataStart)];
  sections.known.set(SECTION.global, appendToVector(globals, entries));
  return { stackPointer: stackPointer.index, top: first, limit: first + 1, stackLow: first + 2 };
}

const GLOBAL_GET = OPCODE.globalGet;
const GLOBAL_SET = OPCODE.globalSet;
const END = 0x0b;

/** drop, drop, i32.const 8 (__WASI_ERRNO_BADF): a call of fd_fdstat_get that has been answered. */
const NO_SUCH_FILE = Uint8Array.of(0x1a, 0x1a, 0x41, 8);

function rewriteCode(sections: WasmSections, functions: FunctionIndexes, globals: GlobalIndexes): void {
  const original = section(sections, SECTION.code);
  const call = (index: number) => new WasmWriter().byte(OPCODE.call).u32(index).done();
  const [callSize, callGrow, callCopy] = [functions.size, functions.grow, functions.copy].map(call);
  const setStack = setStackPointer(globals.stackPointer, globals.stackLow);
  let sizes = 0;
  let grows = 0;
  let copies = 0;
  let fdstats = 0;
  const code = mapInstructions(original, ({ opcode, index }) => {
    if (opcode === OPCODE.memorySize) {
      sizes++;
      return callSize;
    }
    if (opcode === OPCODE.memoryGrow) {
      grows++;
      return callGrow;
    }
    if (opcode === OPCODE.memoryCopy) {
      copies++;
      return callCopy;
    }
    if (opcode === OPCODE.call && index === functions.stringify) {
      fdstats++;
      return NO_SUCH_FILE;
    }
    if (opcode === GLOBAL_SET && index === globals.stackPointer) return setStack;
    if (opcode === OPCODE.memoryInit || opcode === OPCODE.dataDrop) {
      throw new ArenaModuleError("the engine reads its data segments at run time, which is not supported");
    }
    return undefined;
  });
  const { memorySizeSites, memoryGrowSites, memoryCopySites, fdstatSites } = ENGINE;
  const found = [sizes, grows, copies, fdstats].join(", ");
  const expected = [memorySizeSites, memoryGrowSites, memoryCopySites, fdstatSites].join(", ");
  if (found !== expected) {
    throw new ArenaModuleError(
      `sites of memory.size, memory.grow, memory.copy and ${SECOND_SPARE_IMPORT}: found ${found}, expected ${expected}`,
    );
  }
  sections.known.set(SECTION.code, code);
}

function addBell(sections: WasmSections, { interrupt }: FunctionIndexes): void {
  const { code, sites } = hangBell(
    section(sections, SECTION.code),
    lookAt(BELL_ADDRESS, interrupt),
    ENGINE.known,
  );
  if (sites !== ENGINE.bellSites) {
    throw new ArenaModuleError(`places to look at the bell: found ${sites}, expected ${ENGINE.bellSites}`);
  }
  sections.known.set(SECTION.code, code);
}

function appendFunctions(sections: WasmSections, functions: FunctionIndexes, globals: GlobalIndexes): void {
  const types = section(sections, SECTION.type);
  const first = vectorLength(types);
  const sizeType = Uint8Array.of(0x60, 0, 1, 0x7f);
  const growType = Uint8Array.of(0x60, 1, 0x7f, 1, 0x7f);
  const attachType = Uint8Array.of(0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 0);
  const saveType = Uint8Array.of(0x60, 1, 0x7f, 0);
  const added = [sizeType, growType, COPY_TYPE, attachType, saveType];
  sections.known.set(SECTION.type, appendToVector(types, added));
  const indexes = added.map((_, index) => new WasmWriter().u32(first + index).done());
  sections.known.set(SECTION.function, appendToVector(section(sections, SECTION.function), indexes));
  const bodies = [
    sizeBody(globals),
    growBody(functions, globals),
    copyBody(),
    attachBody(globals),
    saveBody(globals),
  ];
  const encoded = bodies.map((body) => new WasmWriter().sized(body).done());
  sections.known.set(SECTION.code, appendToVector(section(sections, SECTION.code), encoded));
}

/** The last of the appended functions is JS_JSONStringify as it was; its type is that of the entry that takes its place. */
function moveStringify(sections: WasmSections, functions: FunctionIndexes): void {
  const { stringify, stringifyEntry, stringifyOriginal: original, newString, free, firstDefined } = functions;
  const index = stringifyEntry - firstDefined;
  const types = section(sections, SECTION.function);
  const type = new WasmWriter().u32(functionType(types, index)).done();
  sections.known.set(SECTION.function, appendToVector(types, [type]));
  const entry = stringifyBody({ stringify, original, newString, free });
  sections.known.set(SECTION.code, moveBody(section(sections, SECTION.code), index, entry));
}

function functionType(types: Uint8Array, index: number): number {
  const reader = new WasmReader(types);
  reader.u32();
  for (let before = index; before > 0; before--) reader.skipLeb();
  return reader.u32();
}

function sizeBody({ top }: GlobalIndexes): Uint8Array {
  return new WasmWriter().u32(0).byte(GLOBAL_GET).u32(top).byte(END).done();
}

/**
 * grow(pages): new = top + pages; if (new > limit) { overflow(pages); if (new > limit) return -1 }
 * result = top; top = new. Memory above the top is zero (a reset sees to it), as memory.grow promises.
 */
function growBody({ overflow }: FunctionIndexes, { top, limit }: GlobalIndexes): Uint8Array {
  const [I32, I32_ADD, I32_GT_U, IF, EMPTY, RETURN, DROP] = [0x7f, 0x6a, 0x4b, 0x04, 0x40, 0x0f, 0x1a];
  const [LOCAL_GET, LOCAL_TEE, I32_CONST] = [0x20, 0x22, 0x41];
  return new WasmWriter()
    .byte(1, 1, I32)
    .byte(LOCAL_GET, 0, GLOBAL_GET)
    .u32(top)
    .byte(I32_ADD, LOCAL_TEE, 1, GLOBAL_GET)
    .u32(limit)
    .byte(I32_GT_U, IF, EMPTY, LOCAL_GET, 0, OPCODE.call)
    .u32(overflow)
    .byte(DROP, LOCAL_GET, 1, GLOBAL_GET)
    .u32(limit)
    .byte(I32_GT_U, IF, EMPTY, I32_CONST, 0x7f, RETURN, END, END)
    .byte(GLOBAL_GET)
    .u32(top)
    .byte(LOCAL_GET, 1, GLOBAL_SET)
    .u32(top)
    .byte(END)
    .done();
}

/** attach(stackPointer, stackLow, top, limit): a global's `value` costs JavaScript as much as a call, and a turn needs all. */
function attachBody({ stackPointer, stackLow, top, limit }: GlobalIndexes): Uint8Array {
  const code = new WasmWriter().u32(0);
  [stackPointer, stackLow, top, limit].forEach((global, parameter) => {
    code.byte(0x20, parameter, GLOBAL_SET).u32(global);
  });
  return code.byte(END).done();
}

/** save(pointer): three words, the stack pointer, its lowest value, and the top. */
function saveBody({ stackPointer, stackLow, top }: GlobalIndexes): Uint8Array {
  const code = new WasmWriter().u32(0);
  [stackPointer, stackLow, top].forEach((global, word) => {
    code
      .byte(0x20, 0, GLOBAL_GET)
      .u32(global)
      .byte(0x36, 2, 4 * word);
  });
  return code.byte(END).done();
}

/** Creating an instance makes an object per export; the engine has 450 and fewer than a hundred are used. */
function trimExports(
  sections: WasmSections,
  required: readonly string[],
  wanted: readonly string[],
  functions: FunctionIndexes,
  globals: GlobalIndexes,
): void {
  const all = readExports(section(sections, SECTION.export));
  const keep = new Set([...required, ...wanted]);
  const missing = required.filter((name) => !all.some((entry) => entry.name === name));
  if (missing.length > 0) throw new ArenaModuleError(`exports are missing: ${missing.join(", ")}`);
  const kept = all.filter(({ name, kind }) => kind !== EXTERNAL_KIND.memory && keep.has(name));
  const added = [
    { name: "nea_top", kind: EXTERNAL_KIND.global, index: globals.top },
    { name: "nea_limit", kind: EXTERNAL_KIND.global, index: globals.limit },
    { name: "nea_stack_low", kind: EXTERNAL_KIND.global, index: globals.stackLow },
    { name: "nea_attach", kind: EXTERNAL_KIND.function, index: functions.attach },
    { name: "nea_save", kind: EXTERNAL_KIND.function, index: functions.save },
  ];
  sections.known.set(SECTION.export, writeExports([...kept, ...added]));
}
