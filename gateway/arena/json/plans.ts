/**
 * What objects of one shape have to be written: a list of their enumerable properties, made once per text for each shape. Shapes are
 * the engine's hidden classes: objects made alike share one, with the names of their properties and their prototype.
 *
 * A plan is good for one text only: what stands at a shape's address or under an atom's number may be another one the next time.
 *
 * Owner: the thread's PlainJson. Bound: PLAN_ENTRIES of all plans together, and the caller's steps.
 */
import {
  ATOM_TO_JSON,
  CONTEXT,
  ENTRY,
  FAST_ARRAY,
  FLAG,
  HEAD,
  KIND,
  OBJECT,
  PLAIN_OBJECT,
  RUNTIME,
  SHAPE,
  STRING,
  VALUE_BYTES,
} from "../value-layout.ts";
import { SHAPES_MAX, ShapeTable, TABLE_BYTES, UNKNOWN } from "./shape-table.ts";
import { StringPlace } from "./string-place.ts";

/** An arena's, as words and as bytes. */
export interface Memory {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
}

/** Properties of all shapes in one text. */
const PLAN_ENTRIES = 8192;

/** Prototypes above one object; what has more is no plain data. */
const CHAIN_MAX = 16;

/** 4,294,967,294 is the last index. */
const INDEX_DIGITS = 10;
const [DIGIT_0, DIGIT_9] = [0x30, 0x39];

/** What is returned for a shape whose objects the engine has to write. */
export const NO_PLAN = -1;

/** A plan is a word, how many entries there are, and the entries. */
export const PLAN = {
  /** Of an entry: where the value is, from the object's properties on; the name's string; the text `"name":` where it stands in this very text. */
  value: 0,
  name: 1,
  textStart: 2,
  textBytes: 3,
  entryWords: 4,
} as const;

const PLAN_WORDS = SHAPES_MAX + PLAN_ENTRIES * PLAN.entryWords;
export const PLANS_BYTES = 4 * PLAN_WORDS + 2 * TABLE_BYTES;

export class Plans {
  readonly words = new Int32Array(PLAN_WORDS);
  /** How many more words may be looked at for this text; below 0 it is over. */
  steps = 0;
  readonly #objects = new ShapeTable();
  readonly #arrays = new ShapeTable();
  #used = 0;
  #memory!: Int32Array;
  #bytes!: Uint8Array;
  readonly #place = new StringPlace();
  #atoms = 0;
  #atomCount = 0;

  begin({ words, bytes }: Memory, context: number, steps: number): void {
    this.#memory = words;
    this.#bytes = bytes;
    const runtime = this.#word(context + CONTEXT.runtime);
    this.#atoms = this.#word(runtime + RUNTIME.atomArray);
    this.#atomCount = this.#word(runtime + RUNTIME.atomSize);
    this.#objects.forget();
    this.#arrays.forget();
    this.#used = 0;
    this.steps = steps;
  }

  /** The plan for objects of a shape, an index into `words`, or NO_PLAN. */
  ofObjects(shape: number): number {
    const known = this.#objects.get(shape);
    return known === UNKNOWN ? this.#remember(this.#objects, shape, this.#make(shape)) : known;
  }

  /** NO_PLAN, or else arrays of this shape have a length and no toJSON. Elements are not in the shape. */
  ofArrays(shape: number): number {
    const known = this.#arrays.get(shape);
    if (known !== UNKNOWN) return known;
    return this.#remember(this.#arrays, shape, this.#isPlainArray(shape) ? 0 : NO_PLAN);
  }

