/**
 * Just enough of the WebAssembly binary format to take a module apart and put it together again:
 * LEB128 numbers, sections, names, and a walk over the instructions of a function body.
 *
 * Source: WebAssembly core specification 3.0, chapter 5 (binary format). Instructions that the engine we
 * pin does not contain are refused rather than guessed: a wrong length would shift every later byte.
 */

export class WasmFormatError extends Error {
  override name = "WasmFormatError";
}

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** The order in which sections stand in a module; `dataCount` (12) stands before `code` (10). */
const SECTION_ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

export const EXTERNAL_KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** Reads numbers, names and spans from a byte array; throws WasmFormatError past its end. */
export class WasmReader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  byte(): number {
    if (this.offset >= this.end) throw new WasmFormatError(`unexpected end at byte ${this.offset}`);
    return this.bytes[this.offset++]!;
  }

  /** An unsigned LEB128 number of up to 32 bits. */
  u32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return result >>> 0;
    }
    throw new WasmFormatError(`number longer than 32 bits at byte ${this.offset}`);
  }

  /** A signed LEB128 number of up to 32 bits. */
  s32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return shift < 25 && byte & 0x40 ? result | (-1 << (shift + 7)) : result;
    }
    throw new WasmFormatError(`number longer than 32 bits at byte ${this.offset}`);
  }

  /** Steps over a LEB128 number of any width. */
  skipLeb(): void {
    while (this.byte() & 0x80);
  }

  skip(bytes: number): void {
    if (this.offset + bytes > this.end) throw new WasmFormatError(`unexpected end at byte ${this.offset}`);
    this.offset += bytes;
  }

  span(bytes: number): Uint8Array {
    const start = this.offset;
    this.skip(bytes);
    return this.bytes.subarray(start, this.offset);
  }

  name(): string {
    return new TextDecoder().decode(this.span(this.u32()));
  }
}

