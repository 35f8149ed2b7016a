import { Checks } from "../check.ts";

export const encoding = new Checks();

encoding.add(
  "TextEncoder",
  (t) => {
    const e = new TextEncoder();
    return [
      e.encoding,
      t.hex(e.encode("aé€😀")),
      t.hex(e.encode()),
      t.hex(e.encode("\ud800x\udc00")),
      Object.prototype.toString.call(e),
    ];
  },
  ["utf-8", "61c3a9e282acf09f9880", "", "efbfbd78efbfbd", "[object TextEncoder]"],
);

encoding.add(
  "encodeInto stops before a character that does not fit",
  () =>
    [0, 1, 3, 4, 5, 6, 10].map((size) => {
      const { read, written } = new TextEncoder().encodeInto("aé€😀", new Uint8Array(size));
      return [read, written];
    }),
  [
    [0, 0],
    [1, 1],
    [2, 3],
    [2, 3],
    [2, 3],
    [3, 6],
    [5, 10],
  ],
);

encoding.add(
  "labels of UTF-8 and UTF-16",
  () =>
    [
      "utf8",
      "UTF-8",
      " unicode-1-1-utf-8\n",
      "x-unicode20utf8",
      "utf-16",
      "utf-16le",
      "ucs-2",
      "unicode",
      "utf-16be",
      "unicodefffe",
    ].map((label) => new TextDecoder(label).encoding),
  [
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-16le",
    "utf-16le",
    "utf-16le",
    "utf-16le",
    "utf-16be",
    "utf-16be",
  ],
);

encoding.add(
  "latin1 and ascii are windows-1252",
  () =>
    ["latin1", "ascii", "iso-8859-1", "us-ascii", "windows-1252", "L1", "cp1252"].map(
      (label) => new TextDecoder(label).encoding,
    ),
  Array(7).fill("windows-1252"),
);

encoding.add(
  "unknown labels are RangeErrors",
  (t) => ["", "utf-7", "nope", "utf-8 x"].map((label) => t.thrown(() => new TextDecoder(label))),
  Array(4).fill("RangeError"),
);

encoding.add(
  "broken UTF-8 becomes U+FFFD as the standard counts",
  (t) =>
    [
      "ff",
      "c0",
      "c080",
      "e282",
      "e28261",
      "f09f98",
      "eda080",
      "f4908080",
      "f8808080",
      "80",
      "e1a0c3a9",
      "f0808080",
      "61ff62",
    ].map((hex) => new TextDecoder().decode(t.bytes(hex))),
  [
    "\ufffd",
    "\ufffd",
    "\ufffd\ufffd",
    "\ufffd",
    "\ufffda",
    "\ufffd",
    "\ufffd\ufffd\ufffd",
    "\ufffd\ufffd\ufffd\ufffd",
    "\ufffd\ufffd\ufffd\ufffd",
    "\ufffd",
    "\ufffdé",
    "\ufffd\ufffd\ufffd\ufffd",
    "a\ufffdb",
  ],
);

encoding.add(
  "fatal decoders throw TypeErrors",
  (t) =>
    ["ff", "e282", "eda080", "c080"].map((hex) =>
      t.thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(t.bytes(hex))),
    ),
  Array(4).fill("TypeError"),
);

encoding.add(
  "a fatal decoder decodes what is right, and remembers that it is fatal",
  (t) => {
    const d = new TextDecoder("utf-8", { fatal: true });
    return [d.fatal, d.ignoreBOM, d.decode(t.bytes("c3a9"))];
  },
  [true, false, "é"],
);

encoding.add(
  "the byte order mark",
  (t) => {
    const bytes = t.bytes("efbbbf61");
    return [
      new TextDecoder().decode(bytes),
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).length,
      new TextDecoder("utf-16le").decode(t.bytes("fffe6100")),
      new TextDecoder().decode(t.bytes("efbbbfefbbbf61")).length,
    ];
  },
  ["a", 2, "a", 2],
);

encoding.add(
  "streaming keeps what is incomplete",
  (t) => {
    const d = new TextDecoder();
    const parts = ["e2", "82", "ac61", "f09f", ""].map((hex) => d.decode(t.bytes(hex), { stream: true }));
    return [...parts, d.decode()];
  },
  ["", "", "€a", "", "", "\ufffd"],
);

encoding.add(
  "after the end a decoder begins anew",
  (t) => {
    const d = new TextDecoder();
    d.decode(t.bytes("efbbbf61"), { stream: true });
    const first = d.decode();
    return [
      first,
      d.decode(t.bytes("efbbbf62")),
      d.decode(t.bytes("e2"), { stream: true }),
      d.decode(t.bytes("82ac")),
    ];
  },
  ["", "b", "", "€"],
);

encoding.add(
  "a byte order mark may come in pieces",
  (t) => {
    const d = new TextDecoder();
    return ["ef", "bb", "bf61"].map((hex) => d.decode(t.bytes(hex), { stream: true })).join("");
  },
  "a",
);

