import { Checks } from "../check.ts";

export const blob = new Checks();

blob.add(
  "parts of every kind",
  async () => {
    const b = new Blob([
      "a",
      new Uint8Array([98]),
      new Uint8Array([99]).buffer,
      new Blob(["d"]),
      1 as unknown as string,
      new DataView(new Uint8Array([120, 101]).buffer, 1),
    ]);
    return [b.size, await b.text(), new Blob().size, new Blob([]).type];
  },
  [6, "abcd1e", 0, ""],
);

blob.add(
  "types are made lower case, strange ones dropped",
  () => ["Text/Plain", "a/b;C=D", "é", "a\u007f"].map((type) => new Blob([], { type }).type),
  ["text/plain", "a/b;c=d", "", ""],
);

blob.add(
  "what is not iterable, or strange endings, are TypeErrors",
  (t) => [
    ...["text", 1, {}, null].map((parts) => t.thrown(() => new Blob(parts as unknown as string[]))),
    t.thrown(() => new Blob([], { endings: "no" as "native" })),
  ],
  Array(5).fill("TypeError"),
);

blob.add(
  "a lone surrogate is U+FFFD",
  async (t) => t.hex(await new Blob(["\ud800"]).arrayBuffer()),
  "efbfbd",
);

blob.add(
  "slices",
  async () => {
    const b = new Blob(["0123456789"], { type: "a/b" });
    const text = (...range: [number?, number?, string?]) => b.slice(...range).text();
    return [
      await text(),
      await text(2),
      await text(2, 4),
      await text(-3),
      await text(-3, -1),
      await text(5, 2),
      await text(0, 99),
      b.slice(0, 1).type,
      b.slice(0, 1, "C/D").type,
    ];
  },
  ["0123456789", "23456789", "23", "789", "78", "", "0123456789", "", "c/d"],
);

blob.add(
  "arrayBuffer and bytes are copies",
  async () => {
    const b = new Blob(["ab"]);
    const bytes = await b.bytes();
    bytes[0] = 0;
    new Uint8Array(await b.arrayBuffer())[1] = 0;
    return b.text();
  },
  "ab",
);

blob.add(
  "stream",
  async (t) => (await t.drain(new Blob(["ab"]).stream())).map((chunk) => t.hex(chunk as Uint8Array)),
  ["6162"],
);

blob.add(
  "File",
  async (t) => {
    const file = new File(["x"], "na/me.txt", { type: "text/plain", lastModified: 12 });
    return [
      file.name,
      file.size,
      file.type,
      file.lastModified,
      await file.text(),
      file instanceof Blob,
      Object.prototype.toString.call(file),
      typeof new File([], "").lastModified,
      t.thrown(() => new (File as unknown as new (parts: unknown[]) => File)([])),
    ];
  },
  ["na/me.txt", 1, "text/plain", 12, "x", true, "[object File]", "number", "TypeError"],
);

blob.add(
  "FormData: append, set, get, getAll, has, delete",
  () => {
    const f = new FormData();
    f.append("a", "1");
    f.append("b", "2");
    f.append("a", "3");
    const before = [f.get("a"), f.getAll("a"), f.has("a"), f.get("no"), f.getAll("no"), f.has("no")];
    f.set("a", "4");
    f.set("c", "5");
    const after = [...f];
    f.delete("a");
    return [...before, after, [...f.keys()]];
  },
  [
    "1",
    ["1", "3"],
    true,
    null,
    [],
    false,
    [
      ["a", "4"],
      ["b", "2"],
      ["c", "5"],
    ],
    ["b", "c"],
  ],
);

blob.add(
  "FormData makes Files of Blobs",
  () => {
    const f = new FormData();
    f.append("a", new Blob(["x"], { type: "a/b" }));
    f.append("b", new Blob(["x"]), "name.txt");
    f.append("c", new File(["x"], "own.txt"));
    f.append("d", new File(["x"], "own.txt"), "other.txt");
    return [...f.values()].map((value) => [
      (value as File).name,
      (value as File).type,
      value instanceof File,
    ]);
  },
  [
    ["blob", "a/b", true],
    ["name.txt", "", true],
    ["own.txt", "", true],
    ["other.txt", "", true],
  ],
);

blob.add(
  "FormData: mistakes are TypeErrors",
  (t) => {
    const f = new FormData();
    return [
      t.thrown(() => (f.append as (name: string) => void)("a")),
      t.thrown(() => f.append("a", "text" as unknown as Blob, "name")),
      t.thrown(() => new (FormData as new (form: unknown) => FormData)({})),
      t.thrown(() => (f.get as unknown as () => void)()),
    ];
  },
  ["TypeError", "TypeError", "TypeError", "TypeError"],
);

blob.add(
  "FormData: values are strings, surrogates well-formed, forEach",
  () => {
    const f = new FormData();
    f.append("n", 1 as unknown as string);
    f.append("s", "\ud800");
    const seen: unknown[] = [];
    f.forEach((value, name, form) => seen.push(name, value, form === f));
    return seen;
  },
  ["n", "1", true, "s", "\ufffd", true],
);
