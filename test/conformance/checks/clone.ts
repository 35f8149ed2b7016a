import { Checks } from "../check.ts";

export const clone = new Checks();

clone.add(
  "plain things",
  () => {
    const value = { a: [1, , "x", null, undefined], b: { c: true }, d: new Date(5), e: -0 };
    const copy = structuredClone(value);
    return [
      copy,
      1 in copy.a,
      copy.d instanceof Date,
      Object.is(copy.e, -0),
      copy.b !== value.b,
      copy.a.length,
    ];
  },
  [
    { a: [1, null, "x", null, null], b: { c: true }, d: "1970-01-01T00:00:00.005Z", e: 0 },
    false,
    true,
    true,
    true,
    5,
  ],
);

clone.add(
  "maps, sets, regular expressions, bigints, boxed values",
  () => {
    const copy = structuredClone({
      m: new Map([[{ k: 1 }, new Set([2])]]),
      r: /x/gi,
      n: 5n,
      s: Object("str"),
      b: Object(false),
      i: Object(7n),
    });
    return [
      [...copy.m].map(([k, v]) => [k, [...v]]),
      String(copy.r),
      String(copy.n),
      copy.s instanceof String,
      String(copy.s),
      (copy.b as boolean).valueOf(),
      String(copy.i),
    ];
  },
  [[[{ k: 1 }, [2]]], "/x/gi", "5", true, "str", false, "7"],
);

clone.add(
  "cycles and shared objects stay so",
  () => {
    const shared = { x: 1 };
    const value: Record<string, unknown> = { one: shared, two: shared };
    value["self"] = value;
    const copy = structuredClone(value);
    return [copy["self"] === copy, copy["one"] === copy["two"], copy["one"] !== shared];
  },
  [true, true, true],
);

clone.add(
  "buffers and views, sharing kept",
  () => {
    const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
    const copy = structuredClone({
      buffer,
      view: new Uint8Array(buffer, 1, 2),
      data: new DataView(buffer, 2),
    });
    copy.view[0] = 9;
    return [
      copy.view.buffer === copy.buffer,
      [...new Uint8Array(copy.buffer)],
      copy.data.byteLength,
      copy.data.getUint8(0),
      new Uint8Array(buffer)[1],
    ];
  },
  [true, [1, 9, 3, 4], 2, 3, 2],
);

clone.add(
  "errors",
  () => {
    const copy = structuredClone(new RangeError("r", { cause: { a: 1 } }));
    const dom = structuredClone(new DOMException("d", "AbortError"));
    return [
      copy instanceof RangeError,
      copy.name,
      copy.message,
      copy.cause,
      dom instanceof DOMException,
      dom.name,
      dom.code,
    ];
  },
  [true, "RangeError", "r", { a: 1 }, true, "AbortError", 20],
);

clone.add(
  "only own enumerable properties, without their prototypes",
  () => {
    class Point {
      x = 1;
      get y() {
        return 2;
      }
    }
    const value = Object.assign(new Point(), {
      get z() {
        return 3;
      },
    });
    const copy = structuredClone(value) as object;
    return [
      copy,
      Object.getPrototypeOf(copy) === Object.prototype,
      Object.getOwnPropertyDescriptor(copy, "z")!.value,
    ];
  },
  [{ x: 1, z: 3 }, true, 3],
);

clone.add(
  "what cannot be cloned is a DataCloneError",
  (t) =>
    [
      () => 1,
      Symbol(),
      { f() {} },
      new WeakMap(),
      new WeakSet(),
      Promise.resolve(),
      new WeakRef({}),
      [function* () {}],
      new Headers(),
      new Response(),
    ].map((value) => t.thrown(() => structuredClone(value))),
  Array(10).fill("DataCloneError"),
);

clone.add(
  "transfer moves a buffer",
  (t) => {
    const buffer = new Uint8Array([1, 2]).buffer;
    const copy = structuredClone({ view: new Uint8Array(buffer) }, { transfer: [buffer] });
    return [
      [...copy.view],
      buffer.byteLength,
      t.thrown(() => structuredClone(buffer)),
      t.thrown(() => structuredClone(1, { transfer: [buffer] })),
      t.thrown(() => structuredClone(1, { transfer: [{} as ArrayBuffer] })),
    ];
  },
  [[1, 2], 0, "DataCloneError", "DataCloneError", "DataCloneError"],
);

clone.add(
  "a failed clone transfers nothing",
  (t) => {
    const buffer = new ArrayBuffer(4);
    return [
      t.thrown(() => structuredClone({ buffer, f() {} }, { transfer: [buffer] })),
      buffer.byteLength,
      t.thrown(() => structuredClone(1, { transfer: [buffer, buffer] })),
    ];
  },
  ["DataCloneError", 4, "DataCloneError"],
);

clone.add(
  "no argument is a TypeError",
  (t) => t.thrown(() => (structuredClone as () => void)()),
  "TypeError",
);

clone.add(
  "MessageChannel carries clones, in order",
  async () => {
    const { port1, port2 } = new MessageChannel();
    const message = { a: [1] };
    const received = new Promise<unknown[]>((resolve) => {
      const all: unknown[] = [];
      port2.onmessage = (event) => {
        all.push(event.data);
        if (all.length === 2) resolve(all);
      };
    });
    port1.postMessage(message);
    message.a.push(2);
    port1.postMessage("second");
    const all = await received;
    port1.close();
    return all;
  },
  [{ a: [1] }, "second"],
);
