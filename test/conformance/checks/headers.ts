import { Checks } from "../check.ts";

export const headers = new Checks();

headers.add(
  "names are case-insensitive and come out in lower case",
  () => {
    const h = new Headers({ "X-One": "1" });
    return [h.get("x-ONE"), [...h.keys()]];
  },
  ["1", ["x-one"]],
);

headers.add(
  "values of one name are combined in their order",
  () => {
    const h = new Headers([
      ["a", "1"],
      ["b", "2"],
      ["A", "3"],
    ]);
    return [h.get("a"), [...h]];
  },
  [
    "1, 3",
    [
      ["a", "1, 3"],
      ["b", "2"],
    ],
  ],
);

headers.add(
  "set-cookie is never combined",
  () => {
    const h = new Headers([
      ["Set-Cookie", "a=1"],
      ["x", "y"],
      ["set-cookie", "b=2"],
    ]);
    return [h.getSetCookie(), [...h], h.get("set-cookie"), new Headers().getSetCookie()];
  },
  [
    ["a=1", "b=2"],
    [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x", "y"],
    ],
    "a=1, b=2",
    [],
  ],
);

headers.add(
  "iteration is sorted by name",
  () => [
    ...new Headers([
      ["c", "1"],
      ["a", "2"],
      ["b", "3"],
    ]).keys(),
  ],
  ["a", "b", "c"],
);

headers.add(
  "white space around a value is taken away, inside it stays",
  () => {
    const h = new Headers({ a: "  x  y\t ", b: "\r\nz\n" });
    return [h.get("a"), h.get("b"), new Headers([["c", ""]]).get("c")];
  },
  ["x  y", "z", ""],
);

headers.add(
  "a name that is no token is a TypeError",
  (t) =>
    ["", "a b", "a:", "é", "a\n", "(", "[", "\u0000", "a\u0100"].map((name) =>
      t.thrown(() => new Headers([[name, "x"]])),
    ),
  Array(9).fill("TypeError"),
);

headers.add(
  "all characters of a token may be in a name",
  () => {
    const name = "!#$%&'*+-.^_`|~09azAZ";
    return new Headers([[name, "x"]]).get(name.toLowerCase());
  },
  "x",
);

headers.add(
  "a value with a line break, a NUL or a character above U+00FF is a TypeError",
  (t) =>
    ["a\nb", "a\rb", "a\0b", "a\u0100", "\ud83d\ude00"].map((value) =>
      t.thrown(() => new Headers({ x: value })),
    ),
  Array(5).fill("TypeError"),
);

headers.add(
  "a value may have characters up to U+00FF",
  () => new Headers({ x: "caf\u00e9" }).get("x"),
  "caf\u00e9",
);

headers.addUnlikeNode(
  "a value with a control character is a TypeError",
  "the standard allows what HTTP/1.1 does not",
  (t) => ["a\u0001b", "a\u007f"].map((value) => t.thrown(() => new Headers({ x: value }))),
  ["TypeError", "TypeError"],
);

headers.add(
  "set replaces the first and removes the others",
  () => {
    const h = new Headers([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ]);
    h.set("A", "4");
    return [...h];
  },
  [
    ["a", "4"],
    ["b", "2"],
  ],
);

headers.add(
  "append, has, delete",
  () => {
    const h = new Headers();
    h.append("a", "1");
    h.append("a", "2");
    const before = [h.has("A"), h.get("a")];
    h.delete("A");
    h.delete("not-there");
    return [...before, h.has("a"), h.get("a")];
  },
  [true, "1, 2", false, null],
);

headers.add(
  "invalid names are refused by every method",
  (t) => {
    const h = new Headers();
    return [
      () => h.get("a b"),
      () => h.has(""),
      () => h.delete("é"),
      () => h.set("a b", "x"),
      () => h.append("", "x"),
    ].map(t.thrown);
  },
  Array(5).fill("TypeError"),
);

headers.add(
  "numbers and objects are made strings",
  () => {
    const h = new Headers();
    h.set("n", 12 as unknown as string);
    h.append("o", { toString: () => "text" } as unknown as string);
    return [h.get("n"), h.get("o")];
  },
  ["12", "text"],
);

headers.add(
  "a Headers can be made from a Headers, a Map, pairs and a record",
  () => {
    const pairs: [string, string][] = [
      ["a", "1"],
      ["b", "2"],
    ];
    const all = [
      new Headers(pairs),
      new Headers(new Map(pairs) as unknown as [string, string][]),
      new Headers({ a: "1", b: "2" }),
    ];
    return [...all, new Headers(all[0])].map((h) => [...h].join());
  },
  Array(4).fill("a,1,b,2"),
);

