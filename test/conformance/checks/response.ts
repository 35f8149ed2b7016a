import { Checks } from "../check.ts";

export const response = new Checks();

response.add(
  "a Response without arguments",
  () => {
    const r = new Response();
    return [r.status, r.statusText, r.ok, r.type, r.url, r.redirected, r.body, r.bodyUsed, [...r.headers]];
  },
  [200, "", true, "default", "", false, null, false, []],
);

response.add(
  "status, statusText and headers are taken from the second argument",
  () => {
    const r = new Response("x", { status: 404, statusText: "No Such", headers: { "X-A": "1" } });
    return [r.status, r.statusText, r.ok, r.headers.get("x-a"), r.headers.get("content-type")];
  },
  [404, "No Such", false, "1", "text/plain;charset=UTF-8"],
);

response.add(
  "a status outside of 200 to 599 is a RangeError",
  (t) =>
    [0, 100, 101, 199, 600, 1000, Number.NaN, -1].map((status) =>
      t.thrown(() => new Response(null, { status })),
    ),
  Array(8).fill("RangeError"),
);

response.add(
  "the first and last status",
  () => [200, 599].map((status) => new Response(null, { status }).status),
  [200, 599],
);

response.add(
  "a body with 204, 205 or 304 is a TypeError",
  (t) =>
    [204, 205, 304].map((status) => [
      t.thrown(() => new Response("", { status })),
      new Response(null, { status }).status,
    ]),
  [
    ["TypeError", 204],
    ["TypeError", 205],
    ["TypeError", 304],
  ],
);

response.add(
  "a statusText with a line break is a TypeError",
  (t) => ["a\nb", "a\rb", "\u0100"].map((statusText) => t.thrown(() => new Response(null, { statusText }))),
  ["TypeError", "TypeError", "TypeError"],
);

response.add(
  "what content-type bodies bring",
  () =>
    [
      "text",
      new URLSearchParams("a=b"),
      new Blob(["x"], { type: "text/css" }),
      new Blob(["x"]),
      new Uint8Array(1),
      new ArrayBuffer(1),
    ].map((body) => new Response(body as string).headers.get("content-type")),
  [
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded;charset=UTF-8",
    "text/css",
    null,
    null,
    null,
  ],
);

response.add(
  "a content-type of the author's stays",
  () => {
    const of = (headers: NonNullable<ResponseInit["headers"]>) =>
      new Response("x", { headers }).headers.get("content-type");
    return [
      of({ "Content-Type": "a/b" }),
      of([["content-type", "c/d"]]),
      of(new Headers({ "content-type": "e/f" })),
      of({ "x-a": "content-type" }),
    ];
  },
  ["a/b", "c/d", "e/f", "text/plain;charset=UTF-8"],
);

response.add(
  "Response.json",
  async () => {
    const r = Response.json({ a: [1, "ü"] }, { status: 201 });
    const own = Response.json(1, { headers: { "content-type": "application/problem+json" } });
    return [r.status, r.headers.get("content-type"), await r.text(), own.headers.get("content-type")];
  },
  [201, "application/json", '{"a":[1,"ü"]}', "application/problem+json"],
);

response.add(
  "Response.json of what JSON cannot say is a TypeError",
  (t) => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    return [
      () => Response.json(undefined),
      () => Response.json(() => 1),
      () => Response.json(Symbol()),
      () => Response.json(circular),
      () => Response.json(1n),
    ].map(t.thrown);
  },
  Array(5).fill("TypeError"),
);

response.add(
  "Response.json with a status that has no body is a TypeError",
  (t) => t.thrown(() => Response.json({}, { status: 204 })),
  "TypeError",
);

response.add(
  "Response.redirect",
  (t) => [
    ...[301, 302, 303, 307, 308].map((status) => {
      const r = Response.redirect("http://example.com/a b", status as 301);
      return [r.status, r.headers.get("location")];
    }),
    Response.redirect("http://example.com").status,
    t.thrown(() => Response.redirect("http://example.com", 200 as 301)),
    t.thrown(() => Response.redirect("http://example.com", 304 as 301)),
    t.thrown(() => Response.redirect("http://")),
  ],
  [
    [301, "http://example.com/a%20b"],
    [302, "http://example.com/a%20b"],
    [303, "http://example.com/a%20b"],
    [307, "http://example.com/a%20b"],
    [308, "http://example.com/a%20b"],
    302,
    "RangeError",
    "RangeError",
    "TypeError",
  ],
);

response.add(
  "Response.error",
  (t) => {
    const r = Response.error();
    return [r.type, r.status, r.body, t.thrown(() => r.headers.set("a", "b"))];
  },
  ["error", 0, null, "TypeError"],
);

response.add(
  "headers of a constructed response can be changed",
  () => {
    const r = new Response("x");
    r.headers.set("a", "b");
    r.headers.append("set-cookie", "c=1");
    r.headers.append("set-cookie", "d=2");
    return [r.headers.get("a"), r.headers.getSetCookie()];
  },
  ["b", ["c=1", "d=2"]],
);

response.add(
  "response.headers is the same object each time",
  () => {
    const r = new Response("x");
    return r.headers === r.headers;
  },
  true,
);

response.add(
  "a clone has the same content and other headers",
  async () => {
    const r = new Response("text", { status: 201, statusText: "S", headers: { a: "1" } });
    const copy = r.clone();
    copy.headers.set("a", "2");
    return [
      copy.status,
      copy.statusText,
      r.headers.get("a"),
      copy.headers.get("a"),
      await r.text(),
      await copy.text(),
    ];
  },
  [201, "S", "1", "2", "text", "text"],
);

response.add(
  "a used body cannot be cloned",
  async (t) => {
    const r = new Response("text");
    await r.text();
    return t.thrown(() => r.clone());
  },
  "TypeError",
);

response.add(
  "the prototype is that of the standard",
  () => [
    Object.prototype.toString.call(new Response()),
    Response.name,
    "arrayBuffer blob body bodyUsed bytes clone formData headers json ok redirected status statusText text type url"
      .split(" ")
      .filter((name) => !Object.keys(Response.prototype).includes(name)),
    Object.keys(globalThis).includes("Response"),
  ],
  ["[object Response]", "Response", [], false],
);

response.add(
  "getters on something else are TypeErrors",
  (t) =>
    ["status", "headers", "body", "ok", "bodyUsed", "type"].map((name) =>
      t.thrown(() => (Response.prototype as unknown as Record<string, unknown>)[name]),
    ),
  Array(6).fill("TypeError"),
);

response.add(
  "a class can extend Response",
  async () => {
    class Mine extends Response {
      extra = 1;
    }
    const r = new Mine("x", { status: 201 });
    return [r.extra, r.status, await r.text(), r instanceof Response];
  },
  [1, 201, "x", true],
);

response.add(
  "reading on something else rejects",
  (t) =>
    Promise.all(
      [Response.prototype.text, Response.prototype.json, Response.prototype.arrayBuffer].map((method) =>
        t.rejected(() => method.call({} as Response)),
      ),
    ),
  ["TypeError", "TypeError", "TypeError"],
);
