import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, loadConfig, parseConfig } from "../../gateway/config.ts";
import type { GatewayConfig } from "../../gateway/config.ts";
import { changesThatNeedRestart } from "../../gateway/config/restart.ts";
import { SLOTS } from "../../gateway/limits.ts";

/** A real directory with the files that configs refer to. */
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nea-config-"));
  mkdirSync(join(directory, "config"));
  mkdirSync(join(directory, "handlers"));
  for (const name of ["handlers/hello.ts", "cert.pem", "key.pem", "ca.pem"])
    writeFileSync(join(directory, name), "");
});
afterAll(() => rmSync(directory, { recursive: true }));

const MINIMAL = `
upstreams: { app: { targets: ["http://127.0.0.1:3000"] } }
pools: { small: { slots: 4, arena: 4Mi }, large: { slots: 2, arena: 8Mi } }
`;

const parse = (text: string, environment = {}) =>
  parseConfig(text, join(directory, "config/gateway.yaml"), environment);

/** `line:column: key: problem` of each fault. */
function faultsOf(text: string, environment = {}): string[] {
  try {
    parse(text, environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n").map((line) => line.slice(`${directory}/config/gateway.yaml:`.length));
  }
}

/** One route, with the pools and the upstream of MINIMAL. */
const withRoute = (route: string) => `${MINIMAL}routes: [{ ${route} }]\n`;
const withKey = (key: string) => `${key}\n${withRoute("upstream: app")}`;
const handler = "handler: ../handlers/hello.ts, pool: small";

describe("the shipped config", () => {
  test("loads", () => {
    const config = loadConfig("config/gateway.yaml");
    expect(config.routes.map(({ name }) => name)).toEqual(["GET,HEAD /hello/*", "/bomb/*", "/*"]);
    expect(config.pools["small"]).toEqual({
      name: "small",
      slots: 16,
      arenaBytes: 4_194_304,
      queueLength: 64,
      queueWaitMs: 250,
    });
    expect(config.upstreams["app"]?.targets).toEqual([
      { url: "http://127.0.0.1:3000", protocol: "http", host: "127.0.0.1", port: 3000 },
    ]);
  });

  test("commits no more than a quarter of a 512Mi container to arenas", () => {
    const pools = Object.values(loadConfig("config/gateway.yaml").pools);
    expect(pools.reduce((sum, { slots, arenaBytes }) => sum + slots * arenaBytes, 0)).toBeLessThanOrEqual(
      128 * 2 ** 20,
    );
  });
});

describe("what a config comes to", () => {
  const routeOf = (route: string) => parse(withRoute(route)).routes[0];

  test("the example of the contract loads as it is written there", () => {
    const config = parse(`
listen: 0.0.0.0:8080
admin: 0.0.0.0:9090
upstreams:
  app: { targets: ["http://127.0.0.1:3000"] }
pools:
  small: { slots: 16, arena: 4Mi, queue: { length: 64, wait: 250ms } }
  large: { slots: 2, arena: 32Mi }
proxy: { slots: 256, queue: { length: 256, wait: 1s } }
routes:
  - match: { path: { prefix: /hello }, methods: [GET] }
    handler: ../handlers/hello.ts
    pool: small
    upstream: app
    env: { GREETING: hi }
    bindings: { USERS: app }
    warm: ["GET /hello/you"]
    limits: { cpu: 50ms, wall: 10s, body: 1Mi, subrequests: 4 }
    onOverflow: { retry: large }
  - match: { path: { prefix: / } }
    upstream: app
fleet: { redis: "redis://127.0.0.1:6379", name: edge }
`);
    expect(config.routes[0]?.handler).toEqual({
      file: join(directory, "handlers/hello.ts"),
      pool: "small",
      env: { GREETING: "hi" },
      bindings: { USERS: "app" },
      warm: [{ method: "GET", target: "/hello/you" }],
      retryPool: "large",
      onFailure: "error",
      breaker: null,
    });
    expect(config.routes[0]?.limits).toMatchObject({
      cpuMs: 50,
      wallMs: 10_000,
      bodyBytes: 1_048_576,
      subrequests: 4,
    });
    expect(config.fleet).toEqual({
      redis: "redis://127.0.0.1:6379",
      name: "edge",
      prefix: "nea:",
      intervalMs: 1000,
      ttlMs: 10_000,
    });
  });

  test("it is frozen, all the way down", () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(parse(withRoute("upstream: app")))).toBe(true);
  });

  test("it is plain data that a thread can be sent", () => {
    const config = parse(withRoute(`${handler}, upstream: app`));
    expect(structuredClone(config)).toEqual(JSON.parse(JSON.stringify(config)));
  });

  test("IPv6 addresses lose their brackets", () => {
    expect(parse(withKey('listen: "[::1]:0"')).listen).toEqual({ host: "::1", port: 0 });
  });

  test.each([
    ["http://app", { protocol: "http", host: "app", port: 80 }],
    ["https://app/", { protocol: "https", host: "app", port: 443, url: "https://app" }],
    ["https://[2001:db8::1]:8443", { protocol: "https", host: "2001:db8::1", port: 8443 }],
    ["http://[::1]", { protocol: "http", host: "::1", port: 80 }],
    ["unix:/run/app.sock", { protocol: "unix", socketPath: "/run/app.sock" }],
  ])("the target %s is read into its parts", (url, parts) => {
    const text = `upstreams: { app: { targets: ["${url}"] } }\nroutes: [{ upstream: app }]`;
    expect(parse(text).upstreams["app"]?.targets[0]).toMatchObject(parts);
  });

  test("every timeout of an upstream is in milliseconds, and none is null", () => {
    const text = `upstreams: { app: { targets: ["http://h"], timeouts: { connect: 1s, total: 2m } } }\nroutes: [{ upstream: app }]`;
    const timeouts = { connectMs: 1000, headMs: 30_000, idleMs: 30_000, totalMs: 120_000, keepAliveMs: 4000 };
    expect(parse(text).upstreams["app"]?.timeouts).toEqual(timeouts);
    expect(parse(withRoute("upstream: app")).upstreams["app"]?.timeouts.totalMs).toBeNull();
  });

  test("a route without match is for everything", () => {
    expect(routeOf("upstream: app")?.match).toEqual({
      path: { kind: "prefix", value: "" },
      methods: [],
      hosts: [],
      headers: [],
      query: [],
    });
  });

  test("paths, hosts and header names are put into the form they are compared in", () => {
    const match = routeOf(
      "upstream: app, match: { path: { prefix: /%68ello%2Fx/ }, hosts: [API.Example.com], headers: { X-Canary: 'Yes' }, query: { Q: '1' } }",
    )?.match;
    expect(match).toEqual({
      path: { kind: "prefix", value: "/hello/x" },
      methods: [],
      hosts: ["api.example.com"],
      headers: [{ name: "x-canary", value: "Yes" }],
      query: [{ name: "Q", value: "1" }],
    });
  });

  test("weighted upstreams, header rules, redirects, stickiness and shares", () => {
    expect(routeOf("upstreams: [{ name: app, weight: 9 }, { name: app }]")?.upstreams).toEqual([
      { name: "app", weight: 9 },
      { name: "app", weight: 1 },
    ]);
    expect(
      routeOf("upstream: app, requestHeaders: { set: { X-A: b }, remove: [X-C] }")?.requestHeaders,
    ).toEqual({
      remove: ["x-c"],
      set: { "x-a": "b" },
      add: {},
    });
    expect(routeOf("redirect: { scheme: https, port: 443 }")?.redirect).toMatchObject({
      status: 302,
      scheme: "https",
      port: 443,
      path: null,
    });
    expect(routeOf("upstream: app, sticky: { cookie: sid }")?.sticky).toEqual({
      kind: "cookie",
      name: "sid",
    });
    expect(routeOf(`${handler}, slots: { reserve: 1, cap: 2 }`)?.slots).toEqual({ reserve: 1, cap: 2 });
    expect(routeOf("upstream: app, upgrade: true")?.upgrade).toBe(true);
    expect(routeOf("upstream: app, rewrite: {}")?.rewrite).toEqual({ prefix: "/" });
  });

  test("routes without a name get one that is theirs alone", () => {
    const text = `${MINIMAL}routes: [{ upstream: app }, { upstream: app }, { name: x, upstream: app }, { match: { path: { exact: /a }, methods: [GET], hosts: [h] }, upstream: app }]`;
    expect(parse(text).routes.map(({ name }) => name)).toEqual(["/*", "/* #2", "x", "GET h/a"]);
  });

  test("proxies may be given as addresses or ranges", () => {
    const text = withKey('trustedProxies: [10.0.0.0/8, 192.0.2.1, "fd00::/8", "::1"]');
    expect(parse(text).trustedProxies).toEqual(["10.0.0.0/8", "192.0.2.1/32", "fd00::/8", "::1/128"]);
  });

  test("anchors share sections between routes", () => {
    const text = `${MINIMAL}routes: [{ upstream: app, limits: &strict { body: 1Ki } }, { upstream: app, limits: *strict }]`;
    expect(parse(text).routes.map(({ limits }) => limits.bodyBytes)).toEqual([1024, 1024]);
  });
});

