import { Checks } from "../check.ts";

export const body = new Checks();

body.add(
  "text of each kind of body",
  () =>
    Promise.all(
      [
        "text",
        new TextEncoder().encode("bytes"),
        new TextEncoder().encode("buffer").buffer,
        new Blob(["bl", "ob"]),
        new URLSearchParams({ a: "ü" }),
        new DataView(new TextEncoder().encode("xview").buffer, 1),
        null,
        undefined,
        12,
        { toString: () => "object" },
      ].map((init) => new Response(init as string).text()),
    ),
  ["text", "bytes", "buffer", "blob", "a=%C3%BC", "view", "", "", "12", "object"],
);

body.add(
  "a byte order mark is not part of the text",
  async () => [
    await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).text(),
    await new Response("\ufeffb").text(),
    (await new Response("\ufeffb").bytes()).length,
  ],
  ["a", "b", 4],
);

body.add(
  "what is not UTF-8 becomes U+FFFD",
  () => new Response(new Uint8Array([0x61, 0xff, 0x62, 0xe2, 0x82])).text(),
  "a\ufffdb\ufffd",
);

body.add(
  "a lone surrogate becomes U+FFFD",
  async (t) => [t.hex(await new Response("\ud800a").bytes()), await new Response("\ud800a").text()],
  ["efbfbd61", "\ufffda"],
);

body.add(
  "json",
  async (t) => [
    await new Response('{"a":1}').json(),
    await new Response("\ufeff[1]").json(),
    await t.rejected(new Response("{").json()),
    await t.rejected(new Response("").json()),
    await t.rejected(new Response(null).json()),
  ],
  [{ a: 1 }, [1], "SyntaxError", "SyntaxError", "SyntaxError"],
);

body.add(
  "arrayBuffer and bytes are fresh copies",
  async () => {
    const source = new Uint8Array([1, 2, 3]);
    const r = new Response(source);
    source[0] = 9;
    const bytes = await r.bytes();
    const buffer = await new Response(source.subarray(1)).arrayBuffer();
    return [
      bytes instanceof Uint8Array,
      [...bytes],
      buffer instanceof ArrayBuffer,
      [...new Uint8Array(buffer)],
    ];
  },
  [true, [1, 2, 3], true, [2, 3]],
);

body.add(
  "no body reads as empty",
  async () => {
    const r = new Response();
    return [
      await r.text(),
      r.bodyUsed,
      await r.text(),
      (await r.bytes()).length,
      (await r.arrayBuffer()).byteLength,
      (await r.blob()).size,
    ];
  },
  ["", false, "", 0, 0, 0],
);

body.add(
  "a body is read once",
  async (t) => {
    const r = new Response("x");
    const before = r.bodyUsed;
    const text = await r.text();
    return [
      before,
      text,
      r.bodyUsed,
      await t.rejected(r.text()),
      await t.rejected(r.json()),
      await t.rejected(r.arrayBuffer()),
      await t.rejected(r.blob()),
    ];
  },
  [false, "x", true, "TypeError", "TypeError", "TypeError", "TypeError"],
);

body.add(
  "bodyUsed is true as soon as reading has begun",
  async () => {
    const r = new Response("x");
    const reading = r.text();
    return [r.bodyUsed, await reading];
  },
  [true, "x"],
);

body.add(
  "an empty string is a body",
  async () => {
    const r = new Response("");
    return [r.body === null, await r.text(), r.bodyUsed];
  },
  [false, "", true],
);

body.add(
  "blob has the content-type",
  async () => {
    const b = await new Response("x", { headers: { "content-type": "Text/HTML; Charset=utf-8" } }).blob();
    return [b.size, b.type, await b.text(), (await new Response(new Uint8Array(2)).blob()).type];
  },
  [1, "text/html;charset=utf-8", "x", ""],
);

body.add(
  "formData of an urlencoded body",
  async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" };
    const form = await new Response("a=1&b=%20%C3%BC&a=2+3&c&=d&%zz=%", { headers }).formData();
    return [...form];
  },
  [
    ["a", "1"],
    ["b", " ü"],
    ["a", "2 3"],
    ["c", ""],
    ["", "d"],
    ["%zz", "%"],
  ],
);

body.add(
  "formData of another content-type is a TypeError",
  (t) =>
    Promise.all(
      ["text/plain", "multipart/form-data", "application/json"].map((type) =>
        t.rejected(new Response("a=1", { headers: { "content-type": type } }).formData()),
      ),
    ),
  ["TypeError", "TypeError", "TypeError"],
);

body.add(
  "a FormData makes a multipart body that reads back",
  async () => {
    const form = new FormData();
    form.append("text", "line\nbreak");
    form.append('quo"te\r\n', "ü");
    form.append("file", new File(["\0\xff"], 'na"me.bin', { type: "image/png" }));
    const r = new Response(form);
    const type = r.headers.get("content-type")!;
    const back = await r.formData();
    const file = back.get("file") as File;
    return [
      type.startsWith("multipart/form-data; boundary="),
      back.get("text"),
      [...back.keys()],
      file.name,
      file.type,
      [...(await file.bytes())],
    ];
  },
  [true, "line\r\nbreak", ["text", 'quo"te\r\n', "file"], 'na"me.bin', "image/png", [0, 0xc3, 0xbf]],
);

body.add(
  "multipart as browsers send it",
  async () => {
    const text = [
      "--b",
      'Content-Disposition: form-data; name="a"',
      "",
      "1",
      "--b",
      'content-disposition: form-data; name="f"; filename="x.txt"',
      "Content-Type: text/css",
      "",
      "line 1\r\n--not the end",
      "--b",
      'Content-Disposition: form-data; name="empty"; filename=""',
      "Content-Type: application/octet-stream",
      "",
      "",
      "--b--",
      "",
    ].join("\r\n");
    const form = await new Response(text, {
      headers: { "content-type": 'multipart/form-data; boundary="b"' },
    }).formData();
    const [file, empty] = [form.get("f") as File, form.get("empty") as File];
    return [form.get("a"), file.name, file.type, await file.text(), empty.name, empty.size];
  },
  ["1", "x.txt", "text/css", "line 1\r\n--not the end", "", 0],
);

body.add(
  "broken multipart rejects",
  (t) =>
    Promise.all(
      [
        "",
        "--b",
        "--b\r\n",
        "--b\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx",
        "--b\r\nno colon\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        "--bx\r\n\r\n\r\n--b--",
      ].map((text) =>
        t.rejected(
          new Response(text, { headers: { "content-type": "multipart/form-data; boundary=b" } }).formData(),
        ),
      ),
    ),
  Array(9).fill("TypeError"),
);

body.add(
  "a body can be handed on, and is the same body then",
  async (t) => {
    const one = new Response("text");
    const two = new Response(one.body, { status: 201 });
    const text = await two.text();
    return [text, one.bodyUsed, two.bodyUsed, await t.rejected(one.text())];
  },
  ["text", true, true, "TypeError"],
);

body.add(
  "a used body cannot be handed on",
  async (t) => {
    const one = new Response("text");
    const stream = one.body;
    await one.text();
    return t.thrown(() => new Response(stream));
  },
  "TypeError",
);

body.add(
  "many megabytes of text stay what they are",
  async () => {
    const text = "0123456789abcdef".repeat(20_000);
    const back = await new Response(new TextEncoder().encode(text)).text();
    return back === text;
  },
  true,
);