headers.add(
  "a copy is a copy",
  () => {
    const one = new Headers({ a: "1" });
    const two = new Headers(one);
    two.set("a", "2");
    return [one.get("a"), two.get("a")];
  },
  ["1", "2"],
);

headers.add(
  "a copy has several values of a name, cookies one by one, and the order of the standard",
  () => {
    const h = new Headers([
      ["set-cookie", "a=1"],
      ["b", "1"],
      ["a", "2"],
      ["b", "3"],
      ["set-cookie", "b=2"],
    ]);
    const copy = new Headers(h);
    return [copy.get("b"), copy.getSetCookie(), [...copy]];
  },
  [
    "1, 3",
    ["a=1", "b=2"],
    [
      ["a", "2"],
      ["b", "1, 3"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ],
  ],
);

headers.add(
  "a Headers that iterates in its own way is copied in that way",
  () => {
    const own = new Headers({ a: "1" });
    Object.defineProperty(own, Symbol.iterator, { value: () => [["b", "2"]].values() });
    class Louder extends Headers {}
    Object.defineProperty(Louder.prototype, Symbol.iterator, { value: () => [["c", "3"]].values() });
    return [[...new Headers(own)], [...new Headers(new Louder({ a: "1" }))]];
  },
  [[["b", "2"]], [["c", "3"]]],
);

headers.add(
  "null, numbers and lopsided pairs are TypeErrors",
  (t) =>
    [null, 1, "text", [["a"]], [["a", "b", "c"]], [1]].map((init) =>
      t.thrown(() => new Headers(init as unknown as undefined)),
    ),
  ["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"],
);

headers.add("undefined is no init", () => [...new Headers(undefined)], []);

headers.addUnlikeNode(
  "a record's own enumerable properties count",
  "Node.js takes those that are not enumerable, too",
  () => {
    const record = Object.create({ inherited: "no" }) as Record<string, string>;
    record["own"] = "yes";
    Object.defineProperty(record, "hidden", { value: "no", enumerable: false });
    return [...new Headers(record)];
  },
  [["own", "yes"]],
);

headers.add(
  "forEach gives value, name, headers in order, with its this",
  () => {
    const seen: unknown[] = [];
    const h = new Headers({ b: "2", a: "1" });
    h.forEach(function (this: unknown, value, name, all) {
      seen.push([value, name, all === h, this]);
    }, "this");
    return seen;
  },
  [
    ["1", "a", true, "this"],
    ["2", "b", true, "this"],
  ],
);

headers.add(
  "an iterator sees what is added while it runs",
  () => {
    const h = new Headers({ a: "1", c: "3" });
    const names: string[] = [];
    for (const [name] of h) {
      names.push(name);
      if (name === "a") h.set("b", "2");
    }
    return names;
  },
  ["a", "b", "c"],
);

headers.add(
  "iterators are iterable, tagged and have no own next",
  () => {
    const iterator = new Headers({ a: "1" }).entries();
    const prototype = Object.getPrototypeOf(iterator) as object;
    return [
      iterator[Symbol.iterator]() === iterator,
      Object.prototype.toString.call(iterator),
      Object.getPrototypeOf(prototype) ===
        Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
    ];
  },
  [true, "[object Headers Iterator]", true],
);

headers.add(
  "methods are enumerable, the class is not",
  () => [
    Object.keys(Headers.prototype).includes("get"),
    Object.keys(globalThis).includes("Headers"),
    Object.prototype.toString.call(new Headers()),
    Headers.prototype.entries === Headers.prototype[Symbol.iterator],
  ],
  [true, false, "[object Headers]", true],
);

headers.add(
  "methods on something else are TypeErrors",
  (t) => [
    t.thrown(() => Headers.prototype.get.call({} as Headers, "a")),
    t.thrown(() => (Headers as unknown as () => void)()),
  ],
  ["TypeError", "TypeError"],
);

headers.add(
  "a response's immutable headers refuse every change",
  (t) => {
    const h = Response.redirect("http://example.com/").headers;
    return [() => h.set("a", "1"), () => h.append("a", "1"), () => h.delete("a")].map(t.thrown);
  },
  ["TypeError", "TypeError", "TypeError"],
);
