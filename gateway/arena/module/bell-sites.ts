/**
 * Where the engine looks whether somebody rings. Its own interrupt is asked by bytecode alone, every 10,000 steps; a native loop
 * (sort, split, JSON, BigInt to text) never comes by there, and 10,000 native calls of a millisecond each take ten seconds. So
 * the engine looks at a word of the arena, the bell, and calls its interrupt if that is not zero:
 *
 *   - in each round of a loop in which something is called, copied, or looped through. Other loops do one thing per byte or
 *     element of the arena, and have most of the rounds (26,000 of 30,000 of a turn that answers with 10 KB of JSON);
 *   - whenever a built-in function is called.
 *
 * Not in the loops of the interpreter, which has the interrupt.
 */
import { OPCODE, WasmReader, WasmWriter, immediatesOf, opcodes, skipTo } from "./wasm-binary.ts";

/** What the walk stops at: what opens and closes a block, and what makes a loop one that looks. */
const STOPS = opcodes(
  OPCODE.block,
  OPCODE.loop,
  OPCODE.if,
  OPCODE.end,
  OPCODE.call,
  OPCODE.callIndirect,
  OPCODE.prefix,
);

/** Functions by their index among those that are defined. */
export interface KnownFunctions {
  /** Whose loops do not look. */
  readonly interpreter: number;
  /** Through which all built-in functions are called. */
  readonly builtins: number;
}

export interface HungCode {
  code: Uint8Array;
  /** In how many places it looks now. */
  sites: number;
}

/** Puts `look` into every body of a code section. */
export function hangBell(code: Uint8Array, look: Uint8Array, known: KnownFunctions): HungCode {
  const reader = new WasmReader(code);
  const count = reader.u32();
  const writer = new WasmWriter().u32(count);
  let sites = 0;
  for (let i = 0; i < count; i++) {
    const size = reader.u32();
    const [start, end] = [reader.offset, reader.offset + size];
    reader.skip(size);
    const body = new WasmReader(code, start, end);
    skipLocals(body);
    const entrance = body.offset;
    const places = i === known.interpreter ? [] : loopsThatCall(body);
    if (i === known.builtins) places.unshift(entrance);
    sites += places.length;
    if (places.length === 0) writer.sized(code.subarray(start, end));
    else writer.sized(insert(code, start, end, places, look));
  }
  return { code: writer.done(), sites };
}

function insert(
  code: Uint8Array,
  start: number,
  end: number,
  places: number[],
  what: Uint8Array,
): Uint8Array {
  const writer = new WasmWriter();
  let from = start;
  for (const place of places) {
    writer.raw(code.subarray(from, place)).raw(what);
    from = place;
  }
  return writer.raw(code.subarray(from, end)).done();
}

function skipLocals(body: WasmReader): void {
  for (let locals = body.u32(); locals > 0; locals--) {
    body.skipLeb();
    body.skip(1);
  }
}

/** Where the first instructions of those loops stand, in ascending order. */
function loopsThatCall(body: WasmReader): number[] {
  const found: number[] = [];
  /** Of the blocks that are open: where a loop's first instruction stands, or 0; and whether something happens in it that counts. */
  const starts: number[] = [0];
  const counts: boolean[] = [false];
  for (let opcode = skipTo(body, STOPS); opcode >= 0; opcode = skipTo(body, STOPS)) {
    immediatesOf(body, opcode);
    if (opcode === OPCODE.block || opcode === OPCODE.if || opcode === OPCODE.loop) {
      starts.push(opcode === OPCODE.loop ? body.offset : 0);
      counts.push(false);
      continue;
    }
    if (opcode === OPCODE.end) {
      const [start, isCounted] = [starts.pop()!, counts.pop()!];
      if (start > 0 && isCounted) found.push(start);
      if (start === 0 && !isCounted) continue;
    }
    // What is called, a prefixed instruction (it converts numbers, or copies and fills memory), or a loop.
    if (counts.length > 0) counts[counts.length - 1] = true;
  }
  return found.sort((a, b) => a - b);
}

/** Looks at the word at `address`, and calls `interrupt`, () -> i32, when somebody has rung. */
export function lookAt(address: number, interrupt: number): Uint8Array {
  const [I32_CONST, ATOMIC_LOAD, ALIGN_4, EMPTY, DROP] = [0x41, [0xfe, 0x10], 2, 0x40, 0x1a];
  // Atomic, so that no compiler takes it out of the loop.
  return new WasmWriter()
    .byte(I32_CONST, 0, ...ATOMIC_LOAD, ALIGN_4)
    .u32(address)
    .byte(OPCODE.if, EMPTY, OPCODE.call)
    .u32(interrupt)
    .byte(DROP, OPCODE.end)
    .done();
}
