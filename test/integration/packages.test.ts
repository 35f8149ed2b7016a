// npm packages run in handlers as they are published: one handler per package in packages/, all of them behind one
// gateway.
import { generateKeyPair, exportJWK, SignJWT, type JWK } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve, type TestServer } from "nea-gateway/testing";
import { bundle, BundleError } from "../../gateway/handle/bundle.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";

const PACKAGES = [
  "hono",
  "itty-router",
  "jose",
  "zod",
  "valibot",
  "fast-xml-parser",
  "marked",
  "mustache",
  "ids",
  "date-fns",
  "graphql",
  "htmlparser2",
];

/** Twelve bundles, twelve images: on a busy machine longer than a hook may take otherwise. */
const START_MS = 120_000;

const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];

let gateway: GatewayProcess;
let keyServer: TestServer;
const keys: JWK[] = [];
const tokens = new Map<string, string>();

beforeAll(async () => {
  for (const alg of ALGORITHMS) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    keys.push({ ...(await exportJWK(publicKey)), kid: alg, alg });
    const token = new SignJWT().setSubject("ada").setIssuer("https://login.test").setAudience("shop");
    tokens.set(
      alg,
      await token.setProtectedHeader({ alg, kid: alg }).setExpirationTime("1h").sign(privateKey),
    );
  }
  keyServer = await serve(() => Response.json({ keys }));
  const env = { JWKS: JSON.stringify({ keys }), JWKS_URL: `${keyServer.url}/jwks.json` };
  gateway = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    images: "64Mi",
    pools: { packages: { slots: 2, arena: "8Mi" } },
    upstreams: { keys: { targets: [keyServer.url] } },
    routes: PACKAGES.map((name) => ({
      match: { path: { prefix: `/${name}` } },
      handler: inRepository(`test/integration/packages/${name}.ts`),
      pool: "packages",
      env: name === "jose" ? env : {},
      // Machines under test are slow and shared; the packages' own cost is not what is tested.
      limits: { cpu: "2s" },
    })),
  });
}, START_MS);

