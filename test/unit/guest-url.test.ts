// URLs that the platform takes for canonical without parsing them must be so, and parts that it slices out of a
// serialized URL must be the right ones: both are held against this runtime's own parser.
import { describe, expect, test } from "vitest";
import { URL_LENGTH, URL_SETTERS, parseUrl } from "../../gateway/handle/url-host.ts";

// Guest modules expect the host's function to be there when they are evaluated.
Object.assign(globalThis, { __host: () => undefined });
const { isCanonical } = await import("../../gateway/handle/guest/url/parse-url.ts");
const { PARTS } = await import("../../gateway/handle/guest/url/url-parts.ts");

const PIECES =
  "http https ws ftp file blob: mailto: x: : :// // / \\\\ . .. /./ /../ %2e %2E. .%2e a b-c d--e xn--a A é ß ॐ 0 1 12 0x7f 127.0.0.1 1.2.3 256.1.1.1 01.2.3.4 " +
  "[::1] [1:2::3] @ user:pw@ : :80 :443 :0 :08 :8080 :65535 :65536 :99999 ? ?q=1 ?a'b ?^ # #f #` % %zz %41 ~ ! $ & ' ( ) * + , ; = < > [ ] ^ ` { | } \" _ - .com example.com localhost";
const pieces = [...PIECES.split(" "), " ", "\t", "\n", "\u0000", "\u007f", "\ud800"];

/** Repeatable, so that a failure can be looked at again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

function someUrl(next: () => number): string {
  const pick = () => pieces[Math.floor(next() * pieces.length)]!;
  const host = next() < 0.5 ? "example.com" : pick() + pick();
  const rest = Array.from({ length: Math.floor(next() * 6) }, pick).join("");
  return `${next() < 0.8 ? "http" : "https"}://${host}${next() < 0.3 ? pick() : ""}/${rest}`;
}

describe("canonical URLs", () => {
  test("of 100,000 URLs put together from odd pieces, those taken for canonical are", () => {
    const next = random(42);
    let taken = 0;
    for (let i = 0; i < 100_000; i++) {
      const url = someUrl(next);
      if (!isCanonical(url)) continue;
      taken++;
      expect(URL.parse(url)?.href).toBe(url);
    }
    expect(taken).toBeGreaterThan(10_000);
  });

  test.each([
    "http://localhost/",
    "http://127.0.0.1:8080/hello/ada",
    "https://api.example.com/v1/users/42/orders?limit=3&x=%20#top",
    "http://a.b/.well-known/x/...;v=1/~user/(a)*!$&'+,=:@[]|",
    "http://a-b.c1/%41%zz?a[]=1^2`{|}&q=?#?/:~",
  ])("%s is seen to be canonical", (url) => {
    expect([isCanonical(url), URL.parse(url)!.href]).toEqual([true, url]);
  });

  test.each([
    "http://a/..",
    "http://a/%2e/",
    "http://1.2.3/",
    "http://a.0x1/",
    "http://xn--a/",
    "http://a:80/",
    "https://a:443/x",
    "http://a",
    "HTTP://a/",
    "http://a/ ",
    "http://a/\n",
    "http://u@a/",
    "http://a/'?'",
  ])("%j is left to the parser", (url) => expect(isCanonical(url)).toBe(false));
});

test("a long URL that is not canonical at its end is told so in linear time", () => {
  for (const piece of ["a", "a/", "%", "a-", "a.", "/", "1."]) {
    for (const start of ["http://", "http://a/", "http://a/?", "http://a/#"]) {
      expect(isCanonical(`${start}${piece.repeat(20_000)} `)).toBe(false);
    }
  }
});

describe("parts", () => {
  const hrefs = [
    "http://a/",
    "https://u:p@h.example:8443/a/b?c=d?e#f#g?h",
    "http://u@h/",
    "http://:p@h/",
    "http://[::1]/",
    "http://[::1]:81/x",
    "http://h/?",
    "http://h/#",
    "http://h/?#",
    "http://h/a?b",
    "http://h/a#b?c",
    "mailto:a@b?subject=x",
    "x://h?q#f",
    "x://h:1",
    "x:/.//y",
    "x:/p",
    "x:opaque",
    "file:///etc/x",
    "file://h/x",
    "blob:http://a.b:81/id",
    "blob:x:y",
    "ftp://h/",
    "ws://h:1/",
    "data:text/plain,a#b",
    "http://h/a@b:c/d:9",
    "httpx://h:1/p",
    "http-x:opaque",
  ];
  test.each(hrefs)("of %s", (text) => {
    const url = new URL(text);
    for (const [name, read] of Object.entries(PARTS)) {
      expect([name, read(url.href)]).toEqual([name, url[name as "host"]]);
    }
  });

  test("of 20,000 URLs that the parser takes", () => {
    const next = random(7);
    for (let i = 0; i < 20_000; i++) {
      const url = URL.parse(someUrl(next));
      if (!url) continue;
      for (const [name, read] of Object.entries(PARTS)) expect(read(url.href)).toBe(url[name as "host"]);
    }
  });
});

describe("the host's parser", () => {
  test("parses, resolves, sets, and says no", () => {
    expect(parseUrl({ url: "HTTP://ÄX/a/../b" })).toBe("http://xn--x-zfa/b");
    expect(parseUrl({ url: "../c", base: "http://h/a/b/" })).toBe("http://h/a/c");
    expect(parseUrl({ url: "http://h/", set: "pathname", value: "a b" })).toBe("http://h/a%20b");
    expect(parseUrl({ url: "nope" })).toBe("");
    expect(parseUrl({ url: "http://h/", set: "href", value: "nope" })).toBe("");
  });

  test("takes texts of its limit, and none longer", () => {
    const url = (length: number) => `http://h/${"a".repeat(length - 9)}`;
    expect(parseUrl({ url: url(URL_LENGTH) })).toHaveLength(URL_LENGTH);
    expect(parseUrl({ url: url(URL_LENGTH + 1) })).toBe("");
    expect(parseUrl({ url: "x", base: url(URL_LENGTH + 1) })).toBe("");
    expect(parseUrl({ url: "http://h/", set: "hash", value: "a".repeat(URL_LENGTH + 1) })).toBe("");
  });

  test("sets what URLs have, and nothing else", () => {
    for (const set of ["searchParams", "constructor", "__proto__", "toString", 1, null]) {
      expect(parseUrl({ url: "http://h/", set, value: "x" })).toBe("");
    }
    expect(URL_SETTERS.every((name) => Object.getOwnPropertyDescriptor(URL.prototype, name)?.set)).toBe(true);
    for (const parameters of [
      {},
      { url: 1 },
      { url: "http://h/", base: 1 },
      { url: "http://h/", set: "hash", value: 1 },
    ]) {
      expect(parseUrl(parameters)).toBe("");
    }
  });
});
