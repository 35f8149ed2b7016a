import { Checks } from "../check.ts";

export const runtime = new Checks();

runtime.add(
  "timers run by their time, then by their age",
  () =>
    new Promise((resolve) => {
      const order: string[] = [];
      setTimeout(() => order.push("20"), 20);
      setTimeout((...values: unknown[]) => order.push(values.join()), 5, "5", "with", "arguments");
      setTimeout(() => order.push("0 first"));
      setTimeout(() => order.push("0 second"), 0);
      setTimeout(() => resolve(order), 40);
    }),
  ["0 first", "0 second", "5,with,arguments", "20"],
);

runtime.add(
  "microtasks run between timers",
  () =>
    new Promise((resolve) => {
      const order: string[] = [];
      setTimeout(() => {
        order.push("one");
        queueMicrotask(() => order.push("microtask"));
        void Promise.resolve().then(() => order.push("promise"));
      });
      setTimeout(() => resolve([...order, "two"]));
    }),
  ["one", "microtask", "promise", "two"],
);

runtime.add(
  "cleared timers do not run",
  () =>
    new Promise((resolve) => {
      const order: string[] = [];
      const first = setTimeout(() => order.push("no"), 1);
      const second = setTimeout(() => order.push("no"), 2);
      clearTimeout(first);
      clearInterval(second as unknown as ReturnType<typeof setInterval>);
      clearTimeout(undefined);
      clearTimeout(12345);
      setTimeout(() => resolve(order), 10);
    }),
  [],
);

runtime.add(
  "an interval runs until it is cleared",
  () =>
    new Promise((resolve) => {
      let count = 0;
      const interval = setInterval(() => {
        if (++count === 3) {
          clearInterval(interval);
          setTimeout(() => resolve(count), 10);
        }
      }, 1);
    }),
  3,
);

runtime.add(
  "a callback that is no function is a TypeError",
  (t) => [
    t.thrown(() => setTimeout("code" as unknown as () => void)),
    t.thrown(() => queueMicrotask(1 as unknown as () => void)),
  ],
  ["TypeError", "TypeError"],
);

runtime.add(
  "queueMicrotask runs after the code and before timers",
  () =>
    new Promise((resolve) => {
      const order: string[] = [];
      setTimeout(() => resolve([...order, "timer"]));
      queueMicrotask(() => order.push("microtask"));
      order.push("code");
    }),
  ["code", "microtask", "timer"],
);

runtime.add(
  "performance",
  async () => {
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const after = performance.now();
    const epoch = performance.timeOrigin + performance.now() - Date.now();
    return [after - before >= 4, Math.abs(epoch) < 1000, Object.prototype.toString.call(performance)];
  },
  [true, true, "[object Performance]"],
);

runtime.add(
  "globalThis and self are the global object",
  () => [
    typeof globalThis,
    (globalThis as { self?: unknown }).self === globalThis || typeof process === "object",
  ],
  ["object", true],
);

runtime.add(
  "navigator.userAgent is a string",
  () => [typeof navigator.userAgent, navigator.userAgent.length > 3],
  ["string", true],
);

runtime.add(
  "DOMException",
  () => {
    const e = new DOMException("message", "NotFoundError");
    return [
      e.name,
      e.message,
      e.code,
      e instanceof Error,
      String(e),
      Object.prototype.toString.call(e),
      new DOMException().name,
      DOMException.ABORT_ERR,
      typeof e.stack,
    ];
  },
  [
    "NotFoundError",
    "message",
    8,
    true,
    "NotFoundError: message",
    "[object DOMException]",
    "Error",
    20,
    "string",
  ],
);

runtime.add(
  "crypto.getRandomValues fills integers of every kind",
  () => {
    const kinds = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
    ];
    return kinds.map((kind) => {
      const Kind = kind as unknown as new (length: number) => Uint8Array<ArrayBuffer>;
      const array = new Kind(64);
      return crypto.getRandomValues(array) === array && Array.from(array).some((value) => value != 0);
    });
  },
  Array(9).fill(true),
);

runtime.add(
  "crypto.getRandomValues fills just the view",
  () => {
    const whole = new Uint8Array(300);
    crypto.getRandomValues(whole.subarray(100, 200));
    return [
      whole.subarray(0, 100).every((b) => b === 0),
      whole.subarray(100, 200).some((b) => b !== 0),
      whole.subarray(200).every((b) => b === 0),
    ];
  },
  [true, true, true],
);

