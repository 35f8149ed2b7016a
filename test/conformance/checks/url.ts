import { Checks } from "../check.ts";

export const url = new Checks();

url.add(
  "parts of a URL",
  () => {
    const u = new URL("https://user:pa%20ss@EXAMPLE.com:8443/a/./b/../c%7e?q=1&r#frag");
    return [
      u.href,
      u.origin,
      u.protocol,
      u.username,
      u.password,
      u.host,
      u.hostname,
      u.port,
      u.pathname,
      u.search,
      u.hash,
    ];
  },
  [
    "https://user:pa%20ss@example.com:8443/a/c%7e?q=1&r#frag",
    "https://example.com:8443",
    "https:",
    "user",
    "pa%20ss",
    "example.com:8443",
    "example.com",
    "8443",
    "/a/c%7e",
    "?q=1&r",
    "#frag",
  ],
);

url.add(
  "relative references",
  () =>
    ["../x", "/y", "//other/z", "?q", "#f", "", "a:b", "./", "http:rel"].map(
      (reference) => new URL(reference, "http://h.example/a/b?c#d").href,
    ),
  [
    "http://h.example/x",
    "http://h.example/y",
    "http://other/z",
    "http://h.example/a/b?q",
    "http://h.example/a/b?c#f",
    "http://h.example/a/b?c",
    "a:b",
    "http://h.example/a/",
    "http://h.example/a/rel",
  ],
);

url.add(
  "hosts",
  () =>
    [
      "http://0x7f.1/",
      "http://[::1]:80/",
      "http://EXÄMPLE.com/",
      "http://a%2eb/",
      "http://1.2.3/",
      "http://h:080/",
      "http://[2001:DB8::0:1]/",
    ].map((text) => new URL(text).host),
  ["127.0.0.1", "[::1]", "xn--exmple-cua.com", "a.b", "1.2.0.3", "h", "[2001:db8::1]"],
);

url.add(
  "what cannot be parsed is a TypeError",
  (t) =>
    [
      "",
      "x",
      "http://",
      "http://a b/",
      "http://[::1",
      "http://1.2.3.4.5.256/",
      "http://a:99999/",
      "http://%zz/",
      "//x",
    ].map((text) => t.thrown(() => new URL(text))),
  Array(9).fill("TypeError"),
);

url.add(
  "setters",
  () => {
    const u = new URL("http://h/p");
    u.protocol = "https";
    u.hostname = "new.example";
    u.port = "444";
    u.pathname = "a b";
    u.search = "x=ü";
    u.hash = "z z";
    u.username = "me";
    u.password = "p@ss";
    return u.href;
  },
  "https://me:p%40ss@new.example:444/a%20b?x=%C3%BC#z%20z",
);

url.add(
  "setters ignore what is invalid",
  (t) => {
    const u = new URL("http://h:81/");
    u.port = "no";
    u.protocol = "not a scheme";
    u.hostname = "a b";
    u.host = "";
    return [u.href, t.thrown(() => (u.href = "nope"))];
  },
  ["http://h:81/", "TypeError"],
);

url.add(
  "a lone surrogate is U+FFFD",
  () => new URL("http://h/\ud800?\udc00").href,
  "http://h/%EF%BF%BD?%EF%BF%BD",
);

url.add(
  "URL.canParse and URL.parse",
  () => [
    URL.canParse("http://a/"),
    URL.canParse("x"),
    URL.canParse("x", "http://a/"),
    URL.canParse("x", "y"),
    URL.parse("x"),
    URL.parse("x", "http://a/")!.href,
    URL.parse("http://a/b") instanceof URL,
  ],
  [true, false, true, false, null, "http://a/x", true],
);

url.add(
  "toString, toJSON, template",
  () => {
    const u = new URL("http://a/?b");
    return [
      `${u}`,
      JSON.stringify({ u }),
      u.toString(),
      Object.prototype.toString.call(u),
      Object.keys(URL.prototype).sort(),
    ];
  },
  [
    "http://a/?b",
    '{"u":"http://a/?b"}',
    "http://a/?b",
    "[object URL]",
    [
      "hash",
      "host",
      "hostname",
      "href",
      "origin",
      "password",
      "pathname",
      "port",
      "protocol",
      "search",
      "searchParams",
      "toJSON",
      "toString",
      "username",
    ],
  ],
);

url.add(
  "searchParams writes through",
  () => {
    const u = new URL("http://a/?x=1&y=2");
    const p = u.searchParams;
    p.append("z", "ü &");
    const appended = u.href;
    p.delete("x");
    p.set("y", "3");
    return [appended, u.search, p === u.searchParams, (p.delete("y"), p.delete("z"), u.href)];
  },
  ["http://a/?x=1&y=2&z=%C3%BC+%26", "?y=3&z=%C3%BC+%26", true, "http://a/"],
);

url.add(
  "searchParams sees changes of search and href",
  () => {
    const u = new URL("http://a/?x=1");
    const p = u.searchParams;
    u.search = "?y=2";
    const first = [...p];
    u.href = "http://b/?z=3";
    return [first, [...p], p.size];
  },
  [[["y", "2"]], [["z", "3"]], 1],
);

url.add(
  "searchParams of a URL leaves it as it is",
  () => {
    const u = new URL("http://a/?x=%zz&y=a%20b");
    return [[...u.searchParams], u.search];
  },
  [
    [
      ["x", "%zz"],
      ["y", "a b"],
    ],
    "?x=%zz&y=a%20b",
  ],
);