describe("the environment", () => {
  const redis = (value: string) => withKey(`fleet: { redis: "${value}" }`);

  test.each([
    ["${REDIS}", "redis://h:1"],
    ["redis://${HOST}:${PORT:-6379}", "redis://h:6379"],
    ["${MISSING:-redis://d}", "redis://d"],
    ["${EMPTY:-redis://d}", "redis://d"],
  ])("%s is replaced", (value, expected) => {
    const environment = { REDIS: "redis://h:1", HOST: "h", EMPTY: "" };
    expect(parse(redis(value), environment).fleet?.redis).toBe(expected);
  });

  test("what a variable holds is text and never YAML", () => {
    const text = withRoute(`${handler}, env: { A: "\${A}", B: "$\${B}", C: "$C {D}" }`);
    const { env } = parse(text, { A: "x }, pool: evil, # {" }).routes[0]?.handler ?? {};
    expect(env).toEqual({ A: "x }, pool: evil, # {", B: "${B}", C: "$C {D}" });
  });

  test("numbers and flags can be brought in as text", () => {
    const text = withKey(
      'threads: "${THREADS}"\nwatch: "${WATCH}"\nlog: { access: { sample2xx: "${PART}" } }',
    );
    expect(parse(text, { THREADS: "3", WATCH: "false", PART: "0.25" })).toMatchObject({
      threads: 3,
      watch: false,
      log: { sample2xx: 0.25 },
    });
  });

  test("a variable that is not set is a fault at its place, and the only one there", () => {
    expect(faultsOf(redis("${NOPE}"))).toEqual([
      "1:17: fleet.redis: the environment variable NOPE is not set",
    ]);
    expect(faultsOf(redis("${no pe}"))).toEqual([
      expect.stringMatching(/^1:17: fleet\.redis: expected \$\{NAME\}/),
    ]);
    expect(faultsOf(redis("${NOPE"))).toEqual([
      expect.stringMatching(/^1:17: fleet\.redis: expected \$\{NAME\}/),
    ]);
  });

  test("what it holds is not shown in a fault", () => {
    expect(faultsOf(redis("${SECRET}"), { SECRET: "hunter2" })).toEqual([
      expect.stringMatching(/^1:17: fleet\.redis: got "\$\{SECRET\}", expected a URL/),
    ]);
  });

  test("the password of a URL is not shown either", () => {
    expect(faultsOf(redis("http://u:hunter2@h")).join()).not.toContain("hunter2");
  });
});

