/**
 * What stands in for the engine's `JS_JSONStringify(context, value, replacer, space)`: for an object without replacer and space the
 * host is asked for the text of it (json/plain-json.ts). If it has one, that becomes the engine's string; otherwise
 * the original goes on, whose body has moved to a function of its own.
 *
 *   stringify(context, object) -> text   a host import; 0, or where a word with the number of bytes stands and behind
 *                                        it that many of UTF-8, allocated in the arena and ours to free
 */
import { OPCODE, WasmWriter } from "./wasm-binary.ts";

export interface StringifyFunctions {
  /** The host import. */
  stringify: number;
  /** JS_JSONStringify as it was. */
  original: number;
  /** JS_NewStringLen(context, characters, bytes) */
  newString: number;
  free: number;
}

const I32 = 0x7f;
const EMPTY = 0x40;
const [BLOCK, BR_IF, RETURN, END] = [0x02, 0x0d, 0x0f, 0x0b];
const [LOCAL_GET, LOCAL_SET, LOCAL_TEE, I32_LOAD, I32_CONST, I64_CONST] = [
  0x20, 0x21, 0x22, 0x28, 0x41, 0x42,
];
const [I32_EQZ, I32_NE, I32_ADD, I32_OR, I32_WRAP_I64, I64_SHR_U] = [0x45, 0x47, 0x6a, 0x72, 0xa7, 0x88];

const [CONTEXT, VALUE, REPLACER, SPACE, TEXT] = [0, 1, 2, 3, 4];

/** Upper words of values, quickjs.h. Null is 2 and undefined is 3: one bit apart, and both mean that there is none. */
const [OBJECT, UNDEFINED, NULL_BIT] = [-1, 3, 1];

const LENGTH_BYTES = 4;

export function stringifyBody({ stringify, original, newString, free }: StringifyFunctions): Uint8Array {
  const code = new WasmWriter().byte(1, 1, I32);
  const call = (index: number) => code.byte(OPCODE.call).u32(index);
  const tag = (value: number) => code.byte(LOCAL_GET, value, I64_CONST).s32(32).byte(I64_SHR_U, I32_WRAP_I64);
  const leaveUnless = (expected: number) => code.byte(I32_CONST).s32(expected).byte(I32_NE, BR_IF, 0);
  code.byte(BLOCK, EMPTY);
  tag(VALUE);
  leaveUnless(OBJECT);
  for (const option of [REPLACER, SPACE]) {
    tag(option).byte(I32_CONST).s32(NULL_BIT).byte(I32_OR);
    leaveUnless(UNDEFINED);
  }
  code.byte(LOCAL_GET, CONTEXT, LOCAL_GET, VALUE, I32_WRAP_I64);
  call(stringify).byte(LOCAL_TEE, TEXT, I32_EQZ, BR_IF, 0);
  code.byte(LOCAL_GET, CONTEXT, LOCAL_GET, TEXT, I32_CONST).s32(LENGTH_BYTES).byte(I32_ADD);
  code.byte(LOCAL_GET, TEXT, I32_LOAD, 2, 0);
  // The value is not needed any more, and as wide as the result.
  call(newString).byte(LOCAL_SET, VALUE, LOCAL_GET, TEXT);
  call(free).byte(LOCAL_GET, VALUE, RETURN, END);
  code.byte(LOCAL_GET, CONTEXT, LOCAL_GET, VALUE, LOCAL_GET, REPLACER, LOCAL_GET, SPACE);
  return call(original).byte(END).done();
}