  #remember(table: ShapeTable, shape: number, plan: number): number {
    return table.set(shape, plan) ? plan : NO_PLAN;
  }

  #word(address: number): number {
    return this.#memory[address >>> 2]! | 0;
  }

  #make(shape: number): number {
    const count = this.#word(shape + SHAPE.propertyCount);
    if (!this.#mayWalk(count) || this.#used + 1 + count * PLAN.entryWords > this.words.length) return NO_PLAN;
    if (!this.#hasPlainPrototypes(shape)) return NO_PLAN;
    const { words } = this;
    const plan = this.#used;
    let next = plan + 1;
    const first = this.#firstEntry(shape);
    for (let index = 0; index < count; index++) {
      const flags = this.#word(first + index * ENTRY.bytes) >>> ENTRY.flagsShift;
      const atom = this.#word(first + index * ENTRY.bytes + ENTRY.atom);
      // What a deleted property leaves.
      if (atom === 0) continue;
      if (atom === ATOM_TO_JSON || (flags & FLAG.kind) !== 0) return NO_PLAN;
      if ((flags & FLAG.enumerable) === 0) continue;
      // Indexes come before all other names, in ascending order.
      if (atom < 0) return NO_PLAN;
      const name = atom < this.#atomCount ? this.#word(this.#atoms + 4 * atom) : 0;
      if (this.#word(name + STRING.kind) >>> KIND.atomShift !== KIND.stringAtom) continue;
      if (this.#mayBeIndex(name)) return NO_PLAN;
      words[next + PLAN.value] = index * VALUE_BYTES;
      words[next + PLAN.name] = name;
      words[next + PLAN.textStart] = -1;
      next += PLAN.entryWords;
    }
    words[plan] = (next - plan - 1) / PLAN.entryWords;
    this.#used = next;
    return plan;
  }

  #isPlainArray(shape: number): boolean {
    const flags = this.#word(this.#firstEntry(shape)) >>> ENTRY.flagsShift;
    return (flags & FLAG.length) !== 0 && !this.#mentionsToJson(shape) && this.#hasPlainPrototypes(shape);
  }

  /** The list of entries stands behind the shape's hash table. */
  #firstEntry(shape: number): number {
    return shape + SHAPE.hashTable + 4 * (this.#word(shape + SHAPE.hashMask) + 1);
  }

  #mayWalk(count: number): boolean {
    if (count < 0 || count > this.steps) {
      this.steps = -1;
      return false;
    }
    this.steps -= count;
    return true;
  }

  #mentionsToJson(shape: number): boolean {
    const count = this.#word(shape + SHAPE.propertyCount);
    if (!this.#mayWalk(count)) return true;
    const first = this.#firstEntry(shape) + ENTRY.atom;
    for (let index = 0; index < count; index++)
      if (this.#word(first + index * ENTRY.bytes) === ATOM_TO_JSON) return true;
    return false;
  }

  /** Whether a look for toJSON goes through ordinary objects and arrays and finds nothing. */
  #hasPlainPrototypes(shape: number): boolean {
    let prototype = this.#word(shape + SHAPE.prototype);
    for (let length = 0; prototype !== 0; length++) {
      if (length === CHAIN_MAX) return false;
      const head = this.#word(prototype + OBJECT.head);
      if (!isPlainObject(head) && !isFastArray(head)) return false;
      const shapeAbove = this.#word(prototype + OBJECT.shape);
      if (this.#mentionsToJson(shapeAbove)) return false;
      prototype = this.#word(shapeAbove + SHAPE.prototype);
    }
    return true;
  }

  /** What JS_AtomIsArrayIndex says of longer numbers, but for ten digits that are too many: those as well are left to the engine. */
  #mayBeIndex(name: number): boolean {
    const place = this.#place;
    if (!place.find(this.#memory, name)) return true;
    if (place.count === 0 || place.count > INDEX_DIGITS) return false;
    for (let index = 0; index < place.count; index++) {
      const character = place.at(this.#bytes, index);
      if (character < DIGIT_0 || character > DIGIT_9) return false;
    }
    return true;
  }
}

export function isPlainObject(head: number): boolean {
  return (head & HEAD.flags) === PLAIN_OBJECT.flags && head >>> HEAD.classShift === PLAIN_OBJECT.class;
}

export function isFastArray(head: number): boolean {
  return (head & HEAD.flags) === FAST_ARRAY.flags && head >>> HEAD.classShift === FAST_ARRAY.class;
}
