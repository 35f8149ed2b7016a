import { Checks } from "../check.ts";

export const request = new Checks();

request.add(
  "a Request of a URL",
  () => {
    const r = new Request("http://example.com/a b?c#d");
    return [
      r.url,
      r.method,
      [...r.headers],
      r.body,
      r.bodyUsed,
      r.redirect,
      r.signal.aborted,
      Object.prototype.toString.call(r),
    ];
  },
  ["http://example.com/a%20b?c#d", "GET", [], null, false, "follow", false, "[object Request]"],
);

request.add(
  "the other attributes have the standard's defaults",
  () => {
    const r = new Request("http://example.com/");
    return [
      r.destination,
      r.referrer,
      r.referrerPolicy,
      r.mode,
      r.credentials,
      r.cache,
      r.integrity,
      r.keepalive,
      (r as { duplex?: string }).duplex,
    ];
  },
  ["", "about:client", "", "cors", "same-origin", "default", "", false, "half"],
);

request.add(
  "what is no absolute URL, or has credentials, is a TypeError",
  (t) =>
    ["", "/path", "http://", "http://user:pass@example.com/", "http://user@example.com/"].map((url) =>
      t.thrown(() => new Request(url)),
    ),
  Array(5).fill("TypeError"),
);

request.add(
  "a URL object is a URL",
  () => new Request(new URL("http://example.com/x")).url,
  "http://example.com/x",
);

request.add(
  "methods of the standard are made upper case, others stay",
  () =>
    ["get", "Post", "delete", "head", "options", "put", "patch", "custom"].map(
      (method) => new Request("http://a.b/", { method }).method,
    ),
  ["GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "patch", "custom"],
);

request.add(
  "what is no method, or a forbidden one, is a TypeError",
  (t) =>
    ["", "a b", "connect", "TRACE", "track", "é"].map((method) =>
      t.thrown(() => new Request("http://a.b/", { method })),
    ),
  Array(6).fill("TypeError"),
);

request.add(
  "a body with GET or HEAD is a TypeError",
  (t) =>
    ["GET", "HEAD", "get"].map((method) => t.thrown(() => new Request("http://a.b/", { method, body: "" }))),
  ["TypeError", "TypeError", "TypeError"],
);

request.add(
  "a body and its content-type",
  async () => {
    const r = new Request("http://a.b/", { method: "POST", body: new URLSearchParams({ a: "1" }) });
    return [r.headers.get("content-type"), await r.text(), r.bodyUsed];
  },
  ["application/x-www-form-urlencoded;charset=UTF-8", "a=1", true],
);

request.add(
  "a Request made from another takes its body",
  async (t) => {
    const one = new Request("http://a.b/", { method: "POST", body: "text", headers: { a: "1" } });
    const two = new Request(one, { headers: { b: "2" } });
    return [
      one.bodyUsed,
      two.method,
      [...two.headers.keys()],
      await two.text(),
      await t.rejected(one.text()),
    ];
  },
  [true, "POST", ["b"], "text", "TypeError"],
);

request.add(
  "a Request made from another with a body of its own leaves the other's alone",
  async () => {
    const one = new Request("http://a.b/", { method: "POST", body: "text" });
    const two = new Request(one, { body: "other" });
    return [one.bodyUsed, await one.text(), await two.text()];
  },
  [false, "text", "other"],
);

request.add(
  "a Request of a used one is a TypeError",
  async (t) => {
    const one = new Request("http://a.b/", { method: "POST", body: "text" });
    await one.text();
    return t.thrown(() => new Request(one));
  },
  "TypeError",
);

request.add(
  "headers are copied from the other, and replaced by given ones",
  () => {
    const one = new Request("http://a.b/", { headers: { a: "1", b: "2" } });
    return [
      [...new Request(one).headers],
      [...new Request(one, { headers: { c: "3" } }).headers],
      [...new Request(one, { headers: {} }).headers],
    ];
  },
  [
    [
      ["a", "1"],
      ["b", "2"],
    ],
    [["c", "3"]],
    [],
  ],
);

request.add(
  "url and method of another are kept unless given",
  () => {
    const one = new Request("http://a.b/x", { method: "PUT" });
    return [
      new Request(one).url,
      new Request(one).method,
      new Request(one, { method: "DELETE" }).method,
      new Request("http://c.d/", one).method,
    ];
  },
  ["http://a.b/x", "PUT", "DELETE", "PUT"],
);

request.add(
  "a clone has content, headers and signal of its own",
  async () => {
    const controller = new AbortController();
    const one = new Request("http://a.b/", {
      method: "POST",
      body: "text",
      headers: { a: "1" },
      signal: controller.signal,
    });
    const two = one.clone();
    two.headers.set("a", "2");
    controller.abort();
    return [
      one.headers.get("a"),
      await one.text(),
      await two.text(),
      one.signal === two.signal,
      two.signal.aborted,
    ];
  },
  ["1", "text", "text", false, true],
);

request.add(
  "a used Request cannot be cloned",
  async (t) => {
    const one = new Request("http://a.b/", { method: "POST", body: "text" });
    await one.text();
    return t.thrown(() => one.clone());
  },
  "TypeError",
);

request.add(
  "redirect, cache, mode, credentials are checked",
  (t) => [
    new Request("http://a.b/", { redirect: "manual" }).redirect,
    ...[{ redirect: "no" }, { mode: "navigate" }, { mode: "no" }, { credentials: "no" }, { cache: "no" }].map(
      (init) => t.thrown(() => new Request("http://a.b/", init as RequestInit)),
    ),
  ],
  ["manual", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"],
);

request.add(
  "the signal follows the one given",
  () => {
    const controller = new AbortController();
    const r = new Request("http://a.b/", { signal: controller.signal });
    const before = [r.signal instanceof AbortSignal, r.signal.aborted];
    controller.abort("why");
    return [...before, r.signal.aborted, r.signal.reason, new Request(r).signal.aborted];
  },
  [true, false, true, "why", true],
);

request.add(
  "what is no signal is a TypeError, null is none",
  (t) => [
    t.thrown(() => new Request("http://a.b/", { signal: {} as AbortSignal })),
    new Request("http://a.b/", { signal: null }).signal.aborted,
  ],
  ["TypeError", false],
);

request.add(
  "no argument is a TypeError",
  (t) => t.thrown(() => new (Request as unknown as new () => Request)()),
  "TypeError",
);
