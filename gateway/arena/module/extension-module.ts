/**
 * The engine's extensions (URL, TextEncoder, ...): WebAssembly shared libraries that are linked to the engine's
 * memory and table. Rewritten like the engine: memory shared, data taken out, the stack's lowest value tracked, and
 * calls to functions that the library itself defines (C++ weak symbols, both imported and exported) made direct, where a
 * dynamic linker would have to bounce each of them through the host.
 *
 * The start function is taken out as well: it zeroes the library's variables, which is right in a fresh arena (all zero
 * anyway) and would destroy one whose handler is waiting while a new thread takes over from a killed one.
 *
 * Source: "WebAssembly Dynamic Linking" in WebAssembly/tool-conventions (dylink.0).
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
import { ArenaModuleError, ENGINE } from "./arena-module.ts";
import {
  type DataSegment,
  mapInstructions,
  readDataSegments,
  readExports,
  readImports,
  section,
  setStackPointer,
  writeExports,
  writeImports,
} from "./module-edit.ts";

export interface RewrittenExtension {
  binary: Uint8Array<ArrayBuffer>;
  data: DataSegment[];
  memoryBytes: number;
  memoryAlignment: number;
  tableSlots: number;
  /** Names of the engine's functions that this extension calls. */
  engineImports: string[];
}

export function rewriteExtension(
  name: string,
  original: Uint8Array,
  expectedSha256: string,
): RewrittenExtension {
  const sha256 = createHash("sha256").update(original).digest("hex");
  if (sha256 !== expectedSha256) {
    throw new ArenaModuleError(
      `extension ${name} is not that of quickjs-wasi ${ENGINE.version}: sha256 is ${sha256}, expected ${expectedSha256}`,
    );
  }
  const sections = splitSections(original);
  const dylink = readDylink(name, sections);
  const dataContent = sections.known.get(SECTION.data);
  const data = dataContent ? readDataSegments(dataContent) : [];
  const internal = resolveInternally(sections);
  shareMemory(sections);
  trackStack(name, sections);
  sections.known.delete(SECTION.start);
  sections.known.delete(SECTION.data);
  sections.known.delete(SECTION.dataCount);
  keepOwnExports(sections);
  const engineImports = readImports(section(sections, SECTION.import))
    .filter(
      (entry) => entry.kind === EXTERNAL_KIND.function && entry.module === "env" && !internal.has(entry.name),
    )
    .map((entry) => entry.name);
  return { binary: joinSections(sections.known), data, ...dylink, engineImports };
}

const DYLINK_MEM_INFO = 1;

function readDylink(name: string, sections: WasmSections) {
  const content = sections.custom.get("dylink.0");
  if (!content) throw new ArenaModuleError(`extension ${name} has no dylink.0 section`);
  const reader = new WasmReader(content);
  const [kind] = [reader.byte(), reader.u32()];
  if (kind !== DYLINK_MEM_INFO) throw new ArenaModuleError(`extension ${name}: dylink.0 starts with ${kind}`);
  const memoryBytes = reader.u32();
  const memoryAlignment = 1 << reader.u32();
  return { memoryBytes, memoryAlignment, tableSlots: reader.u32() };
}

/** Redirects calls of imported functions to the definition that the same library exports under that name. */
function resolveInternally(sections: WasmSections): Set<string> {
  const functions = readImports(section(sections, SECTION.import)).filter(
    ({ kind }) => kind === EXTERNAL_KIND.function,
  );
  const exported = new Map(
    readExports(section(sections, SECTION.export))
      .filter(({ kind }) => kind === EXTERNAL_KIND.function)
      .map(({ name, index }) => [name, index]),
  );
  const target = functions.map(({ name }) => exported.get(name));
  const code = mapInstructions(section(sections, SECTION.code), ({ opcode, index }) => {
    const direct = opcode === OPCODE.call ? target[index] : undefined;
    return direct === undefined ? undefined : new WasmWriter().byte(OPCODE.call).u32(direct).done();
  });
  sections.known.set(SECTION.code, code);
  return new Set(functions.filter((_, index) => target[index] !== undefined).map(({ name }) => name));
}

/** Imports the engine's `nea_stack_low` behind the other globals and keeps it up to date. */
function trackStack(name: string, sections: WasmSections): void {
  const imports = readImports(section(sections, SECTION.import));
  const globals = imports.filter(({ kind }) => kind === EXTERNAL_KIND.global);
  const stackPointer = globals.findIndex((entry) => entry.name === "__stack_pointer");
  const setStack = setStackPointer(stackPointer, globals.length);
  const code = mapInstructions(section(sections, SECTION.code), ({ opcode, index }) => {
    if (opcode !== OPCODE.globalGet && opcode !== OPCODE.globalSet) return undefined;
    // The library's own globals would change their indexes; code does not use them (they are addresses to export).
    if (index >= globals.length) throw new ArenaModuleError(`extension ${name} uses a global of its own`);
    return opcode === OPCODE.globalSet && index === stackPointer ? setStack : undefined;
  });
  sections.known.set(SECTION.code, code);
  const MUTABLE_I32 = Uint8Array.of(0x7f, 0x01);
  imports.push({
    module: "env",
    name: "nea_stack_low",
    kind: EXTERNAL_KIND.global,
    description: MUTABLE_I32,
  });
  sections.known.set(SECTION.import, writeImports(imports));
}

/** An import of a shared memory must itself say shared, with limits that any arena satisfies. */
function shareMemory(sections: WasmSections): void {
  const limits = new WasmWriter().byte(3).u32(1).u32(65_536).done();
  const imports = readImports(section(sections, SECTION.import)).map((entry) =>
    entry.kind === EXTERNAL_KIND.memory ? { ...entry, description: limits } : entry,
  );
  sections.known.set(SECTION.import, writeImports(imports));
}

/** The init function and the linker's own; the C++ library's symbols are of no use to anybody else. */
function keepOwnExports(sections: WasmSections): void {
  const own = readExports(section(sections, SECTION.export)).filter(
    ({ name }) => name.startsWith("qjs_ext_") || name.startsWith("__wasm_"),
  );
  sections.known.set(SECTION.export, writeExports(own));
}
