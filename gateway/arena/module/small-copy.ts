/**
 * A function that stands in for the engine's `memory.copy`: (to, from, bytes), as with memmove the spans may overlap.
 *
 * V8 leaves its wasm code for the C library at each `memory.copy` of a length that is not a constant. The engine copies
 * short strings and property lists all the time, and for those the way there and back takes longer than the copying. Up
 * to SMALL_BYTES are moved by the words at both ends of the span, which overlap in the middle; all are loaded
 * before the first is stored.
 */
import { WasmWriter } from "./wasm-binary.ts";

export const SMALL_BYTES = 64;

export const COPY_TYPE = Uint8Array.of(0x60, 3, 0x7f, 0x7f, 0x7f, 0);

const [I64, EMPTY] = [0x7e, 0x40];
const [IF, RETURN, END] = [0x04, 0x0f, 0x0b];
const [LOCAL_GET, LOCAL_SET, I32_CONST] = [0x20, 0x21, 0x41];
const [I32_ADD, I32_GE_U, I32_GT_U, I32_EQZ] = [0x6a, 0x4f, 0x4b, 0x45];
const MEMORY_COPY = [0xfc, 10, 0, 0];

const [TO, FROM, BYTES] = [0, 1, 2];
/** Eight locals for what has been loaded. */
const FIRST_LOADED = 3;
const LOADED = 8;

interface Word {
  bytes: number;
  load: number;
  store: number;
}
const WORD_8: Word = { bytes: 8, load: 0x29, store: 0x37 };
/** i64.load32_u and i64.load8_u, so that one kind of local does for all. */
const WORD_4: Word = { bytes: 4, load: 0x35, store: 0x3e };
const WORD_1: Word = { bytes: 1, load: 0x31, store: 0x3c };

export function copyBody(): Uint8Array {
  const code = new WasmWriter().byte(1, LOADED, I64);
  code.byte(LOCAL_GET, BYTES, I32_CONST).s32(SMALL_BYTES).byte(I32_GT_U, IF, EMPTY);
  code.byte(LOCAL_GET, TO, LOCAL_GET, FROM, LOCAL_GET, BYTES, ...MEMORY_COPY, RETURN, END);
  for (const [atLeast, word, count] of [
    [32, WORD_8, 4],
    [16, WORD_8, 2],
    [8, WORD_8, 1],
    [4, WORD_4, 1],
    [2, WORD_1, 2],
  ] as const) {
    code.byte(LOCAL_GET, BYTES, I32_CONST).s32(atLeast).byte(I32_GE_U, IF, EMPTY);
    moveEnds(code, word, count);
    code.byte(RETURN, END);
  }
  // One byte, or none.
  code.byte(LOCAL_GET, BYTES, I32_EQZ, IF, EMPTY, RETURN, END);
  code.byte(LOCAL_GET, TO, LOCAL_GET, FROM, WORD_1.load, 0, 0, WORD_1.store, 0, 0, END);
  return code.done();
}

/** Moves `count` words at the span's begin and as many at its end. */
function moveEnds(code: WasmWriter, { bytes, load, store }: Word, count: number): void {
  const fromEnd = (pointer: number, index: number) =>
    code
      .byte(LOCAL_GET, pointer, LOCAL_GET, BYTES, I32_ADD, I32_CONST)
      .s32(-bytes * (index + 1))
      .byte(I32_ADD);
  for (let i = 0; i < count; i++) {
    code.byte(LOCAL_GET, FROM, load, 0, bytes * i, LOCAL_SET, FIRST_LOADED + i);
    fromEnd(FROM, i).byte(load, 0, 0, LOCAL_SET, FIRST_LOADED + count + i);
  }
  for (let i = 0; i < count; i++) {
    code.byte(LOCAL_GET, TO, LOCAL_GET, FIRST_LOADED + i, store, 0, bytes * i);
    fromEnd(TO, i).byte(LOCAL_GET, FIRST_LOADED + count + i, store, 0, 0);
  }
}