afterAll(async () => {
  await gateway?.stop();
  await keyServer?.close();
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(gateway.url + path, { headers });
const post = (path: string, body: string | object, type = "application/json") =>
  fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("hono", () => {
  test("routes with parameters, patterns and a base path", async () => {
    const answer = await get("/hono/users/7/posts/x?q=a%20b");
    expect(await answer.json()).toEqual({ id: "7", post: "x", q: "a b" });
    expect(await (await get("/hono/users/7/posts")).json()).toEqual({ id: "7", q: null });
    const missing = await get("/hono/users/seven/posts");
    expect([missing.status, await missing.text()]).toEqual([404, "hono found nothing"]);
  });

  test("reads forms, also with files", async () => {
    const form = new FormData();
    form.set("name", "ada");
    const answer = await fetch(`${gateway.url}/hono/form`, { method: "POST", body: form });
    expect(await answer.json()).toEqual({ name: "ada" });
    const encoded = await post("/hono/form", "a=1&b=%C3%A9", "application/x-www-form-urlencoded");
    expect(await encoded.json()).toEqual({ a: "1", b: "é" });
  });

  test("cors answers the preflight and marks the answer", async () => {
    const headers = { "origin": "https://shop.test", "access-control-request-method": "PUT" };
    const preflight = await fetch(`${gateway.url}/hono/cors/x`, { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET,PUT");
    expect(preflight.headers.get("access-control-max-age")).toBe("600");
    const answer = await get("/hono/cors/x", headers);
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://shop.test");
    expect(await answer.text()).toBe("shared");
  });

  test("basic-auth lets in who knows the password", async () => {
    const refused = await get("/hono/basic/x");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toMatch(/^Basic realm=/);
    const basic = (pair: string) => ({ authorization: `Basic ${btoa(pair)}` });
    expect((await get("/hono/basic/x", basic("ada:wrong"))).status).toBe(401);
    expect(await (await get("/hono/basic/x", basic("ada:lovelace"))).text()).toBe("in");
  });

  test("jwt signs and verifies", async () => {
    const token = await (await get("/hono/token")).text();
    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
    expect(await (await get("/hono/jwt/x", bearer(token))).json()).toEqual({ sub: "ada" });
    expect((await get("/hono/jwt/x", bearer(`${token}x`))).status).toBe(401);
    expect((await get("/hono/jwt/x")).status).toBe(401);
  });

  test("etag answers 304 to who has it already", async () => {
    const first = await get("/hono/etag/x");
    const tag = first.headers.get("etag")!;
    expect(tag).toMatch(/^"[0-9a-f]{40}"$/);
    const second = await get("/hono/etag/x", { "if-none-match": tag });
    expect([second.status, await second.text()]).toEqual([304, ""]);
  });

  test("cookies are set, signed, and read back", async () => {
    const first = await get("/hono/cookie");
    const [plain, signed] = first.headers.getSetCookie();
    expect(plain).toBe("plain=1; Path=/; HttpOnly; SameSite=Lax");
    const cookie = [plain, signed].map((field) => field!.split(";", 1)[0]).join("; ");
    expect(await (await get("/hono/cookie", { cookie })).json()).toEqual({ plain: "1", signed: "two" });
    const forged = cookie.replace("two", "ten");
    expect(await (await get("/hono/cookie", { cookie: forged })).json()).toEqual({
      plain: "1",
      signed: false,
    });
  });

  test("secure-headers, streaming and HTTPException do what they say", async () => {
    const secure = await get("/hono/secure/x");
    expect(secure.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await (await get("/hono/stream")).text()).toBe("one two three");
    const thrown = await get("/hono/throws");
    expect([thrown.status, await thrown.text()]).toEqual([418, "short and stout"]);
  });
});

test("itty-router routes, guards and answers errors", async () => {
  expect(await (await get("/itty-router/hello/ada?x=1")).json()).toEqual({ hello: "ada", query: { x: "1" } });
  expect((await get("/itty-router/guarded")).status).toBe(401);
  expect(await (await get("/itty-router/guarded", { "x-key": "open" })).text()).toBe('"inside"');
  const teapot = await get("/itty-router/teapot");
  expect(await teapot.json()).toEqual({ status: 418, error: "short and stout" });
  expect(await (await post("/itty-router/echo", { a: [1] })).json()).toEqual({ a: [1] });
  expect((await get("/itty-router/nowhere")).status).toBe(404);
});

describe("jose", () => {
  test.each(ALGORITHMS)("verifies %s with a key set that it holds", async (alg) => {
    const answer = await post("/jose/local", tokens.get(alg)!);
    expect(await answer.json()).toEqual({ sub: "ada", alg });
  });

  test("verifies with a key set that it fetches", async () => {
    expect(await (await post("/jose/remote", tokens.get("ES256")!)).json()).toEqual({
      sub: "ada",
      alg: "ES256",
    });
  });

  test("refuses a forged token, one of another key, and one that is none", async () => {
    const [head, payload, signature] = tokens.get("ES256")!.split(".") as [string, string, string];
    const evil = btoa(JSON.stringify({ ...JSON.parse(atob(payload)), sub: "eve" })).replaceAll("=", "");
    const forged = await post("/jose/local", `${head}.${evil}.${signature}`);
    expect([forged.status, await forged.json()]).toEqual([
      401,
      { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" },
    ]);
    const { privateKey } = await generateKeyPair("ES256");
    const stranger = new SignJWT().setProtectedHeader({ alg: "ES256", kid: "other" }).setSubject("eve");
    const unknown = await post("/jose/local", await stranger.sign(privateKey));
    expect(await unknown.json()).toEqual({ code: "ERR_JWKS_NO_MATCHING_KEY" });
    expect(await (await post("/jose/local", "x.y.z")).json()).toEqual({ code: "ERR_JWS_INVALID" });
  });

  test("signs with a secret, and encrypts", async () => {
    const signed = await (await post("/jose/hs256", "")).json();
    expect(signed).toEqual({ sub: "ada", role: "admin", refused: "JWSSignatureVerificationFailed" });
    expect(await (await post("/jose/encrypt", "")).json()).toEqual({ parts: 5, text: "hidden" });
  });
});

test("zod coerces what it can and names every fault", async () => {
  const order = {
    id: "0191e9a2-5c4f-7d1e-8b7a-2f6d3c4b5a69",
    email: "Ada@Shop.Test",
    placed: "2026-11-23",
    items: [{ sku: "ABC-1", count: 2 }],
    shipping: { kind: "post", city: "London", zip: "12345" },
  };
  const good = await post("/zod", order);
  expect(await good.json()).toEqual({ ...order, email: "ada@shop.test", placed: "2026-11-23T00:00:00.000Z" });
  const bad = await post("/zod", {
    ...order,
    id: "1",
    items: [{ sku: "abc", count: 0.5 }],
    shipping: { kind: "drone" },
  });
  expect(bad.status).toBe(422);
  expect(await bad.json()).toEqual([
    "id: invalid_format",
    "items.0.sku: invalid_format",
    "items.0.count: invalid_type",
    "shipping.kind: invalid_union",
  ]);
});

test("valibot trims, defaults and flattens faults", async () => {
  const good = await post("/valibot", { name: " ada ", email: "ada@shop.test", age: 36 });
  expect(await good.json()).toEqual({ name: "ada", email: "ada@shop.test", age: 36, plan: "free" });
  const bad = await post("/valibot", { name: "a", email: "no", age: 17 });
  const { nested } = (await bad.json()) as { nested: Record<string, string[]> };
  expect(Object.keys(nested)).toEqual(["name", "email", "age"]);
});

test("fast-xml-parser reads, writes and refuses", async () => {
  const xml = `<?xml version="1.0"?><shop name="A &amp; B"><item id="1">tea</item><item id="2">milk</item></shop>`;
  const { parsed, again } = (await (await post("/fast-xml-parser", xml, "application/xml")).json()) as {
    parsed: { shop: object };
    again: string;
  };
  const item = [
    { "#text": "tea", "@id": "1" },
    { "#text": "milk", "@id": "2" },
  ];
  expect(parsed.shop).toEqual({ "@name": "A & B", item });
  expect(again).toContain(`<shop name="A &amp; B">\n  <item id="1">tea</item>`);
  const broken = await post("/fast-xml-parser", "<a><b></a>", "application/xml");
  expect([broken.status, await broken.json()]).toMatchObject([400, { code: "InvalidTag", line: 1 }]);
});

test("marked renders GitHub's Markdown", async () => {
  const markdown = "# Hello *you*\n\n| a | b |\n|---|---|\n| 1 | `2` |\n\n- [x] done\n";
  const html = await (await post("/marked", markdown, "text/markdown")).text();
  expect(html).toContain(`<h1 id="hello-em-you-em-">Hello <em>you</em></h1>`);
  expect(html).toContain("<td><code>2</code></td>");
  expect(html).toMatch(/<input checked="" disabled="" type="checkbox"> ?done/);
});

test("mustache escapes, repeats and includes", async () => {
  const page = await post("/mustache", {
    title: "<Menu>",
    items: [{ name: "tea", price: 2 }, { name: "water" }],
  });
  expect(await page.text()).toBe("<h1>&lt;Menu&gt;</h1>\n<ul>\n<li>tea costs 2</li><li>water </li>\n</ul>");
});

test("nanoid and uuid make identifiers that differ from request to request", async () => {
  interface Ids {
    nanoid: string;
    short: string;
    random: string;
    named: string;
    timed: [string, string];
    versions: number[];
    valid: boolean[];
  }
  const [first, second] = (await Promise.all([1, 2].map(async () => (await get("/ids")).json()))) as [
    Ids,
    Ids,
  ];
  expect(first.nanoid).toMatch(/^[\w-]{21}$/);
  expect(first.short).toMatch(/^[a-f]{8}$/);
  expect(first.versions).toEqual([4, 5, 7]);
  expect(first.valid).toEqual([true, true, false]);
  expect(first.timed[0] < first.timed[1]).toBe(true);
  expect(first.named).toBe(second.named);
  for (const key of ["nanoid", "short", "random"] as const) expect(first[key]).not.toBe(second[key]);
});

test("date-fns computes and formats, in its own locales", async () => {
  expect(await (await get("/date-fns?from=2026-11-23")).json()).toEqual({
    due: "2026-11-30",
    days: 7,
    week: "Monday, 23 November 2026",
    german: "Montag, 30. November 2026",
    distance: "in 7 days",
    parsed: "2026-03-07T14:05:00.000Z",
  });
  expect((await get("/date-fns?from=2026-02-30")).status).toBe(400);
  expect((await get("/date-fns?from=soon")).status).toBe(400);
});

test("graphql answers queries with variables, and errors with their places", async () => {
  const query = `query ($since: Int) { books(since: $since) { title author { name books { year } } } }`;
  const { data } = (await (await post("/graphql", { query, variables: { since: 1850 } })).json()) as {
    data: unknown;
  };
  expect(data).toEqual({
    books: [
      {
        title: "Passages from the Life of a Philosopher",
        author: { name: "Charles Babbage", books: [{ year: 1864 }] },
      },
    ],
  });
  const broken = await (await post("/graphql", { query: "{ broken author(name: 1) { name } }" })).json();
  expect(broken).toMatchObject({ errors: [{ locations: [{ line: 1, column: 23 }] }] });
  const thrown = await (await post("/graphql", { query: "{ broken }" })).json();
  expect(thrown).toMatchObject({
    data: { broken: null },
    errors: [{ message: "out of order", path: ["broken"] }],
  });
});

test("htmlparser2 reads a page in pieces and as a tree", async () => {
  const html = `<!doctype html><title>A &amp; B</title><p>see <a href="/one">one</a>, <a name=x>not this</a> <a href='/two?a=1&amp;b=2'>two</a>`;
  const answer = await post("/htmlparser2", html, "text/html");
  expect(await answer.json()).toEqual({ links: ["/one", "/two?a=1&b=2"], title: "A & B" });
});

test("a built-in module of Node.js is refused where it is imported", async () => {
  const file = inRepository("test/integration/packages/node-builtin.ts");
  const error: unknown = await bundle(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BundleError);
  const [fault] = (error as BundleError).faults;
  expect(fault).toMatchObject({ file: "test/integration/packages/node-builtin.ts", line: 2, column: 28 });
  expect(fault!.message).toContain(`"node:crypto" is part of Node.js and does not exist in an arena`);
  expect(fault!.message).toContain(`> 2 | import { createHash } from "node:crypto";`);
});
