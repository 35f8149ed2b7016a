import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalPath, replacePrefix } from "../../gateway/admit/path.ts";
import { RouteTable } from "../../gateway/admit/routes.ts";
import type { Routable, RouteMatch } from "../../gateway/admit/routes.ts";
import { GatewayError } from "../../gateway/errors.ts";

interface Route extends Routable {
  readonly name: string;
}

interface Short extends Partial<Omit<RouteMatch, "path">> {
  readonly exact?: string;
  readonly prefix?: string;
}

function route(name: string, { exact, prefix = "", ...rest }: Short): Route {
  const path =
    exact === undefined
      ? { kind: "prefix" as const, value: prefix }
      : { kind: "exact" as const, value: exact };
  return { name, match: { path, methods: [], hosts: [], headers: [], query: [], ...rest } };
}

interface Sent {
  readonly method?: string;
  readonly host?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function find(
  table: RouteTable<Route>,
  path: string,
  { method = "GET", host = "any", query = "", headers = {} }: Sent = {},
) {
  return (
    table.find({ method, path, host, queryString: query, header: (name) => headers[name] })?.name ?? null
  );
}

const table = (...routes: Route[]) => new RouteTable(routes);

describe("paths", () => {
  const paths = table(
    route("root", {}),
    route("hello", { prefix: "/hello" }),
    route("deep", { prefix: "/hello/big/world" }),
    route("exact", { exact: "/hello/you" }),
  );

  test.each([
    ["/", "root"],
    ["/hell", "root"],
    ["/hello", "hello"],
    ["/hello/", "hello"],
    ["/hello/me", "hello"],
    ["/helloworld", "root"],
    ["/hello/you", "exact"],
    ["/hello/you/", "hello"],
    ["/hello/you/too", "hello"],
    ["/hello/big", "hello"],
    ["/hello/big/world", "deep"],
    ["/hello/big/world/x/y", "deep"],
    ["/hello/big/worlds", "hello"],
  ])("%s goes to %s", (path, name) => expect(find(paths, path)).toBe(name));

  test("no route, no answer", () => expect(find(table(route("a", { prefix: "/a" })), "/b")).toBeNull());

  test("a path of ten thousand elements costs no more look-ups than the deepest prefix has elements", () => {
    expect(find(paths, "/hello/big/world" + "/x".repeat(10_000))).toBe("deep");
  });
});

/** The column for nginx was measured with nginx 1.22: `location = /hello`, `location /hello/`, `location /`. */
describe("no spelling of a path gets past a route", () => {
  const guarded = table(route("open", {}), route("guarded", { prefix: "/hello" }));

  test.each([
    ["/hello", "guarded", "the same"],
    ["/%68ello", "guarded", "the same"],
    ["/hell%6F", "guarded", "the same"],
    ["/hell%6f", "guarded", "the same"],
    ["//hello", "guarded", "the same"],
    ["///hello//x", "guarded", "the same"],
    ["/%2fhello", "guarded", "the same"],
    ["/%2F%2fhello", "guarded", "the same"],
    ["/hello%2fx", "guarded", "the same"],
    ["/hello%2Fx", "guarded", "the same"],
    ["/hello%5cx", "guarded", "open: a backslash is an ordinary character"],
    ["/hello/%5C..x", "guarded", "the same"],
    ["/hello/.well-known", "guarded", "the same"],
    ["/hello/..x", "guarded", "the same"],
    ["/HELLO", "open", "the same: paths have case"],
    ["/hello;v=1", "open", "the same: a parameter is part of its element"],
    ["/hello%20x", "open", "the same"],
    ["/hello%3Fx", "open", "the same"],
    ["/%2568ello", "open", "the same: nothing is decoded twice"],
    ["/a%7cb", "open", "the same"],
  ])("%s goes to %s (nginx: %s)", (path, name) => expect(find(guarded, path)).toBe(name));

  test.each([
    ["/x/../hello", "resolved to /hello"],
    ["/x/..//hello", "resolved"],
    ["/./hello", "resolved"],
    ["/hello/.", "resolved"],
    ["/hello/..", "resolved to /"],
    ["/../hello", "400"],
    ["/x/%2e%2e/hello", "resolved"],
    ["/x/%2E./hello", "resolved"],
    ["/x/.%2e", "resolved"],
    ["/x%2f..%2fhello", "resolved"],
    ["/x%5c..%5chello", "another path"],
    ["/x/..;/hello", "another path"],
    ["/x/..;a=b/hello", "another path"],
    ["/x/%2e%2e%3b/hello", "another path"],
    ["/hello\\x", "another path"],
    ["/x\\..\\hello", "another path"],
    ["/hello#x", "cut off at the #"],
    ["/hello%00", "400"],
    ["/hello%zz", "400"],
    ["/hello%", "400"],
    ["/hello/%2", "400"],
    ["/hello x", "400, by the parser"],
    ["/hell\u00f6", "another path"],
    ["/hello\u007f", "400"],
    ["/hello\t", "400"],
    ["hello", "400"],
    ["", "400"],
    ["*", "400"],
  ])("%j is refused (nginx: %s)", (path) => {
    expect(() => find(guarded, path)).toThrow(GatewayError);
    expect(() => find(guarded, path)).toThrow(/^ACCEPT_BAD_REQUEST: the path /);
  });

  test("a canonical path is its own canonical form", () => {
    const piece = fc.constantFrom(
      "/",
      "//",
      "a",
      "%61",
      "%2f",
      "%2F",
      "%25",
      "%20",
      "%c3",
      ".",
      "x",
      ";",
      "%5C",
      "\\",
      "..",
      "%zz",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        let canonical: string;
        try {
          canonical = canonicalPath(`/${pieces.join("")}`);
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          return;
        }
        expect(canonicalPath(canonical)).toBe(canonical);
        expect(canonical).not.toMatch(/\/\/|\/\.\.?(\/|;|$)|\\/);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

describe("hosts", () => {
  const hosts = table(
    route("any", {}),
    route("wildcard", { hosts: ["*.example.com"] }),
    route("longer wildcard", { hosts: ["*.eu.example.com"] }),
    route("exact", { hosts: ["api.eu.example.com", "example.com"] }),
    route("exact but elsewhere", { hosts: ["only.example.com"], prefix: "/only" }),
  );

  test.each([
    ["example.com", "exact"],
    ["EXAMPLE.com", "exact"],
    ["example.com:8080", "exact"],
    ["example.com.", "exact"],
    ["example.com.:8080", "exact"],
    ["api.eu.example.com", "exact"],
    ["x.eu.example.com", "longer wildcard"],
    ["a.b.eu.example.com", "longer wildcard"],
    ["eu.example.com", "wildcard"],
    ["a.b.example.com", "wildcard"],
    ["only.example.com", "wildcard"],
    ["badexample.com", "any"],
    [".example.com", "any"],
    ["example.org", "any"],
    ["", "any"],
    ["[::1]:8080", "any"],
    ["127.0.0.1", "any"],
    [`${"a.".repeat(5000)}example.com`, "any"],
  ])("%s is for the route with %s host", (host, name) => expect(find(hosts, "/", { host })).toBe(name));

  test("a more specific host's routes are tried first, whatever their paths", () => {
    const mixed = table(route("exact path", { exact: "/a" }), route("host", { hosts: ["h"] }));
    expect(find(mixed, "/a", { host: "h" })).toBe("host");
  });
});

describe("methods, headers and query decide between equal paths, in this order", () => {
  const header = (name: string) => ({ name, value: "1" });

  test.each<[string, Route[], Sent, string | null]>([
    [
      "a method beats headers",
      [route("h", { headers: [header("a"), header("b")] }), route("m", { methods: ["GET"] })],
      { headers: { a: "1", b: "1" } },
      "m",
    ],
    [
      "more headers beat fewer",
      [route("1", { headers: [header("a")] }), route("2", { headers: [header("a"), header("b")] })],
      { headers: { a: "1", b: "1" } },
      "2",
    ],
    [
      "headers beat query",
      [route("q", { query: [header("x"), header("y")] }), route("h", { headers: [header("a")] })],
      { headers: { a: "1" }, query: "x=1&y=1" },
      "h",
    ],
    [
      "more query parameters beat fewer",
      [route("1", { query: [header("x")] }), route("2", { query: [header("x"), header("y")] })],
      { query: "y=1&x=1" },
      "2",
    ],
    ["the first listed wins a tie", [route("first", {}), route("second", {})], {}, "first"],
    [
      "a longer prefix beats a method",
      [route("m", { methods: ["GET"] }), route("p", { prefix: "/a" })],
      {},
      "p",
    ],
    ["GET does not stand for HEAD", [route("g", { methods: ["GET"] })], { method: "HEAD" }, null],
    ["any of several methods will do", [route("g", { methods: ["GET", "HEAD"] })], { method: "HEAD" }, "g"],
    [
      "a header must have exactly the value",
      [route("h", { headers: [header("a")] })],
      { headers: { a: "1, 1" } },
      null,
    ],
    [
      "all headers must be there",
      [route("h", { headers: [header("a"), header("b")] })],
      { headers: { a: "1" } },
      null,
    ],
    [
      "a longer prefix that does not match leaves it to a shorter one",
      [route("p", { prefix: "/a", methods: ["POST"] }), route("root", {})],
      {},
      "root",
    ],
    [
      "an exact path that does not match leaves it to a prefix",
      [route("e", { exact: "/a/b", methods: ["POST"] }), route("root", {})],
      {},
      "root",
    ],
  ])("%s", (_, routes, sent, expected) => expect(find(table(...routes), "/a/b", sent)).toBe(expected));

  test.each([
    ["x=1", true],
    ["x=1&x=2", true],
    ["x=2&x=1", false],
    ["y=2&x=1", true],
    ["%78=1", true],
    ["x=%31", true],
    ["x=1+", false],
    ["X=1", false],
    ["x", false],
    ["", false],
    ["&&=&x=1&", true],
    ["x=%zz", false],
  ])("of a repeated parameter the first counts, names and values are decoded: ?%s", (query, matches) => {
    expect(find(table(route("q", { query: [header("x")] })), "/", { query })).toBe(matches ? "q" : null);
  });
});

test("among hundreds of routes the right one is found: the table agrees with sorting and trying them all", () => {
  const element = fc.constantFrom("a", "b", "c");
  const path = fc
    .array(element, { maxLength: 4 })
    .map((elements) => elements.map((one) => `/${one}`).join(""));
  const pair = fc.record({ name: fc.constantFrom("x", "y"), value: fc.constantFrom("1", "2") });
  const pairs = fc.uniqueArray(pair, { maxLength: 2, selector: ({ name }) => name });
  const match = fc.record({
    path: fc.oneof(
      path.map((value) => ({ kind: "prefix" as const, value })),
      path.map((value) => ({ kind: "exact" as const, value: value || "/" })),
    ),
    methods: fc.subarray(["GET", "POST"]),
    hosts: fc.subarray(["h.example", "*.example", "*.h.example", "x.h.example"], { maxLength: 2 }),
    headers: pairs,
    query: pairs,
  });
  const sent = fc.record({
    path: path.map((value) => value || "/"),
    method: fc.constantFrom("GET", "POST"),
    host: fc.constantFrom("h.example", "x.h.example", "y.h.example", "z.example", "other"),
    headers: pairs,
    query: pairs,
  });
  fc.assert(
    fc.property(
      fc.array(match, { minLength: 50, maxLength: 400 }),
      fc.array(sent, { minLength: 20, maxLength: 20 }),
      (matches, requests) => {
        const routes = matches.map((one, index): Route => ({ name: String(index), match: one }));
        const built = new RouteTable(routes);
        for (const { path: sentPath, method, host, headers, query } of requests) {
          const fields = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
          const queryString = query.map(({ name, value }) => `${name}=${value}`).join("&");
          const expected = oracle(routes, sentPath, method, host, fields, new URLSearchParams(queryString));
          expect(find(built, sentPath, { method, host, query: queryString, headers: fields })).toBe(expected);
        }
      },
    ),
    { seed: 4, numRuns: 60 },
  );
});

/** HTTPRoute's words in the simplest code there is: try all, keep the most specific. */
function oracle(
  routes: Route[],
  path: string,
  method: string,
  host: string,
  headers: Record<string, string>,
  query: URLSearchParams,
) {
  const ranks = routes.flatMap(({ name, match }, index) => {
    const hostRanks =
      match.hosts.length === 0 ? [[0, 0]] : match.hosts.flatMap((pattern) => rankHost(pattern, host));
    const below =
      match.path.kind === "exact" ? path === match.path.value : `${path}/`.startsWith(`${match.path.value}/`);
    const fits =
      below &&
      (match.methods.length === 0 || match.methods.includes(method)) &&
      match.headers.every((one) => headers[one.name] === one.value) &&
      match.query.every((one) => query.get(one.name) === one.value);
    if (!fits) return [];
    const rest = [
      match.path.kind === "exact" ? 1 : 0,
      match.path.value.length,
      match.methods.length > 0 ? 1 : 0,
      match.headers.length,
      match.query.length,
      -index,
    ];
    return hostRanks.map((hostRank) => ({ name, rank: [...hostRank, ...rest] }));
  });
  ranks.sort((one, other) => compare(other.rank, one.rank));
  return ranks[0]?.name ?? null;
}

/** Characters in a matching non-wildcard name, then characters in a matching name. */
function rankHost(pattern: string, host: string): number[][] {
  if (pattern === host) return [[pattern.length, pattern.length]];
  return pattern.startsWith("*") && host.endsWith(pattern.slice(1)) ? [[0, pattern.length]] : [];
}

function compare(one: number[], other: number[]): number {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index === -1 ? 0 : (one[index] as number) - (other[index] as number);
}

describe("replacing the matched prefix", () => {
  test.each([
    ["/hello/you", 1, "/v1", "/v1/you"],
    ["/hello", 1, "/v1", "/v1"],
    ["/hello/", 1, "/v1", "/v1/"],
    ["/hello/you", 1, "/", "/you"],
    ["/hello", 1, "/", "/"],
    ["/hello/you", 1, "/v1/", "/v1/you"],
    ["/hello/you", 0, "/v1", "/v1/hello/you"],
    ["/", 0, "/v1", "/v1/"],
    ["/%68ello/a%20b", 1, "/v1", "/v1/a%20b"],
    ["//hello//you", 1, "/", "/you"],
    ["/api%2Fv1/x", 2, "/new", "/new/x"],
    ["/a/b/c", 2, "/z", "/z/c"],
    ["/hello/a//b%2Fc", 1, "/v1", "/v1/a//b%2Fc"],
  ])("%s without its first %i elements, under %s, is %s", (path, elements, prefix, expected) => {
    expect(replacePrefix(path, elements, prefix)).toBe(expected);
  });
});
