/**
 * JSON.stringify of plain data, read from the arena's memory. The engine asks before it sets out itself
 * (module/stringify-entry.ts); what is not plain it then does as ever.
 *
 * Plain is what is written without running code of the handler and without an exception: objects whose own enumerable properties
 * are values, arrays without holes, strings, numbers, booleans, null, undefined, symbols; no toJSON on an object nor above it, where
 * all are ordinary objects and arrays. The model is js_json_check and js_json_to_str in quickjs.c. Nothing can change meanwhile,
 * since nothing in the arena runs.
 *
 * Nothing in the arena is trusted: reads are bounded, steps are counted, depth and text have a
 * limit. Past any of them the answer is "not here", and the engine finds what is the matter.
 *
 * Owner: the thread, which has one. Bound: its buffers, JSON_SCRATCH_BYTES.
 */
import {
  DOUBLE_ADDEND,
  FIRST_TAG,
  LAST_TAG,
  OBJECT,
  ROPE,
  ROPE_DEPTH,
  TAG,
  VALUE_BYTES,
} from "../value-layout.ts";
import { type Memory, NO_PLAN, PLAN, PLANS_BYTES, Plans, isFastArray, isPlainObject } from "./plans.ts";
import { StringPlace } from "./string-place.ts";
import { TEXT_BUFFER_BYTES, TextBuffer } from "./text-buffer.ts";

/**
 * What is looked at for one text and may leave nothing in it (properties, also of prototypes, and pieces of strings); the rest is
 * bounded by the text's own limit. About a millisecond.
 */
const STEPS_MAX = 65_536;

/** The fraction in a double's upper word; all of it is 0 for powers of two. */
const FRACTION_BITS = 0x000f_ffff;
/** A decimal of up to 15 digits is the only one of its length for a double. */
const SURE_CHARACTERS = 15;

/** Of objects within objects. */
export const DEPTH_MAX = 64;

const [COMMA, COLON, QUOTE] = [0x2c, 0x3a, 0x22];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** What a thread keeps for it; THREAD.jsonBytes of the plan is no less. */
export const JSON_SCRATCH_BYTES = TEXT_BUFFER_BYTES + PLANS_BYTES;

export class PlainJson {
  /** UTF-8, `length` bytes, until the next text. */
  readonly text = new TextBuffer();
  readonly #plans = new Plans();
  readonly #place = new StringPlace();
  /** The objects that the present one is in, the outermost last. */
  readonly #around = new Int32Array(DEPTH_MAX);
  /** Right parts of ropes that are still to come. */
  readonly #ropeRest = new Int32Array(2 * ROPE_DEPTH);
  readonly #double = new Float64Array(1);
  readonly #doubleWords = new Int32Array(this.#double.buffer);
  #memory!: Memory;
  #words!: Int32Array;

  /** Whether the object was plain: then its text stands in `text`. Changes nothing in the arena. */
  write(memory: Memory, context: number, object: number): boolean {
    this.#memory = memory;
    this.#words = memory.words;
    this.text.length = 0;
    this.#plans.begin(memory, context, STEPS_MAX);
    return this.#object(object, DEPTH_MAX) && !this.text.isFull;
  }

