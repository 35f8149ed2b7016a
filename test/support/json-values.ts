// Source of a generator of values for JSON.stringify, run within the engine: `values(seed)` is a function that makes the next
// value. Whatever runs while a value is written leaves a mark in `trace`.

export const JSON_VALUES = String.raw`
globalThis.trace = [];
globalThis.values = function (seed) {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit) => next() % limit;
  const pick = (list) => list[below(list.length)];
  const mark = (text, value) => { trace.push(text); return value; };

  const character = () =>
    pick([
      () => 97 + below(26), () => below(128), () => below(32), () => below(256), () => below(65536),
      () => 0xd800 + below(2048), () => pick([0x22, 0x5c, 0x2f, 0x7f, 0x2028, 0xfeff]),
    ])();
  const text = (length) => String.fromCharCode(...Array.from({ length }, below(3) ? () => 97 + below(26) : character));
  const long = [
    () => text(10).repeat(below(300)), () => text(1100).slice(below(20)), () => text(1500).slice(0, 1100 + below(400)),
    // Ropes: from 8 Ki characters on.
    () => text(20).repeat(450) + text(20).repeat(450), () => text(20).repeat(450).slice(below(40)) + text(3),
    () => { let rope = text(600); for (let i = below(40); i > 0; i--) rope = below(2) ? rope + text(600) : text(600) + rope; return rope; },
  ];
  const string = () => (below(16) === 0 ? pick(long)() : text(below(8) === 0 ? below(200) : below(12)));
  const bits = new Uint32Array(2);
  const double = () => { bits[0] = next(); bits[1] = next(); return new Float64Array(bits.buffer)[0]; };
  const number = () =>
    pick([
      () => below(10), () => below(100000), () => next() | 0, () => next(), () => -below(1000), double, double,
      () => below(1000000) / 100, () => pick([0, -0, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53, 1e21, 1e-7, 5e-324]),
    ])();
  const key = () => pick([() => pick(["id", "name", "a", "b", "c", "length", "__proto__x", "toString"]), () => text(1 + below(8)), () => "k" + below(50)])();

  const rare = [
    (value) => Object.assign(value, { [below(5)]: 1 }),
    // Not on arrays, which would have four thousand million elements to write.
    (value) => Array.isArray(value) ? value : Object.assign(value, { [4294967290 + below(10)]: 1, "01": 2, "-1": 3 }),
    (value) => { Object.defineProperty(value, key(), { get: () => mark("got", 1), enumerable: below(2) === 0, configurable: true }); return value; },
    (value) => Object.defineProperty(value, key() + "h", { value: 1, enumerable: false, configurable: true }),
    (value) => Object.assign(value, { toJSON: pick([undefined, 1, () => mark("told", 2), function () { return this.id; }]) }),
    (value) => Object.defineProperty(value, "toJSON", { value: () => mark("hidden toJSON", 3), configurable: true }),
    (value) => Object.setPrototypeOf(value, pick([null, { toJSON: () => mark("from above", 4) }, { inherited: 1 }, Array.prototype, [], new Date(0), class {}.prototype])),
    (value) => new Proxy(value, { get: (target, name) => mark("proxy " + String(name), target[name]), ownKeys: (target) => mark("keys", Reflect.ownKeys(target)) }),
    (value) => { for (const name of Object.keys(value)) if (below(2)) delete value[name]; return Object.assign(value, { [key()]: 5 }); },
    Object.freeze, Object.seal, Object.preventExtensions,
    (value) => Object.assign(value, { [Symbol.iterator]: 1, [Symbol("s")]: 2 }),
    (value) => { if (Array.isArray(value)) value.length += below(3); return value; },
    (value) => { if (Array.isArray(value)) delete value[below(value.length + 1)]; return value; },
    (value) => { if (Array.isArray(value)) value.extra = { more: 1 }; return value; },
    (value) => { if (Array.isArray(value)) value[value.length + below(3)] = 7; return value; },
    (value) => Object.assign(value, { self: value }),
  ];
  const odd = [
    () => new Date(below(1e9)), () => new Date(NaN), () => new Map([[1, 2]]), () => new Set([1]), () => Object(text(4)), () => Object(below(9)),
    () => Object(true), () => Object(1n), () => 1n, () => BigInt(below(1000)) * 12345678901234567890n, () => new Uint8Array(3), () => new ArrayBuffer(2),
    () => new Error("e"), () => /r/g, () => function () {}, () => class { static x = 1; }, () => Symbol("s"), () => JSON.rawJSON("1e1000"),
    () => new (class extends Array {})(1, 2), () => new (class Point { x = 1; #y = 2; get z() { return 3; } })(), () => (function () { return arguments; })(1, 2),
    () => new (class { toJSON(name) { return mark("named " + name, { name }); } })(), () => Object.create({ toJSON: undefined }),
    () => Object.create(null), () => globalThis.JSON, () => Math, () => new WeakMap(), () => Promise.resolve(1), () => [][Symbol.iterator](), () => globalThis.undefined,
    () => Array.prototype, () => Object.prototype, () => new Array(below(4)), () => Array.from({ length: below(4) }), () => new (class extends Object { x = 1; })(),
  ];

  const leaf = () => pick([string, number, number, () => below(2) === 0, () => null, () => undefined, () => Symbol.iterator])();
  // Objects in several places; not too many, because what holds what holds them is written out each time.
  const shared = [];
  let repeats = 0;
  const spoiled = (value, oddity) => (below(100) < oddity ? pick(rare)(value) : value);
  function make(depth, oddity) {
    if (below(100) < oddity) return pick(odd)();
    if (depth === 0 || below(4) === 0) return leaf();
    if (shared.length > 0 && below(12) === 0 && ++repeats < 5) return pick(shared);
    const child = () => make(depth - 1 - below(2) < 0 ? 0 : depth - 1, oddity);
    const value = pick([
      () => Array.from({ length: below(6) }, child),
      () => { const made = {}; for (let i = below(6); i > 0; i--) made[key()] = child(); return made; },
      // Alike: one shape.
      () => Array.from({ length: below(8) }, (_, id) => ({ id, name: string(), child: child(), none: below(3) ? 1 : undefined })),
      () => { const made = {}; for (let i = below(60); i > 0; i--) made["k" + i] = leaf(); return made; },
      () => Object.assign(Object.create(null), { a: child() }),
      () => new (class Row { constructor() { this.one = child(); this.two = leaf(); } })(),
    ])();
    const result = spoiled(value, oddity);
    if (below(8) === 0) shared.push(result);
    return result;
  }
  // Two in three are plain all through.
  return () => { shared.length = repeats = 0; return make(1 + below(5), pick([0, 0, 0, 0, 2, 8])); };
};

/** The text by one of the ways, or what was thrown, with everything that ran. */
globalThis.written = function (value, ...options) {
  trace.length = 0;
  let result;
  try { result = "text " + JSON.stringify(value, ...options); } catch (error) { result = "threw " + String(error); }
  return result + "\n" + trace.join();
};
`;
