/**
 * Who was running when an arena stopped: the engine's own stack frames, read from the arena's memory.
 *
 * Nothing is executed in the stopped VM. That makes the answer independent of the handler (it cannot be steered by
 * `Error.prepareStackTrace`, a `stack` getter or a renamed function: names and positions are those of the compiled
 * bytecode), available when an allocation was half done, and available after the thread was terminated inside a
 * native loop, since the memory outlives the thread.
 *
 * The offsets are those of quickjs-ng 0.17 on wasm32 as in quickjs-wasi 3.6.2 (quickjs.c: JSRuntime, JSStackFrame,
 * JSObject, JSFunctionBytecode, JSString, find_line_num), a binary whose hash is pinned (module/arena-module.ts);
 * test/unit/arena-frames.test.ts holds them. Memory is treated as hostile: every read is bounded, every loop counted.
 */
import { LENGTH_MASK, OBJECT, STRING, RUNTIME as VALUES } from "./value-layout.ts";

const RUNTIME = { ...VALUES, currentFrame: 660 };
const CONTEXT = { randomState: 280 };
const FRAME = { previous: 0, callee: 8, pc: 28 };
const BYTECODE = {
  code: 12,
  codeBytes: 16,
  name: 20,
  realm: 48,
  file: 56,
  line: 60,
  column: 64,
  lineTableBytes: 72,
  lineTable: 76,
};

/** Innermost frames are what is asked for; deep recursions repeat themselves. */
const MAX_FRAMES = 64;
/** Frames of native functions are walked over but not reported; bounded as well. */
const MAX_WALK = 4096;
const MAX_NAME = 200;
/** Line tables read for one answer, all frames together: a few milliseconds of the I/O thread at worst. */
const MAX_TABLE_BYTES = 512 * 1024;

export interface Frame {
  functionName: string;
  file: string;
  line: number;
  column: number;
  /**
   * "call": the position of the call the frame was in. "last": no call was under way; the position is the last that the
   * engine had noted, and what ran may stand behind it. "function": none was noted, it is where the function begins.
   */
  precision: "call" | "last" | "function";
}

export interface VmPointers {
  runtime: number;
  context: number;
}

/** The frames of interpreted functions, innermost first; empty when none was running. */
export function readFrames(words: Int32Array, bytes: Buffer, pointers: VmPointers): Frame[] {
  const memory = new ArenaReader(words, bytes);
  const frames: Frame[] = [];
  let frame = memory.word(pointers.runtime + RUNTIME.currentFrame);
  for (let walked = 0; frame !== 0 && walked < MAX_WALK && frames.length < MAX_FRAMES; walked++) {
    // Whatever a frame calls, native or not, has a frame of its own on top of it.
    const described = describe(memory, pointers, frame, walked === 0 ? "last" : "call");
    if (described) frames.push(described);
    frame = memory.word(frame + FRAME.previous);
  }
  return frames;
}

/** Where Math.random keeps its 64 bits, to be overwritten before each request. */
export function randomStateAddress({ context }: VmPointers): number {
  return context + CONTEXT.randomState;
}

function describe(
  memory: ArenaReader,
  pointers: VmPointers,
  frame: number,
  precision: "call" | "last",
): Frame | undefined {
  const bytecode = memory.word(memory.word(frame + FRAME.callee) + OBJECT.data);
  // A native function has other things at this place; a bytecode function points to one of this very context.
  if (bytecode === 0 || memory.word(bytecode + BYTECODE.realm) !== pointers.context) return undefined;
  const functionName = memory.atom(pointers.runtime, memory.word(bytecode + BYTECODE.name));
  const file = memory.atom(pointers.runtime, memory.word(bytecode + BYTECODE.file));
  if (file === undefined) return undefined;
  const offset = memory.word(frame + FRAME.pc) - memory.word(bytecode + BYTECODE.code) - 1;
  const begin = {
    line: memory.word(bytecode + BYTECODE.line),
    column: memory.word(bytecode + BYTECODE.column),
  };
  const noted = offset >= 0 && offset < memory.word(bytecode + BYTECODE.codeBytes);
  const position = noted ? lookUpLine(memory, bytecode, offset, begin) : undefined;
  return {
    functionName: functionName || "<anonymous>",
    file,
    ...(position ?? begin),
    precision: position ? precision : "function",
  };
}

/** How a line table entry packs a step of the program counter and of the line into one byte. */
const LINE_TABLE = { firstOp: 1, range: 5, base: -1 };

function lookUpLine(
  memory: ArenaReader,
  bytecode: number,
  offset: number,
  begin: { line: number; column: number },
) {
  let { line, column } = begin;
  const start = memory.word(bytecode + BYTECODE.lineTable);
  const tableBytes = memory.word(bytecode + BYTECODE.lineTableBytes);
  // A table that is not read to its end could give a wrong line.
  if (tableBytes > memory.tableBytesLeft) return undefined;
  memory.tableBytesLeft -= tableBytes;
  const table = new VarintReader(memory, start, start + tableBytes);
  for (let at = 0; !table.done;) {
    const op = table.byte();
    let lineStep: number;
    if (op === 0) {
      at += table.unsigned();
      lineStep = table.signed();
    } else {
      at += Math.trunc((op - LINE_TABLE.firstOp) / LINE_TABLE.range);
      lineStep = ((op - LINE_TABLE.firstOp) % LINE_TABLE.range) + LINE_TABLE.base;
    }
    const columnStep = table.signed();
    if (offset < at) break;
    line += lineStep;
    column += columnStep;
  }
  return { line, column };
}

/** Bounded reads of an arena: anything outside is 0, "" or undefined. */
class ArenaReader {
  tableBytesLeft = MAX_TABLE_BYTES;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;

  constructor(words: Int32Array, bytes: Buffer) {
    this.#words = words;
    this.#bytes = bytes;
  }

  word(address: number): number {
    return (this.#words[address >>> 2] ?? 0) >>> 0;
  }

  byte(address: number): number {
    return this.#bytes[address] ?? 0;
  }

  /** The text of an atom; undefined if the number is none. */
  atom(runtime: number, atom: number): string | undefined {
    if (atom === 0 || atom >= this.word(runtime + RUNTIME.atomSize)) return undefined;
    const string = this.word(this.word(runtime + RUNTIME.atomArray) + atom * 4);
    const header = this.word(string + STRING.length);
    const length = Math.min(header & LENGTH_MASK, MAX_NAME);
    const wide = header >>> 31 === 1;
    const start = string + STRING.characters;
    return this.#bytes.toString(wide ? "utf16le" : "latin1", start, start + length * (wide ? 2 : 1));
  }
}

/** LEB128 numbers from arena memory; signed ones are zigzag, as in the engine's line tables. */
class VarintReader {
  readonly #memory: ArenaReader;
  readonly #end: number;
  #at: number;

  constructor(memory: ArenaReader, start: number, end: number) {
    this.#memory = memory;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  byte(): number {
    return this.done ? 0 : this.#memory.byte(this.#at++);
  }

  unsigned(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) break;
    }
    return result >>> 0;
  }

  signed(): number {
    const value = this.unsigned();
    return (value >>> 1) ^ -(value & 1);
  }
}
