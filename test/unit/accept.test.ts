// The small decisions made about a request's head.
import { describe, expect, test } from "vitest";
import { plainAddress, TrustedProxies } from "../../gateway/accept/client-address.ts";
import { Field, fieldOf } from "../../gateway/accept/field.ts";
import { hostName, isHost } from "../../gateway/accept/host.ts";
import { randomHex } from "../../gateway/accept/random-hex.ts";
import { requestIdFrom } from "../../gateway/accept/request-id.ts";
import { isTraceparent, startTraceparent } from "../../gateway/accept/traceparent.ts";
import { REQUEST_ID_CHARACTERS } from "../../gateway/limits.ts";

describe("Host", () => {
  test.each([
    "a",
    "a.example",
    "a:80",
    "a:",
    "127.0.0.1:8080",
    "[::1]",
    "[2001:db8::1]:443",
    "xn--bcher-kva.example",
    "a_b",
    "a%20b",
  ])("%s is a host", (host) => expect(isHost(host)).toBe(true));
  test.each([
    "",
    ":80",
    "a b",
    "a/b",
    "a?b",
    "a#b",
    "u@a",
    "a:80:81",
    "a:http",
    "a:123456",
    "[::1",
    "::1",
    "[::1]x",
    "a\\b",
    "a<b",
    'a"b',
    "a%2",
    "ä",
  ])("%j is none", (host) => expect(isHost(host)).toBe(false));
  test("names lose their port and their capitals", () => {
    expect(["A.Example:81", "[::1]:80", "[::1]", "a"].map(hostName)).toEqual([
      "a.example",
      "[::1]",
      "[::1]",
      "a",
    ]);
  });
});

describe("who is asking", () => {
  const trusted = new TrustedProxies(["10.0.0.0/8", "192.168.1.1", "2001:db8::/32"]);

  test("an address is trusted if a net holds it", () => {
    for (const address of ["10.1.2.3", "192.168.1.1", "2001:db8::5"])
      expect(trusted.trusts(address), address).toBe(true);
    for (const address of ["11.0.0.1", "192.168.1.2", "2001:db9::5", "unknown", ""])
      expect(trusted.trusts(address), address).toBe(false);
  });

  test("by default nobody is", () => {
    expect(new TrustedProxies([]).trusts("127.0.0.1")).toBe(false);
  });

  test("the client is the last address no trusted proxy stands behind", () => {
    expect(trusted.clientOf("10.0.0.1", "1.1.1.1")).toBe("1.1.1.1");
    expect(trusted.clientOf("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2")).toBe("1.1.1.1");
    expect(trusted.clientOf("10.0.0.1", "10.0.0.3, 10.0.0.2")).toBe("10.0.0.3");
    expect(trusted.clientOf("10.0.0.1", "1.1.1.1:5000")).toBe("1.1.1.1");
    expect(trusted.clientOf("10.0.0.1", "[2001:db9::1]:5000")).toBe("2001:db9::1");
  });

  test("behind an entry that is no address nothing is believed", () => {
    expect(trusted.clientOf("10.0.0.1", "1.1.1.1, <script>")).toBe("10.0.0.1");
    expect(trusted.clientOf("10.0.0.1", "1.1.1.1, unknown, 10.0.0.2")).toBe("10.0.0.2");
  });

  test("an IPv4 address on a dual-stack socket is IPv4", () => {
    expect(plainAddress("::ffff:1.2.3.4")).toBe("1.2.3.4");
    expect(plainAddress("::1")).toBe("::1");
  });
});

describe("request ids", () => {
  test("sane ones are kept up to the limit, one character more is not", () => {
    const longest = "a".repeat(REQUEST_ID_CHARACTERS);
    expect(requestIdFrom(longest)).toBe(longest);
    expect(requestIdFrom(`${longest}a`)).toMatch(/^[0-9a-f]{20}$/);
  });
  test.each(["", "a b", 'a"b', "a,b", "a\tb", "ä", "{}"])("%j is replaced", (id) => {
    expect(requestIdFrom(id)).toMatch(/^[0-9a-f]{20}$/);
  });
  test("new ones differ", () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => requestIdFrom(null)));
    expect(ids.size).toBe(10_000);
  });
  test("random digits have the length asked for, across the pool's end", () => {
    for (let i = 0; i < 2000; i++) expect(randomHex(7)).toMatch(/^[0-9a-f]{14}$/);
  });
});

describe("traceparent", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const parent = "b7ad6b7169203331";
  test.each([`00-${trace}-${parent}-01`, `01-${trace}-${parent}-01`, `01-${trace}-${parent}-01-more`])(
    "%s is one",
    (value) => expect(isTraceparent(value)).toBe(true),
  );
  test.each([
    "",
    `00-${trace}-${parent}-01-more`,
    `ff-${trace}-${parent}-01`,
    `00-${"0".repeat(32)}-${parent}-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${parent}-01`,
    `00-${trace}-${parent}-1`,
    `01-${trace}-${parent}-01more`,
  ])("%j is none", (value) => expect(isTraceparent(value)).toBe(false));
  test("a new one is one", () => expect(isTraceparent(startTraceparent())).toBe(true));
});

test("field names are known in any case, and only those", () => {
  expect([fieldOf("Host"), fieldOf("HOST"), fieldOf("hOsT")]).toEqual([Field.host, Field.host, Field.host]);
  expect(fieldOf("Transfer-Encoding")).toBe(Field.transferEncoding);
  expect(fieldOf("Proxy-Authorization")).toBe(Field.proxy);
  for (const name of ["", "h", "hose", "Accept", "Cookie", "Transfer_Encoding", "x-forwarded-fox"]) {
    expect(fieldOf(name), name).toBe(Field.other);
  }
});