runtime.add(
  "crypto.getRandomValues has limits",
  (t) => [
    t.thrown(() => crypto.getRandomValues(new Uint8Array(65_536))),
    t.thrown(() => crypto.getRandomValues(new Uint8Array(65_537))),
    t.thrown(() => crypto.getRandomValues(new Float32Array(1) as unknown as Uint8Array<ArrayBuffer>)),
    crypto.getRandomValues(new Uint8Array(0)).length,
  ],
  ["nothing", "QuotaExceededError", "TypeMismatchError", 0],
);

runtime.add(
  "crypto.randomUUID",
  () => {
    const [a, b] = [crypto.randomUUID(), crypto.randomUUID()];
    return [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(a), a !== b];
  },
  [true, true],
);

runtime.add(
  "console takes anything",
  () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const values = [
      circular,
      new Error("e"),
      new Map([[1, circular]]),
      Symbol("s"),
      1n,
      null,
      undefined,
      () => 1,
      class A {},
      new Proxy({}, {}),
      {
        get boom() {
          throw new Error("boom");
        },
      },
      Object.create(null),
      new Uint8Array(3),
      "%s%d%o%%",
      [[[[[]]]]],
    ];
    for (const name of [
      "log",
      "info",
      "debug",
      "warn",
      "error",
      "trace",
      "dir",
      "table",
      "group",
      "groupEnd",
    ] as const) {
      if (typeof process === "object") break;
      for (const value of values) console[name](value as never);
    }
    return "fine";
  },
  "fine",
);

runtime.addUnlikeNode(
  "locale methods know the C locale only",
  "the engine has no locale data",
  () => [(1234.5).toLocaleString("de-DE"), typeof Intl],
  ["1234.5", "undefined"],
);

runtime.add(
  "a Date's setters make it invalid if any argument is no number, and only setTime and the years bring it back",
  () => {
    const parts = ["Date", "Month", "FullYear", "Hours", "Minutes", "Seconds", "Milliseconds"];
    const names = [...parts.flatMap((part) => [`set${part}`, `setUTC${part}`]), "setTime", "setYear"];
    const arguments_ = [[NaN], [undefined], [Infinity], [5, NaN], [5, 1, NaN], []];
    return names.map((name) => {
      const set = (ms: number, values: unknown[]): string => {
        const date = new Date(ms) as unknown as Record<string, (...values: unknown[]) => number>;
        const answer = date[name]!(...values);
        if (!Object.is(answer, date["getTime"]!())) return "not what it answers";
        return Number.isNaN(answer) ? "-" : "ok";
      };
      const { length } = (Date.prototype as unknown as Record<string, () => void>)[name]!;
      return [name, length, ...arguments_.map((values) => set(864e5, values)), set(NaN, [5])].join(" ");
    });
  },
  [
    "setDate 1 - - - ok ok - -",
    "setUTCDate 1 - - - ok ok - -",
    "setMonth 2 - - - - ok - -",
    "setUTCMonth 2 - - - - ok - -",
    "setFullYear 3 - - - - - - ok",
    "setUTCFullYear 3 - - - - - - ok",
    "setHours 4 - - - - - - -",
    "setUTCHours 4 - - - - - - -",
    "setMinutes 3 - - - - - - -",
    "setUTCMinutes 3 - - - - - - -",
    "setSeconds 2 - - - - ok - -",
    "setUTCSeconds 2 - - - - ok - -",
    "setMilliseconds 1 - - - ok ok - -",
    "setUTCMilliseconds 1 - - - ok ok - -",
    "setTime 1 - - - ok ok - ok",
    "setYear 1 - - - ok ok - ok",
  ],
);

// Node.js calls whatever JSON.parse is.
runtime.addOnlyHere(
  "a handler's own JSON is not the platform's",
  async () => {
    const { parse, stringify } = JSON;
    const replaced = () => {
      throw new Error("replaced");
    };
    Object.assign(JSON, { parse: replaced, stringify: replaced });
    try {
      const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
        "sign",
        "verify",
      ]);
      const { kty, crv } = await crypto.subtle.exportKey("jwk", pair.publicKey);
      return [kty, crv, await new Response('{"a":1}').json()];
    } finally {
      Object.assign(JSON, { parse, stringify });
    }
  },
  ["EC", "P-256", { a: 1 }],
);