  #word(address: number): number {
    return this.#words[address >>> 2]! | 0;
  }

  /** By the two words of a value. */
  #value(low: number, tag: number, depth: number): boolean {
    const { text } = this;
    if (text.isFull) return false;
    switch (tag) {
      case TAG.string:
        return this.#string(low);
      case TAG.int:
        text.putInteger(low);
        return true;
      case TAG.object:
        return this.#object(low, depth);
      case TAG.bool:
        text.putLiteral(low === 0 ? "false" : "true");
        return true;
      case TAG.null:
        text.putLiteral("null");
        return true;
      case TAG.rope:
        return this.#rope(low);
      default:
        return this.#number(low, tag);
    }
  }

  #object(pointer: number, depth: number): boolean {
    if (depth === 0) return false;
    const around = this.#around;
    for (let level = depth; level < DEPTH_MAX; level++) if (around[level] === pointer) return false;
    around[depth - 1] = pointer;
    const head = this.#word(pointer + OBJECT.head);
    if (isPlainObject(head)) return this.#properties(pointer, depth - 1);
    return isFastArray(head) && this.#elements(pointer, depth - 1);
  }

  #properties(object: number, depth: number): boolean {
    const { text } = this;
    const plans = this.#plans;
    const plan = plans.ofObjects(this.#word(object + OBJECT.shape));
    if (plan === NO_PLAN) return false;
    const values = this.#word(object + OBJECT.properties);
    const end = plan + 1 + plans.words[plan]! * PLAN.entryWords;
    let first = true;
    text.put(OPEN_BRACE);
    for (let entry = plan + 1; entry < end; entry += PLAN.entryWords) {
      if (--plans.steps < 0) return false;
      const value = values + plans.words[entry + PLAN.value]!;
      const tag = this.#word(value + 4);
      if (tag === TAG.undefined || tag === TAG.symbol) continue;
      if (!first) text.put(COMMA);
      first = false;
      if (!this.#name(entry) || !this.#value(this.#word(value), tag, depth)) return false;
    }
    text.put(CLOSE_BRACE);
    return true;
  }

  /** The first object of a shape has its names quoted, the others have them copied from there. */
  #name(entry: number): boolean {
    const { text } = this;
    const { words } = this.#plans;
    const known = words[entry + PLAN.textStart]!;
    if (known >= 0) return text.putAgain(known, words[entry + PLAN.textBytes]!);
    const start = text.length;
    if (!this.#string(words[entry + PLAN.name]!)) return false;
    text.put(COLON);
    words[entry + PLAN.textStart] = start;
    words[entry + PLAN.textBytes] = text.length - start;
    return true;
  }

  #elements(array: number, depth: number): boolean {
    const { text } = this;
    if (this.#plans.ofArrays(this.#word(array + OBJECT.shape)) === NO_PLAN) return false;
    const count = this.#word(array + OBJECT.arrayCount);
    // An array's length is its first property. What is beyond the elements are holes.
    const length = this.#word(array + OBJECT.properties);
    if (this.#word(length + 4) !== TAG.int || this.#word(length) !== count) return false;
    let value = this.#word(array + OBJECT.arrayValues);
    text.put(OPEN_BRACKET);
    for (let index = 0; index < count; index++, value += VALUE_BYTES) {
      if (index > 0) text.put(COMMA);
      const tag = this.#word(value + 4);
      const shown = tag === TAG.undefined || tag === TAG.symbol ? TAG.null : tag;
      if (!this.#value(this.#word(value), shown, depth)) return false;
    }
    text.put(CLOSE_BRACKET);
    return true;
  }

  #string(pointer: number): boolean {
    const { text } = this;
    text.put(QUOTE);
    if (!this.#place.find(this.#words, pointer) || !this.#characters()) return false;
    text.put(QUOTE);
    return true;
  }

  #characters(): boolean {
    const { start, count, wide } = this.#place;
    const { bytes } = this.#memory;
    return wide
      ? this.text.putWide(bytes, start, count)
      : this.text.putNarrow(bytes, this.#words, start, count);
  }

  /** From left to right. In wide pieces a pair of surrogates can be divided between two of them: those are left to the engine. */
  #rope(pointer: number): boolean {
    const rest = this.#ropeRest;
    let waiting = 0;
    let [low, tag]: [number, number] = [pointer, TAG.rope];
    this.text.put(QUOTE);
    for (;;) {
      if (--this.#plans.steps < 0) return false;
      if (tag === TAG.rope) {
        if (waiting === rest.length) return false;
        rest[waiting++] = this.#word(low + ROPE.right);
        rest[waiting++] = this.#word(low + ROPE.right + 4);
        tag = this.#word(low + ROPE.left + 4);
        low = this.#word(low + ROPE.left);
        continue;
      }
      if (tag !== TAG.string || !this.#place.find(this.#words, low)) return false;
      if (this.#place.wide || !this.#characters()) return false;
      if (waiting === 0) break;
      tag = rest[--waiting]!;
      low = rest[--waiting]!;
    }
    this.text.put(QUOTE);
    return true;
  }

  /** Doubles; anything that has a tag and was not dealt with is not plain. */
  #number(low: number, tag: number): boolean {
    if (tag >= FIRST_TAG && tag <= LAST_TAG) return false;
    const high = (tag + DOUBLE_ADDEND) | 0;
    this.#doubleWords[0] = low;
    this.#doubleWords[1] = high;
    const value = this.#double[0]!;
    const text = Number.isFinite(value) ? String(value) : "null";
    // Below a power of two numbers lie twice as close as above it, and there the engine (js_dtoa in dtoa.c) can miss the shortest
    // decimal that reads back as the same number, which is what V8 writes. With few digits there is only one.
    if (low === 0 && (high & FRACTION_BITS) === 0 && text.length > SURE_CHARACTERS) return false;
    this.text.putLiteral(text);
    return true;
  }
}