/** [what it is about, the config, the fault as line:column: key: problem] */
const FAULTS: [string, string, string | RegExp][] = [
  [
    "a wrong value",
    withKey("threads: many"),
    '1:10: threads: got "many", expected a whole number from 1 to 64',
  ],
  ["one below a limit", withKey("threads: 0"), "1:10: threads: got 0, expected a whole number from 1 to 64"],
  ["one past a limit", withKey("threads: 65"), "1:10: threads: got 65, expected a whole number from 1 to 64"],
  [
    "a fraction of a thread",
    withKey("threads: 1.5"),
    "1:10: threads: got 1.5, expected a whole number from 1 to 64",
  ],
  [
    "a duration without a unit",
    withKey("drain: { delay: 5 }"),
    /^1:17: drain\.delay: got 5, .*: "5" has no unit: write 5ms or 5s$/,
  ],
  [
    "a size in decimal units",
    withKey("limits: { headBytes: 16K }"),
    /^1:22: limits\.headBytes: got "16K", .*: write 16Ki$/,
  ],
  [
    "an arena that is no whole number of pages",
    `pools: { a: { slots: 1, arena: 1100Ki } }\n${"routes: [{ redirect: { location: /x } }]"}`,
    /^1:32: pools\.a\.arena: got "1100Ki", expected a size from 1Mi to 1Gi, a multiple of 64Ki$/,
  ],
  ["an unknown key", withKey("amdin: 0.0.0.0:1"), '1:1: unknown key "amdin", did you mean admin?'],
  [
    "an unknown key far from all others",
    withKey("tls: { cert: ../cert.pem, key: ../key.pem, ciphers: x }"),
    '1:44: tls: unknown key "ciphers", expected one of cert, key, minVersion',
  ],
  [
    "an unknown key in a union",
    withRoute(`${handler}, onOverflow: { rety: large, retry: large }`),
    /: routes\[0\]\.onOverflow: unknown key "rety", did you mean retry\?$/,
  ],
  [
    "a union's wrong value",
    withRoute(`${handler}, onOverflow: explode`),
    /: routes\[0\]\.onOverflow: got "explode", expected fail or \{retry: POOL\}$/,
  ],
  ["a missing key", withKey("fleet: {}"), /^1:8: fleet\.redis: is missing: expected a URL/],
  [
    "a missing section",
    "listen: 0.0.0.0:1",
    /^1:1: routes: is missing: expected a list of routes, 1 to 1024 of them$/,
  ],
  [
    "an empty list",
    "routes: []",
    "1:9: routes: got an empty list, expected a list of routes, 1 to 1024 of them",
  ],
  [
    "an empty section",
    withKey("tls:"),
    "1:5: tls: got nothing, expected a section with cert, key, minVersion",
  ],
  ["an empty file", "", /^1:1: got nothing, expected a section with listen, admin, tls/],
  [
    "a mapping that looks like a list",
    "routes: { length: { toString: 1 } }",
    "1:9: routes: got a section, expected a list of routes, 1 to 1024 of them",
  ],
  ["a list instead of a section", "- a", /^1:1: got a list of 1, expected a section/],
  ["a key twice", withKey("watch: true\nwatch: false"), '2:1: the key "watch" is there twice'],
  [
    "a key twice, once in quotes",
    withKey('watch: true\n"watch": false'),
    '2:1: the key "watch" is there twice',
  ],
  ["a syntax error", "routes: [", /^\d+:\d+: flow sequence in block collection/],
  ["a tab", "routes:\n\t- a", /^2:1: tabs are not allowed as indentation$/],
  [
    "a syntax error, without what the parser says once it is lost",
    "a: b: c\nd: {e\nf: }",
    /^1:4: nested mappings/,
  ],
  ["two documents", "a: 1\n---\nb: 2", /^2:1: source contains multiple documents/],
  ["an unknown tag", withKey("watch: !yes true"), /^1:8: unresolved tag: !yes$/],
  ["an alias to nothing", withKey("watch: *there"), "1:8: *there is not the name of anything before it"],
  ["an alias inside itself", "routes: &r [*r]", "1:13: *r stands inside what it stands for"],
  ["a list as a key", withKey("? [a]\n: b"), "1:3: a key must be a plain word"],
  ["__proto__", withKey("__proto__: { a: 1 }"), /1:1: __proto__ cannot be a key/],
  ["a merge key", withKey("log: &l { level: info }\ndrain: { <<: *l }"), /^2:10: drain: unknown key "<<"/],

  [
    "an address without a port",
    withKey("listen: 0.0.0.0"),
    /^1:9: listen: got "0\.0\.0\.0", expected host:port/,
  ],
  ["a port beyond the last", withKey("listen: 0.0.0.0:65536"), /^1:9: listen: got/],
  ["IPv6 without brackets", withKey('listen: "::1:8080"'), /^1:9: listen: got/],
  ["two listeners on one port", withKey("listen: 0.0.0.0:9090"), /admin: port 9090 is taken by listen$/],
  [
    "a proxy that is no address",
    withKey("trustedProxies: [localhost]"),
    /^1:18: trustedProxies\[0\]: got "localhost"/,
  ],
  ["a range with too many bits", withKey("trustedProxies: [10.0.0.0/33]"), /^1:18: trustedProxies\[0\]: got/],
  [
    "a target longer than the head",
    withKey("limits: { headBytes: 4Ki, targetBytes: 5Ki }"),
    /^1:40: limits\.targetBytes: expected no more than limits\.headBytes$/,
  ],
  [
    "a deadline before the delay is over",
    withKey("drain: { delay: 30s }"),
    /drain\.deadline: expected more than drain\.delay$/,
  ],
  [
    "figures that vanish between two publications",
    withKey("fleet: { redis: 'redis://h', interval: 6s }"),
    /fleet\.ttl: expected at least twice fleet\.interval$/,
  ],
  [
    "more headroom than memory",
    withKey("memory: { limit: 64Mi, headroom: 64Mi }"),
    /^1:34: memory\.headroom: expected less than memory\.limit$/,
  ],
  [
    "a Redis URL of another kind",
    withKey("fleet: { redis: 'http://h' }"),
    /^1:17: fleet\.redis: got "http:\/\/h", expected a URL with one of the schemes redis,/,
  ],
  ["several hosts for one Redis", withKey("fleet: { redis: 'redis://a,b' }"), /^1:17: fleet\.redis: got/],
  [
    "a missing certificate",
    withKey("tls: { cert: ../nope.pem, key: ../key.pem }"),
    /^1:14: tls\.cert: "\.\.\/nope\.pem" is not there \(looked for .*\/nope\.pem\)$/,
  ],

  [
    "an upstream without targets",
    "upstreams: { a: { targets: [] } }\nroutes: [{ upstream: a }]",
    /^1:28: upstreams\.a\.targets: got an empty list/,
  ],
  [
    "a target with a path",
    "upstreams: { a: { targets: ['http://h/x'] } }\nroutes: [{ upstream: a }]",
    /^1:29: upstreams\.a\.targets\[0\]: got "http:\/\/h\/x", expected http:\/\/host/,
  ],
  [
    "a target with port 0",
    "upstreams: { a: { targets: ['http://h:0'] } }\nroutes: [{ upstream: a }]",
    /targets\[0\]: got/,
  ],
  [
    "a socket with a path too long",
    `upstreams: { a: { targets: ['unix:/${"x".repeat(107)}'] } }\nroutes: [{ upstream: a }]`,
    /longer than 107 bytes$/,
  ],
  [
    "a certificate without its key",
    "upstreams: { a: { targets: ['https://h'], tls: { cert: ../cert.pem } } }\nroutes: [{ upstream: a }]",
    /upstreams\.a\.tls: cert and key go together$/,
  ],
  [
    "a name that cannot be a label",
    "upstreams: { 1a: { targets: ['http://h'] } }\nroutes: [{ redirect: { location: /x } }]",
    /^1:14: upstreams: got the key "1a", expected a name/,
  ],

  [
    "a pool that is not there",
    withRoute("handler: ../handlers/hello.ts, pool: smal"),
    /^4:49: routes\[0\]\.pool: "smal" is not under pools, did you mean small\?$/,
  ],
  [
    "an upstream that is not there",
    withRoute("upstream: users"),
    '4:22: routes[0].upstream: "users" is not under upstreams (there are app)',
  ],
  [
    "a name from Object.prototype",
    withRoute("upstream: constructor"),
    /"constructor" is not under upstreams/,
  ],
  [
    "a weighted upstream that is not there",
    withRoute("upstreams: [{ name: ap }]"),
    /routes\[0\]\.upstreams\[0\]\.name: "ap" is not under upstreams, did you mean app\?$/,
  ],
  [
    "a binding that is not there",
    withRoute(`${handler}, bindings: { USERS: ap }`),
    /routes\[0\]\.bindings\.USERS: "ap" is not under upstreams, did you mean app\?$/,
  ],
  [
    "a handler that is not there",
    withRoute("handler: nope.ts, pool: small"),
    /^4:21: routes\[0\]\.handler: "nope\.ts" is not there/,
  ],
  [
    "a handler that is a directory",
    withRoute("handler: ../handlers, pool: small"),
    /routes\[0\]\.handler: "\.\.\/handlers" is not a file$/,
  ],
  [
    "a handler without a pool",
    withRoute("handler: ../handlers/hello.ts"),
    /routes\[0\]\.pool: is missing: a handler runs in the arenas of a pool$/,
  ],
  [
    "a retry in a pool no larger",
    withRoute(`${handler}, onOverflow: { retry: small }`),
    /onOverflow\.retry: expected a pool with arenas larger than 4Mi$/,
  ],
  [
    "a route to nowhere",
    withRoute("match: {}"),
    /routes\[0\]: a route needs a handler, an upstream, or a redirect$/,
  ],
  [
    "a redirect and an upstream",
    withRoute("redirect: { location: /x }, upstream: app"),
    /routes\[0\]\.redirect: a route that redirects has no handler and no upstream$/,
  ],
  [
    "a redirect to itself",
    withRoute("redirect: { status: 301 }"),
    /routes\[0\]\.redirect: expected at least one of location, scheme/,
  ],
  [
    "a location and parts of one",
    withRoute("redirect: { location: /x, port: 1 }"),
    /a whole location leaves nothing for port$/,
  ],
  [
    "a location that leaves the site unawares",
    withRoute("redirect: { location: //evil.example }"),
    /redirect\.location: got "\/\/evil\.example"/,
  ],
  [
    "a location with a line break",
    withRoute('redirect: { location: "/x\\r\\nSet-Cookie: a=b" }'),
    /redirect\.location: got/,
  ],
  [
    "one upstream and several",
    withRoute("upstream: app, upstreams: [{ name: app }]"),
    /a route has upstream or upstreams, not both$/,
  ],
  [
    "weights that add up to nothing",
    withRoute("upstreams: [{ name: app, weight: 0 }]"),
    /at least one weight must be more than 0$/,
  ],
  [
    "a path that is exact and a prefix",
    withRoute("upstream: app, match: { path: { exact: /a, prefix: /b } }"),
    /routes\[0\]\.match\.path: expected exactly one of exact and prefix$/,
  ],
  [
    "a path that is neither",
    withRoute("upstream: app, match: { path: {} }"),
    /expected exactly one of exact and prefix$/,
  ],
  [
    "a path with a dot segment",
    withRoute("upstream: app, match: { path: { prefix: /a/../b } }"),
    /match\.path\.prefix: got "\/a\/\.\.\/b", expected a path/,
  ],
  [
    "a path with a query",
    withRoute("upstream: app, match: { path: { prefix: '/a?b' } }"),
    /match\.path\.prefix: got/,
  ],
  [
    "a path outside ASCII",
    withRoute("upstream: app, match: { path: { prefix: /ö } }"),
    /match\.path\.prefix: got "\/ö", .*percent-encode/,
  ],
  [
    "a prefix too deep",
    withRoute(`upstream: app, match: { path: { prefix: "${"/a".repeat(33)}" } }`),
    /at most 32 elements deep$/,
  ],
  [
    "a method in small letters",
    withRoute("upstream: app, match: { methods: [get] }"),
    /methods\[0\]: got "get", expected a method in capitals/,
  ],
  ["CONNECT", withRoute("upstream: app, match: { methods: [CONNECT] }"), /methods\[0\]: got "CONNECT"/],
  [
    "a host with a port",
    withRoute("upstream: app, match: { hosts: ['a:1'] }"),
    /hosts\[0\]: got "a:1", expected a host name without a port/,
  ],
  [
    "a wildcard in the middle",
    withRoute("upstream: app, match: { hosts: ['a.*.b'] }"),
    /hosts\[0\]: got "a\.\*\.b"/,
  ],
  [
    "a header rule about framing",
    withRoute("upstream: app, requestHeaders: { set: { Content-Length: '1' } }"),
    /requestHeaders\.set: got the key "Content-Length"/,
  ],
  [
    "a header value with a line break",
    withRoute('upstream: app, responseHeaders: { add: { x: "a\\r\\nb: c" } }'),
    /responseHeaders\.add\.x: got/,
  ],
  [
    "a number for a text",
    withRoute(`${handler}, env: { VERSION: 1.10 }`),
    /routes\[0\]\.env\.VERSION: got 1\.10, expected text .*in quotes\)$/,
  ],
  [
    "an env and a binding of one name",
    withRoute(`${handler}, env: { A: b }, bindings: { A: app }`),
    /bindings\.A: env has a value of this name$/,
  ],
  [
    "an env that is too large",
    withRoute(`${handler}, env: { A: ${"x".repeat(32_768)}, B: ${"x".repeat(32_768)} }`),
    /routes\[0\]\.env: got 65538 characters, expected at most 65536$/,
  ],
  [
    "env without a handler",
    withRoute("upstream: app, env: { A: b }"),
    /routes\[0\]\.env: has no effect on a route without a handler$/,
  ],
  [
    "timeouts without an upstream",
    withRoute(`${handler}, timeouts: { total: 1s }`),
    /routes\[0\]\.timeouts: has no effect on a route without an upstream$/,
  ],
  [
    "upgrades past a handler",
    withRoute(`${handler}, upstream: app, upgrade: true`),
    /routes\[0\]\.upgrade: an upgrade would pass by the handler/,
  ],
  [
    "next without an upstream",
    withRoute(`${handler}, onFailure: next`),
    /onFailure: there is no next: the route has no upstream$/,
  ],
  [
    "a rewrite of an exact path",
    withRoute("upstream: app, match: { path: { exact: /a } }, rewrite: { prefix: /b }"),
    /routes\[0\]\.rewrite: there is no prefix to replace/,
  ],
  [
    "stickiness by two things",
    withRoute("upstream: app, sticky: { cookie: a, header: b }"),
    /sticky: expected exactly one of cookie and header$/,
  ],
  [
    "a warm request that is none",
    withRoute(`${handler}, warm: [/hello]`),
    /warm\[0\]: got "\/hello", expected a method and a target/,
  ],
  [
    "a cap beyond the pool",
    withRoute(`${handler}, slots: { cap: 5 }`),
    /slots\.cap: expected no more than the 4 slots of pools\.small$/,
  ],
  [
    "a reserve beyond the cap",
    withRoute(`${handler}, slots: { reserve: 3, cap: 2 }`),
    /slots\.reserve: expected no more than the route's cap$/,
  ],
  [
    "reserves beyond the pool",
    `${MINIMAL}routes: [{ ${handler}, slots: { reserve: 2 } }, { ${handler}, slots: { reserve: 3 } }]`,
    /routes\[1\]\.slots\.reserve: with the routes before, 5 of the 4 slots of pools\.small are reserved$/,
  ],
  [
    "reserves that leave nothing",
    `${MINIMAL}routes: [{ ${handler}, slots: { reserve: 4 } }, { ${handler} }]`,
    /routes: all 4 slots of pools\.small are reserved, so its routes without a reserve could never run$/,
  ],
  [
    "two routes of one name",
    `${MINIMAL}routes: [{ name: a, upstream: app }, { name: a, upstream: app }]`,
    /routes\[1\]\.name: another route has this name$/,
  ],
];