encoding.add(
  "UTF-16",
  (t) => [
    new TextDecoder("utf-16le").decode(t.bytes("61003dd800de")),
    new TextDecoder("utf-16be").decode(t.bytes("0061d83dde00")),
    new TextDecoder("utf-16le").decode(t.bytes("00d86100")),
    new TextDecoder("utf-16le").decode(t.bytes("610062")),
    t.thrown(() => new TextDecoder("utf-16le", { fatal: true }).decode(t.bytes("00d8"))),
  ],
  ["a😀", "a😀", "\ufffda", "a\ufffd", "TypeError"],
);

encoding.add(
  "windows-1252 decodes every byte",
  () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    return new TextDecoder("windows-1252").decode(all);
  },
  new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 256 }, (_, i) => i)),
);

encoding.add(
  "buffers, views and nothing can be decoded, other things not",
  (t) => {
    const buffer = new TextEncoder().encode("abcd").buffer;
    const d = new TextDecoder();
    return [
      d.decode(buffer),
      d.decode(new DataView(buffer, 1, 2)),
      d.decode(new Uint16Array(buffer)),
      d.decode(),
      d.decode(undefined),
      ...[null, "x", 1, {}].map((value) => t.thrown(() => d.decode(value as unknown as ArrayBuffer))),
    ];
  },
  ["abcd", "bc", "abcd", "", "", "TypeError", "TypeError", "TypeError", "TypeError"],
);

encoding.add(
  "atob",
  (t) => [
    ...["", "YQ==", " Y Q = = ", "YQ", "/+8=", "YWJj"].map((text) =>
      Array.from(atob(text), (c) => c.charCodeAt(0)),
    ),
    ...["Y", "YQ=", "YQ===", "Y Q = ", "a-b_", "é"].map((text) => t.thrown(() => atob(text))),
  ],
  [
    [],
    [97],
    [97],
    [97],
    [255, 239],
    [97, 98, 99],
    "InvalidCharacterError",
    "InvalidCharacterError",
    "InvalidCharacterError",
    "InvalidCharacterError",
    "InvalidCharacterError",
    "InvalidCharacterError",
  ],
);

encoding.add(
  "btoa",
  (t) => [btoa(""), btoa("abc"), btoa("\u00ff\u00ef"), btoa("a"), t.thrown(() => btoa("€"))],
  ["", "YWJj", "/+8=", "YQ==", "InvalidCharacterError"],
);

encoding.add(
  "TextDecoderStream decodes over the edges of chunks",
  async (t) => {
    const stream = new ReadableStream({
      start(c) {
        for (const hex of ["c3", "a9e2", "82", "ac", "ff"]) c.enqueue(t.bytes(hex));
        c.close();
      },
    });
    return (await t.drain(stream.pipeThrough(new TextDecoderStream()))).join("");
  },
  "é€\ufffd",
);

encoding.add(
  "TextEncoderStream joins surrogates over the edges of chunks",
  async (t) => {
    const stream = new ReadableStream({
      start(c) {
        for (const text of ["a\ud83d", "\ude00", "", "\ud83d", "b"]) c.enqueue(text);
        c.close();
      },
    });
    return (await t.drain(stream.pipeThrough(new TextEncoderStream())))
      .map((chunk) => t.hex(chunk as Uint8Array))
      .join("");
  },
  "61f09f9880efbfbd62",
);

encoding.add(
  "the streams tell their encoding",
  (t) => [
    new TextEncoderStream().encoding,
    new TextDecoderStream("latin1", { fatal: true }).encoding,
    new TextDecoderStream("utf-8", { fatal: true, ignoreBOM: true }).fatal,
    t.thrown(() => new TextDecoderStream("nope")),
  ],
  ["utf-8", "windows-1252", true, "RangeError"],
);

encoding.add(
  "a fatal TextDecoderStream fails its reader",
  async (t) => {
    const stream = new ReadableStream({
      start(c) {
        c.enqueue(t.bytes("ff"));
        c.close();
      },
    });
    return t.rejected(t.drain(stream.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))));
  },
  "TypeError",
);

encoding.add(
  "every single-byte encoding decodes every byte",
  () => {
    const upper = Uint8Array.from({ length: 128 }, (_, i) => 128 + i);
    const labels =
      "ibm866 latin2 latin3 latin4 cyrillic arabic greek hebrew logical latin6 iso-8859-13 iso-8859-14 l9 " +
      "iso-8859-16 koi8-r koi8-u macintosh windows-874 windows-1250 windows-1251 windows-1253 latin5 windows-1255 " +
      "windows-1256 windows-1257 windows-1258 x-mac-cyrillic";
    return labels.split(" ").map((label) => {
      const decoder = new TextDecoder(label);
      return [decoder.encoding, decoder.decode(upper)];
    });
  },
  "ibm866 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-8-i iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 koi8-r koi8-u macintosh windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 x-mac-cyrillic"
    .split(" ")
    .map((name) => [name, new TextDecoder(name).decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))]),
);

encoding.add(
  "a fatal decoder of a single-byte encoding refuses what it has no character for",
  (t) => [
    t.thrown(() => new TextDecoder("windows-1253", { fatal: true }).decode(new Uint8Array([0xaa]))),
    new TextDecoder("windows-1251", { fatal: true }).decode(new Uint8Array([0xcf, 0xf0, 0xe8])),
  ],
  ["TypeError", "При"],
);