/** Collects bytes; every `write` returns the writer so that encodings read left to right. */
export class WasmWriter {
  #bytes: Uint8Array = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(...values: number[]): this {
    return this.raw(values);
  }

  raw(values: ArrayLike<number>): this {
    const needed = this.#length + values.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(values, this.#length);
    this.#length = needed;
    return this;
  }

  u32(value: number): this {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  s32(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const last = (rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40);
      this.byte(last ? low : low | 0x80);
      if (last) return this;
    }
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u32(bytes.length).raw(bytes);
  }

  /** A span preceded by its length: a section's content, a function's body. */
  sized(content: Uint8Array): this {
    return this.u32(content.length).raw(content);
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** A module as its known sections (by id) and its custom sections (by name), both without framing. */
export interface WasmSections {
  known: Map<number, Uint8Array>;
  custom: Map<string, Uint8Array>;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export function splitSections(module: Uint8Array): WasmSections {
  const reader = new WasmReader(module);
  for (const expected of HEADER) {
    if (reader.byte() !== expected) throw new WasmFormatError("not a WebAssembly module of version 1");
  }
  const sections: WasmSections = { known: new Map(), custom: new Map() };
  while (!reader.done) {
    const id = reader.byte();
    const content = reader.span(reader.u32());
    if (id === SECTION.custom) {
      const custom = new WasmReader(content);
      sections.custom.set(custom.name(), content.subarray(custom.offset));
    } else {
      if (sections.known.has(id)) throw new WasmFormatError(`section ${id} stands twice`);
      sections.known.set(id, content);
    }
  }
  return sections;
}

/** The reverse of splitSections; custom sections are dropped (names and features are of no use at run time). */
export function joinSections(known: ReadonlyMap<number, Uint8Array>): Uint8Array<ArrayBuffer> {
  const writer = new WasmWriter().raw(HEADER);
  for (const id of SECTION_ORDER) {
    const content = known.get(id);
    if (content) writer.byte(id).sized(content);
  }
  return writer.done() as Uint8Array<ArrayBuffer>;
}

/** One instruction: where it starts and ends, its opcode (prefixed ones as prefix << 8 | sub). */
export interface WasmInstruction {
  opcode: number;
  start: number;
  end: number;
  /** The first immediate where it is an index (call, global.get and set, memory.size and grow); otherwise 0. */
  index: number;
}

export const OPCODE = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  brTable: 0x0e,
  call: 0x10,
  callIndirect: 0x11,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  /** Of saturating truncation, bulk memory and tables. */
  prefix: 0xfc,
  memoryInit: 0xfc08,
  dataDrop: 0xfc09,
  memoryCopy: 0xfc0a,
};

/**
 * Walks the instructions of an expression (a body after its locals) from the reader's place to its end, and stops at those
 * that name a function, a global or the memory, and at prefixed ones.
 */
export function* instructions(reader: WasmReader): Generator<WasmInstruction> {
  for (let first = skipTo(reader, NAMING); first >= 0; first = skipTo(reader, NAMING)) {
    const start = reader.offset - 1;
    const index = immediatesOf(reader, first);
    if (first !== OPCODE.prefix) yield { opcode: first, start, end: reader.offset, index };
    else yield { opcode: (first << 8) | index, start, end: reader.offset, index: 0 };
  }
}

const I64_CONST = 0x42;

/** What follows an opcode, where it is not a number of LEB128 immediates. */
const [BR_TABLE, SELECT_TYPES, F32, F64, PREFIXED, ATOMIC, UNKNOWN] = [11, 12, 13, 14, 15, 16, 17];

/** By opcode: how many LEB128 immediates follow, or one of the above. Half a million instructions are looked up at each start. */
const IMMEDIATES = immediates();

function immediates(): Uint8Array {
  const table = new Uint8Array(256).fill(UNKNOWN);
  const set = (what: number, ...opcodes: number[]) => opcodes.forEach((opcode) => (table[opcode] = what));
  // unreachable, nop, else, end, return, drop, select, ref.is_null
  set(0, 0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1);
  // block, loop, if, br, br_if, call
  set(1, 0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10);
  // local.get, set, tee; global.get, set; table.get, set; memory.size, grow; i32.const, i64.const; ref.null, ref.func
  set(1, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0x41, I64_CONST, 0xd0, 0xd2);
  set(2, 0x11); // call_indirect
  set(BR_TABLE, 0x0e);
  set(SELECT_TYPES, 0x1c);
  set(F32, 0x43);
  set(F64, 0x44);
  set(PREFIXED, OPCODE.prefix);
  set(ATOMIC, 0xfe); // loads and stores, of which ours is one
  table.fill(2, 0x28, 0x3f); // loads and stores: alignment, offset
  table.fill(0, 0x45, 0xc5); // numeric
  return table;
}

/** Opcodes that name a function, a global or the memory, and prefixed ones. */
const NAMING = opcodes(
  OPCODE.call,
  OPCODE.globalGet,
  OPCODE.globalSet,
  OPCODE.memorySize,
  OPCODE.memoryGrow,
  OPCODE.prefix,
);

/** A set of opcodes, for skipTo. */
export function opcodes(...members: number[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const opcode of members) set[opcode] = 1;
  return set;
}

/** Steps behind the next opcode that `stops` (by opcode: not 0), and returns it; at the end -1. */
export function skipTo(reader: WasmReader, stops: Uint8Array): number {
  while (!reader.done) {
    const opcode = reader.byte();
    if (stops[opcode] !== 0) return opcode;
    immediatesOf(reader, opcode);
  }
  return -1;
}

/**
 * Steps over what follows an opcode. Returns the first immediate where it is an unsigned number; for br_table how many places it
 * has, the default not counted; for a prefixed instruction the number behind the prefix.
 */
export function immediatesOf(reader: WasmReader, opcode: number): number {
  const what = IMMEDIATES[opcode]!;
  if (what === 0) return 0;
  if (what === F32 || what === F64) {
    reader.skip(what === F32 ? 4 : 8);
    return 0;
  }
  if (what === UNKNOWN) {
    throw new WasmFormatError(`unknown opcode 0x${opcode.toString(16)} before byte ${reader.offset}`);
  }
  if (opcode === I64_CONST) {
    reader.skipLeb();
    return 0;
  }
  const first = reader.u32();
  if (what === BR_TABLE) skipLebs(reader, first + 1);
  else if (what === SELECT_TYPES) skipLebs(reader, first);
  else if (what === PREFIXED) skipPrefixedImmediates(reader, first);
  else skipLebs(reader, what === ATOMIC ? 2 : what - 1);
  return first;
}

/** How many LEB128 immediates follow each 0xFC instruction (saturating truncation, bulk memory, tables). */
const PREFIXED_IMMEDIATES = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

function skipPrefixedImmediates(reader: WasmReader, sub: number): void {
  const count = PREFIXED_IMMEDIATES[sub];
  if (count === undefined) throw new WasmFormatError(`unknown opcode 0xfc ${sub}`);
  skipLebs(reader, count);
}

function skipLebs(reader: WasmReader, count: number): void {
  for (let i = 0; i < count; i++) reader.skipLeb();
}