describe("a fault is reported with its place, what was given and what is allowed", () => {
  test.each(FAULTS)("%s", (_, text, expected) => {
    const matching =
      typeof expected === "string" ? expect.stringContaining(expected) : expect.stringMatching(expected);
    expect(faultsOf(text)).toEqual(expect.arrayContaining([matching]));
  });

  test("the file is named as it was given, at the place an editor jumps to", () => {
    expect(() => parseConfig("routes: 5", "config/x.yaml", {})).toThrow(
      /^config\/x\.yaml:1:9: routes: got 5, expected a list/,
    );
  });

  test("through an alias, the place is where the value is written", () => {
    const text = `${MINIMAL}routes:\n  - upstream: app\n    limits: &l\n      body: much\n  - upstream: app\n    limits: *l\n`;
    expect(faultsOf(text).map((fault) => fault.split(": ")[0])).toEqual(["7:13", "7:13"]);
  });

  test("a value at its limit is none", () => {
    expect(faultsOf(withKey("threads: 64"))).toEqual([]);
    expect(faultsOf(withRoute(`${handler}, slots: { reserve: 4, cap: 4 }`))).toEqual([]);
    expect(faultsOf(withRoute(`upstream: app, match: { path: { prefix: "${"/a".repeat(32)}" } }`))).toEqual(
      [],
    );
  });
});

