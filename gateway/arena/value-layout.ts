/**
 * How the engine keeps values: byte offsets, bits and numbers of quickjs-ng 0.17 on wasm32 as in quickjs-wasi 3.6.2
 * (quickjs.h: JSValue with NaN boxing; quickjs.c: JSObject, JSShape, JSShapeProperty, JSString, JSStringSlice,
 * JSStringRope, JSPromiseData, JSPromiseReactionData, JSPromiseFunctionData). They belong to that very binary, whose
 * hash is pinned (module/arena-module.ts); whenever an image is made, json/proof.ts shows on values of every kind that
 * they are right, but for promises (waiting-promise.ts).
 */

/** The upper word of a value. Every upper word that is none of the engine's tags (-9 to 8) belongs to a double. */
export const TAG = {
  symbol: -8,
  string: -7,
  rope: -6,
  object: -1,
  int: 0,
  bool: 1,
  null: 2,
  undefined: 3,
} as const;
export const FIRST_TAG = -9;
export const LAST_TAG = 7;

/** What is added to a double's upper word to get its own bits back (JS_FLOAT64_TAG_ADDEND). */
export const DOUBLE_ADDEND = 0x7ff8_000a;

export const CONTEXT = { runtime: 8 } as const;
export const RUNTIME = { atomSize: 556, atomArray: 568 } as const;

/** `head`: flags in the low byte, the class in the upper half. */
export const OBJECT = {
  head: 8,
  shape: 12,
  properties: 16,
  data: 24,
  arrayValues: 28,
  arrayCount: 32,
} as const;

/** Of an object's head; the flags are is_exotic and fast_array. */
export const HEAD = { flags: 0x18, classShift: 16 } as const;
/** JS_CLASS_PROMISE and JS_CLASS_PROMISE_RESOLVE_FUNCTION. */
export const CLASS = { promise: 52, resolver: 53 } as const;
/** A promise's data: its state, and the head of the list of those who wait for it to be fulfilled (JS_PROMISE_PENDING is 0). */
export const PROMISE = { state: 0, pending: 0, listeners: 4 } as const;
/** Of a list's head, and of each in it; each is also a JSPromiseReactionData with the function that is called. */
export const LISTENER = { next: 4, handler: 24 } as const;
/** Data of the function that resolves a promise. */
export const RESOLVER = { promise: 0 } as const;
/** Class JS_CLASS_OBJECT with neither flag; JS_CLASS_ARRAY with both, which means that all elements are in one vector. */
export const PLAIN_OBJECT = { flags: 0, class: 1 } as const;
export const FAST_ARRAY = { flags: 0x18, class: 2 } as const;

export const SHAPE = { hashMask: 16, propertyCount: 24, prototype: 36, hashTable: 40 } as const;

/** An entry of a shape's list, two words: flags in the upper 6 bits of the first, the name's atom in the second. */
export const ENTRY = { bytes: 8, flagsShift: 26, atom: 4 } as const;
/** JS_PROP_ENUMERABLE, JS_PROP_LENGTH, JS_PROP_TMASK (0: a value, not a getter, a variable or one made on first use). */
export const FLAG = { enumerable: 4, length: 8, kind: 0x30 } as const;

/** A property's or element's value. */
export const VALUE_BYTES = 8;

/** JS_ATOM_toJSON; an atom with the highest bit set is an array index, and negative as a signed word. */
export const ATOM_TO_JSON = 154;

export const STRING = { length: 0, kind: 4, characters: 24 } as const;
/** The highest bit of a string's length word says that its characters have 16 bits. */
export const LENGTH_MASK = 0x7fff_ffff;
/** In the upper 4 bits of a string's second word: what sort of atom it is, and where its characters are. */
export const KIND = {
  atomShift: 30,
  stringAtom: 1,
  placeShift: 28,
  placeMask: 3,
  inPlace: 0,
  slice: 1,
} as const;
/** Of a slice: the string whose characters it shows, and where it begins in them, in bytes. */
export const SLICE = { parent: 24, start: 28 } as const;

/** Two strings or ropes that are one string; concatenated when somebody needs the characters. */
export const ROPE = { left: 8, right: 16 } as const;
/** JS_STRING_ROPE_MAX_DEPTH */
export const ROPE_DEPTH = 60;
