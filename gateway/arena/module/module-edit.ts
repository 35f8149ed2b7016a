/**
 * Edits to a module that shift no index: imports may be appended only where nothing counts after them
 * (memories), functions, globals and types only at the end. Bodies change length freely, because branches
 * are depths and not offsets.
 */
import {
  EXTERNAL_KIND,
  OPCODE,
  type WasmInstruction,
  WasmFormatError,
  WasmReader,
  type WasmSections,
  WasmWriter,
  instructions,
} from "./wasm-binary.ts";

export interface WasmImport {
  module: string;
  name: string;
  kind: number;
  /** The description as it stands in the binary: a type index, limits, a table or global type. */
  description: Uint8Array;
}

export interface WasmExport {
  name: string;
  kind: number;
  index: number;
}

/** A data segment written at instantiation: at a constant, or at `__memory_base` plus a constant. */
export interface DataSegment {
  base: "zero" | "memoryBase";
  offset: number;
  bytes: Uint8Array;
}

export function section(sections: WasmSections, id: number): Uint8Array {
  const content = sections.known.get(id);
  if (!content) throw new WasmFormatError(`section ${id} is missing`);
  return content;
}

function skipLimits(reader: WasmReader): void {
  const flags = reader.byte();
  reader.skipLeb();
  if (flags & 1) reader.skipLeb();
}

export function readImports(content: Uint8Array): WasmImport[] {
  const reader = new WasmReader(content);
  return Array.from({ length: reader.u32() }, () => {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    const start = reader.offset;
    if (kind === EXTERNAL_KIND.function) reader.skipLeb();
    else if (kind === EXTERNAL_KIND.memory) skipLimits(reader);
    else if (kind === EXTERNAL_KIND.global) reader.skip(2);
    else {
      reader.skip(1);
      skipLimits(reader);
    }
    return { module, name, kind, description: content.subarray(start, reader.offset) };
  });
}

export function writeImports(imports: readonly WasmImport[]): Uint8Array {
  const writer = new WasmWriter().u32(imports.length);
  for (const { module, name, kind, description } of imports) {
    writer.name(module).name(name).byte(kind).raw(description);
  }
  return writer.done();
}

export function readExports(content: Uint8Array): WasmExport[] {
  const reader = new WasmReader(content);
  return Array.from({ length: reader.u32() }, () => ({
    name: reader.name(),
    kind: reader.byte(),
    index: reader.u32(),
  }));
}

export function writeExports(exports: readonly WasmExport[]): Uint8Array {
  const writer = new WasmWriter().u32(exports.length);
  for (const { name, kind, index } of exports) writer.name(name).byte(kind).u32(index);
  return writer.done();
}

/** Appends entries to a vector section (functions, globals, bodies), given in encoded form. */
export function appendToVector(content: Uint8Array, entries: readonly Uint8Array[]): Uint8Array {
  const reader = new WasmReader(content);
  const writer = new WasmWriter().u32(reader.u32() + entries.length).raw(content.subarray(reader.offset));
  for (const entry of entries) writer.raw(entry);
  return writer.done();
}

export function vectorLength(content: Uint8Array): number {
  return new WasmReader(content).u32();
}

/** Rewrites every function body: `replace` returns the bytes to stand in for an instruction, or undefined. */
export function mapInstructions(
  code: Uint8Array,
  replace: (instruction: WasmInstruction) => Uint8Array | undefined,
): Uint8Array {
  const reader = new WasmReader(code);
  const count = reader.u32();
  const writer = new WasmWriter().u32(count);
  for (let i = 0; i < count; i++) {
    const size = reader.u32();
    writer.sized(mapBody(code, reader.offset, reader.offset + size, replace));
    reader.skip(size);
  }
  return writer.done();
}

function mapBody(
  code: Uint8Array,
  start: number,
  end: number,
  replace: (instruction: WasmInstruction) => Uint8Array | undefined,
): Uint8Array {
  const reader = new WasmReader(code, start, end);
  for (let locals = reader.u32(); locals > 0; locals--) {
    reader.skipLeb();
    reader.skip(1);
  }
  let writer: WasmWriter | undefined;
  let copied = start;
  for (const instruction of instructions(reader)) {
    const replacement = replace(instruction);
    if (!replacement) continue;
    writer ??= new WasmWriter();
    writer.raw(code.subarray(copied, instruction.start)).raw(replacement);
    copied = instruction.end;
  }
  return writer ? writer.raw(code.subarray(copied, end)).done() : code.subarray(start, end);
}

/** Puts another body in a function's place and the original at the end; `index` counts defined functions only. */
export function moveBody(code: Uint8Array, index: number, replacement: Uint8Array): Uint8Array {
  const reader = new WasmReader(code);
  const count = reader.u32();
  const writer = new WasmWriter().u32(count + 1);
  let moved: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    const body = reader.span(reader.u32());
    writer.sized(i === index ? replacement : body);
    if (i === index) moved = body;
  }
  if (!moved) throw new WasmFormatError(`there is no function ${index}`);
  return writer.sized(moved).done();
}

/** Reads the active data segments; any other kind is refused. */
export function readDataSegments(content: Uint8Array): DataSegment[] {
  const reader = new WasmReader(content);
  return Array.from({ length: reader.u32() }, () => {
    const flags = reader.u32();
    if (flags !== 0) throw new WasmFormatError(`data segment of kind ${flags} is not supported`);
    const { base, offset } = readOffset(reader);
    return { base, offset, bytes: reader.span(reader.u32()) };
  });
}

/** `i32.const c`, `global.get 0`, or `global.get g; i32.const c; i32.add` (extended constant expression). */
function readOffset(reader: WasmReader): Pick<DataSegment, "base" | "offset"> {
  let base: DataSegment["base"] = "zero";
  let offset = 0;
  for (;;) {
    const opcode = reader.byte();
    if (opcode === 0x0b) return { base, offset };
    if (opcode === 0x41) offset = reader.s32();
    else if (opcode === 0x23) {
      reader.u32();
      base = "memoryBase";
    } else if (opcode !== 0x6a) {
      throw new WasmFormatError(`opcode 0x${opcode.toString(16)} in a segment's offset is not supported`);
    }
  }
}

/**
 * `sp = x; if (sp < low) low = sp`: what stands in for each `global.set` of the stack pointer, so that a reset knows how
 * deep the stack went. Without a local, as bodies' locals are left as they are.
 */
export function setStackPointer(stackPointer: number, stackLow: number): Uint8Array {
  const [I32_LT_U, IF, EMPTY, END] = [0x49, 0x04, 0x40, 0x0b];
  const { globalGet, globalSet } = OPCODE;
  return new WasmWriter()
    .byte(globalSet)
    .u32(stackPointer)
    .byte(globalGet)
    .u32(stackPointer)
    .byte(globalGet)
    .u32(stackLow)
    .byte(I32_LT_U, IF, EMPTY, globalGet)
    .u32(stackPointer)
    .byte(globalSet)
    .u32(stackLow)
    .byte(END)
    .done();
}