test("all faults of a file come at once, in its order", () => {
  const faults = faultsOf(`amdin: x
threads: many
threads: 0
upstreams: { app: { target: [] } }
pools: { small: { slots: 0, arena: 1 } }
routes:
  - { handler: nope.ts, pool: smal, upstream: ap, env: { A: "\${NOPE}" } }
  - { match: { path: { prefix: a } }, sticky: {} }
`);
  expect(
    faults.map((fault) =>
      fault.slice(0, fault.indexOf(": ") + 2 + fault.slice(fault.indexOf(": ") + 2).search(/[: ]/)),
    ),
  ).toEqual([
    "1:1: unknown",
    "3:1: the",
    "3:10: threads",
    "4:19: upstreams.app.targets",
    "4:21: upstreams.app",
    "5:26: pools.small.slots",
    "5:36: pools.small.arena",
    "7:16: routes[0].handler",
    "7:31: routes[0].pool",
    "7:47: routes[0].upstream",
    "7:61: routes[0].env.A",
    "8:5: routes[1]",
    "8:32: routes[1].match.path.prefix",
    "8:47: routes[1].sticky",
    "8:47: routes[1].sticky",
  ]);
});

describe("a file that cannot be read as a config is a ConfigError, not a crash", () => {
  const load = (name: string, content: string | Buffer) => {
    const file = join(directory, "config", name);
    writeFileSync(file, content);
    return () => loadConfig(file);
  };

  test("bytes that are no UTF-8", () => {
    expect(load("latin1.yaml", Buffer.from([0x61, 0x3a, 0x20, 0xff]))).toThrow(
      /latin1\.yaml:1:1: is not UTF-8 text$/,
    );
  });

  test("more than a ConfigMap can hold", () => {
    expect(load("long.yaml", "#".repeat(384 * 1024 + 1))).toThrow(
      /is 393217 bytes long, expected at most 393216$/,
    );
  });

  test("a directory", () => {
    expect(() => loadConfig(directory)).toThrow(/:1:1: cannot be read: EISDIR$/);
  });

  test("ten thousand brackets", () => {
    expect(faultsOf(`routes: ${"[".repeat(10_000)}`)).toEqual(["1:1: nested too deeply to be read"]);
  });

  test("a billion laughs", () => {
    const laughs = Array.from(
      { length: 30 },
      (_, n) => `- &a${n} [${`*a${n - 1},`.repeat(n === 0 ? 0 : 9)}x]`,
    ).join("\n");
    expect(faultsOf(`routes:\n${laughs}\n`).length).toBeGreaterThan(0);
  });

  test("more aliases than anyone needs", () => {
    expect(faultsOf(`a: &a 1\nb: [${"*a,".repeat(2049)}]`)).toEqual([
      expect.stringMatching(/: more than 2048 aliases$/),
    ]);
  });

  test("more routes than there can be, in few words", () => {
    const text = `routes: [${"{ redirect: { location: /x } },".repeat(1025)}]`;
    expect(faultsOf(text)).toEqual([
      "1:9: routes: got a list of 1025, expected a list of routes, 1 to 1024 of them",
    ]);
  });

  test("more faults than anyone reads: the first 200", () => {
    const faults = faultsOf(`routes: [${"5,".repeat(1000)}]`);
    expect(faults).toHaveLength(200);
    expect(faults[0]).toMatch(/^1:10: routes\[0\]: got 5/);
  });
});