url.add(
  "getters on something else are TypeErrors",
  (t) => [
    t.thrown(() => (URL.prototype as { href: string }).href),
    t.thrown(() => (URL as unknown as (u: string) => void)("http://a/")),
    t.thrown(() => new (URL as unknown as new () => URL)()),
  ],
  ["TypeError", "TypeError", "TypeError"],
);

url.add(
  "a class can extend URL",
  () => {
    class Mine extends URL {
      get twice() {
        return this.pathname + this.pathname;
      }
    }
    return new Mine("http://a/b").twice;
  },
  "/b/b",
);

url.add(
  "URLSearchParams of a string",
  () =>
    [
      "",
      "?",
      "a=b",
      "?a=b&c",
      "a=b=c",
      "&&a&",
      "a+b=c%20d",
      "%C3%BC=%E2%82%AC",
      "a=%",
      "a=%ff",
      "??x",
      "=v",
      "a=%EF%BB%BFx",
    ].map((text) => [...new URLSearchParams(text)]),
  [
    [],
    [],
    [["a", "b"]],
    [
      ["a", "b"],
      ["c", ""],
    ],
    [["a", "b=c"]],
    [["a", ""]],
    [["a b", "c d"]],
    [["ü", "€"]],
    [["a", "%"]],
    [["a", "\ufffd"]],
    [["?x", ""]],
    [["", "v"]],
    [["a", "\ufeffx"]],
  ],
);

url.add(
  "URLSearchParams of records, pairs and itself",
  () => {
    const p = new URLSearchParams({ a: "1", b: "x y" });
    const own = new URLSearchParams(p);
    own.append("c", "3");
    return [
      `${p}`,
      `${new URLSearchParams([
        ["a", "1"],
        ["a", "2"],
      ])}`,
      `${own}`,
      `${new URLSearchParams(new Map([["m", "n"]]) as unknown as string[][])}`,
    ];
  },
  ["a=1&b=x+y", "a=1&a=2", "a=1&b=x+y&c=3", "m=n"],
);

url.add(
  "URLSearchParams serializes as forms do",
  () => `${new URLSearchParams({ "a b": "*-._~!'()", "é": "&=+%\n" })}`,
  "a+b=*-._%7E%21%27%28%29&%C3%A9=%26%3D%2B%25%0A",
);

url.add(
  "lopsided pairs are TypeErrors",
  (t) =>
    [[["a"]], [["a", "b", "c"]], [1]].map((init) =>
      t.thrown(() => new URLSearchParams(init as unknown as string[][])),
    ),
  ["TypeError", "TypeError", "TypeError"],
);

url.add(
  "get, getAll, has, set, delete, size",
  () => {
    const p = new URLSearchParams("a=1&b=2&a=3&c=4&a=5");
    const before = [
      p.get("a"),
      p.getAll("a"),
      p.get("z"),
      p.has("b"),
      p.has("a", "3"),
      p.has("a", "9"),
      p.size,
    ];
    p.set("a", "9");
    p.delete("c", "no");
    const set = `${p}`;
    p.delete("c", "4");
    p.delete("b");
    return [...before, set, `${p}`, p.size];
  },
  ["1", ["1", "3", "5"], null, true, true, false, 5, "a=9&b=2&c=4", "a=9", 1],
);

url.add(
  "sort is stable and by code units",
  () => {
    const p = new URLSearchParams("z=1&a=2&z=0&\ud83c\udf08=3&\ufb03=4&a=1");
    p.sort();
    return [...p.keys()].map((k, i) => `${k}=${[...p.values()][i]}`);
  },
  ["a=2", "a=1", "z=1", "z=0", "\ud83c\udf08=3", "\ufb03=4"],
);

url.add(
  "an iterator sees changes while it runs",
  () => {
    const p = new URLSearchParams("a=1&b=2&c=3");
    const seen: string[] = [];
    for (const [name] of p) {
      seen.push(name);
      if (name === "a") p.delete("b");
      if (name === "c") p.append("d", "4");
      if (seen.length > 9) break;
    }
    return seen;
  },
  ["a", "c", "d"],
);

url.add(
  "forEach and tags",
  () => {
    const seen: unknown[] = [];
    const p = new URLSearchParams("a=1");
    p.forEach((value, name, all) => seen.push(value, name, all === p));
    return [
      ...seen,
      Object.prototype.toString.call(p),
      Object.prototype.toString.call(p.keys()),
      URLSearchParams.prototype[Symbol.iterator] === URLSearchParams.prototype.entries,
    ];
  },
  ["1", "a", true, "[object URLSearchParams]", "[object URLSearchParams Iterator]", true],
);

url.add(
  "URLPattern",
  () => {
    const pattern = new URLPattern({ pathname: "/users/:id(\\d+)/*" });
    const match = pattern.exec("https://example.com/users/12/posts/3")!;
    return [
      match.pathname.groups["id"],
      match.pathname.groups["0"],
      pattern.test("https://example.com/users/x/y"),
      pattern.pathname,
      new URLPattern("https://:sub.example.com/*").test("https://a.example.com/b"),
    ];
  },
  ["12", "posts/3", false, "/users/:id(\\d+)/*", true],
);