test.each([
  [SLOTS - 1, []],
  [SLOTS, [`2:1: pools: expected at most ${SLOTS} slots in all pools together, got ${SLOTS + 1}`]],
])("one slot in a pool and %d in another: %j", (slots, faults) => {
  const text = `upstreams: { app: { targets: ["http://h"] } }
pools: { a: { slots: 1, arena: 1Mi }, b: { slots: ${slots}, arena: 1Mi } }
routes: [{ upstream: app }]`;
  expect(faultsOf(text).map((fault) => fault.replace(/^2:\d+/, "2:1"))).toEqual(faults);
});

describe("a reload", () => {
  const before = () => parse(withRoute("upstream: app"));
  const changes = (text: string, from: GatewayConfig = before()) => changesThatNeedRestart(from, parse(text));

  test("takes up routes, upstreams, queues and limits", () => {
    const text = `limits: { bodyTimeout: 5s }
upstreams: { other: { targets: ["http://h"] } }
pools: { large: { slots: 2, arena: 8Mi }, small: { slots: 4, arena: 4Mi, queue: { wait: 1s } } }
routes: [{ upstream: other }]`;
    expect(changes(text)).toEqual([]);
  });

  test("names what it cannot take up", () => {
    const text = withKey("listen: 0.0.0.0:1\nprefault: false").replace(
      "slots: 4, arena: 4Mi",
      "slots: 5, arena: 4Mi",
    );
    expect(changes(text)).toEqual(["listen", "pools.NAME.slots", "prefault"]);
  });
});

test("the shipped config's text is short enough to be read", () => {
  expect(readFileSync("config/gateway.yaml", "utf8").split("\n").length).toBeLessThan(50);
});
