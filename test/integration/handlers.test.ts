// The examples in handlers/, each behind the route it has in handlers/examples.yaml, in a gateway of its own, in front of
// servers that play the apps.
import { createHmac } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { serve, type Answer, type TestServer } from "nea-gateway/testing";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";

const SECRET = "a signing secret";
const servers: TestServer[] = [];
let gateway: GatewayProcess;
let token: (claims: { audience?: string; expires?: string }) => Promise<string>;
/** What answers in the place of each upstream, by the name it has in the file. */
const answers: Record<string, Answer> = {};

interface ExamplesFile {
  upstreams: Record<string, { targets: string[] }>;
  routes: { handler: string }[];
}

const file = parse(readFileSync(inRepository("handlers/examples.yaml"), "utf8")) as ExamplesFile;

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "1", alg: "ES256" };
  token = ({ audience = "shop", expires = "1h" }) =>
    new SignJWT()
      .setProtectedHeader({ alg: "ES256", kid: "1" })
      .setSubject("ada")
      .setIssuer("https://login.example.com")
      .setAudience(audience)
      .setExpirationTime(expires)
      .sign(privateKey);
  for (const name of Object.keys(file.upstreams)) {
    const server = await serve((request) => (answers[name] ?? told)(request));
    servers.push(server);
    file.upstreams[name]!.targets = [server.url];
  }
  for (const route of file.routes) route.handler = inRepository(`handlers/${route.handler}`);
  const config = { ...file, listen: "127.0.0.1:0", admin: "127.0.0.1:0", images: "64Mi" };
  const env = { KEYS: JSON.stringify([jwk]), SIGNING_SECRET: SECRET, NOTES_TOKEN: "sesame" };
  gateway = await GatewayProcess.start(config, env);
}, 120_000);

afterAll(async () => {
  await gateway?.stop();
  await Promise.all(servers.map((server) => server.close()));
});

afterEach(() => {
  for (const name of Object.keys(answers)) delete answers[name];
});

/** What an upstream answers if nothing else is said: what it was asked. */
const told: Answer = async (request) => {
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  return Response.json({
    method: request.method,
    path: pathname + search,
    headers,
    body: await request.text(),
  });
};

interface Told {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(gateway.url + path, { headers, redirect: "manual" });
const post = (path: string, body: string, type: string) =>
  fetch(gateway.url + path, { method: "POST", body, headers: { "content-type": type } });
const toldBy = async (response: Response) => (await response.json()) as Told;

test("every example is served by the configuration, tested here, and explained in the README", () => {
  const examples = readdirSync(inRepository("handlers")).filter((name) => name.endsWith(".ts"));
  const routed = file.routes.map(({ handler }) => handler.replace(inRepository("handlers/"), ""));
  expect([...routed].sort()).toEqual(examples.sort());
  const source = readFileSync(import.meta.filename, "utf8");
  const readme = readFileSync(inRepository("handlers/README.md"), "utf8");
  for (const name of examples) {
    expect(source).toContain(`"${name}`);
    expect(readme).toContain(`[${name}](${name})`);
  }
});

test("hello.ts", async () => {
  expect(await (await get("/hello/ada")).text()).toBe("hello ada\n");
});

test("bomb.ts is answered 500 with its code, and its line is in the log", async () => {
  const response = await get("/bomb");
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    500,
    "ARENA_MEMORY_EXCEEDED",
  ]);
  const requestId = response.headers.get("x-request-id");
  const line = await gateway.line((entry) => entry.requestId === requestId && entry["cause"] === "memory");
  expect(line["at"]).toMatch(/^handlers\/bomb\.ts:(10|11):/);
  expect(line["function"]).toBe("leak");
});

describe("jwt-auth.ts", () => {
  test("passes on who has a valid token, under the name that the token says", async () => {
    const authorization = `Bearer ${await token({})}`;
    const { headers, path } = await toldBy(await get("/members/1", { authorization, "x-user": "eve" }));
    expect([path, headers["x-user"], headers["authorization"]]).toEqual(["/members/1", "ada", undefined]);
  });

  test("refuses no token, another audience, an old one, and one that is none", async () => {
    const bearer = async (claims: Parameters<typeof token>[0]) => `Bearer ${await token(claims)}`;
    const refused = [
      {},
      { authorization: await bearer({ audience: "bank" }) },
      { authorization: await bearer({ expires: "1s ago" }) },
      { authorization: "Bearer x.y.z" },
    ];
    const responses = await Promise.all(
      refused.map((headers) => get("/members/1", headers as Record<string, string>)),
    );
    expect(responses.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    const said = responses.map(({ headers }) => headers.get("www-authenticate"));
    expect(said[2]).toBe(`Bearer error="invalid_token", error_description="ERR_JWT_EXPIRED"`);
  });
});

describe("ab-cookie.ts", () => {
  test("a new visitor gets a variant and a cookie that keeps it", async () => {
    const first = await get("/shop");
    const cookie = first.headers.getSetCookie()[0]!;
    const variant = (await toldBy(first)).headers["x-variant"];
    expect(cookie).toBe(`variant=${variant}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax`);
    for (let i = 0; i < 5; i++) {
      const again = await get("/shop", { cookie: `other=1; ${cookie.split(";", 1)[0]}` });
      expect(again.headers.getSetCookie()).toEqual([]);
      expect((await toldBy(again)).headers["x-variant"]).toBe(variant);
    }
  });

  test("new visitors are not all of one kind", async () => {
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 40; i++) seen.add((await toldBy(await get("/shop"))).headers["x-variant"]);
    expect(seen).toEqual(new Set(["A", "B"]));
  });
});

test("redirects.ts sends old addresses to new ones, and everything else on", async () => {
  const location = async (path: string) => {
    const { status, headers } = await get(path, { host: "shop.test" });
    return [status, headers.get("location")?.replace(gateway.url, "")];
  };
  expect(await location("/about-us/?from=mail")).toEqual([308, "/about?from=mail"]);
  expect(await location("/jobs")).toEqual([308, "https://jobs.example.com/"]);
  expect(await location("/blog.php?post=a%2Fb")).toEqual([308, "/blog/a%2Fb"]);
  expect((await toldBy(await get("/blog.php"))).path).toBe("/blog.php");
});

describe("reshape-json.ts", () => {
  test("answers the new shape", async () => {
    const product = {
      product_id: 7,
      product_name: "Tea",
      price_cents: 1250,
      vat: 7,
      internal: "x".repeat(1000),
    };
    const stock = [
      { warehouse: "A", count: 2 },
      { warehouse: "B", count: 3 },
    ];
    answers["app"] = (request) => {
      if (request.headers.has("accept-encoding")) return new Response("compressed");
      return Response.json([{ ...product, stock }], { headers: { "cache-control": "max-age=60" } });
    };
    const response = await get("/products");
    expect(response.headers.get("cache-control")).toBe("max-age=60");
    expect(await response.json()).toEqual([{ id: 7, name: "Tea", price: 12.5, available: 5 }]);
  });

  test("passes an error on as it is", async () => {
    answers["app"] = () => new Response("down for cleaning", { status: 503 });
    const response = await get("/products");
    expect([response.status, await response.text()]).toEqual([503, "down for cleaning"]);
  });
});

test("csv-to-svg.ts draws a bar for each line", async () => {
  const response = await post("/chart", "tea,12\r\n<milk>,6\n\nnonsense\nx,-1\n", "text/csv");
  expect(response.headers.get("content-type")).toBe("image/svg+xml");
  const svg = await response.text();
  expect(svg.match(/<rect /g)).toHaveLength(2);
  expect(svg).toContain(`width="320.0"`);
  expect(svg).toContain(`width="160.0"`);
  expect(svg).toContain("&#60;milk&#62;");
  expect((await post("/chart", "nothing", "text/csv")).status).toBe(422);
  expect((await get("/chart")).headers.get("allow")).toBe("POST");
  expect((await post("/chart", "x".repeat(65 * 1024), "text/csv")).status).toBe(413);
});

describe("rewrite-html.ts", () => {
  const page = (body: ReadableStream) => {
    const headers = { "content-type": "text/html; charset=utf-8", "etag": `"1"` };
    answers["app"] = () => new Response(body, { headers });
  };

  test("puts the banner after the body's tag, wherever the pieces end", async () => {
    const html = `<!doctype html><html><body class="a">Grüße<p>x</body></html>`;
    for (let cut = 15; cut < 40; cut += 3) {
      const bytes = Buffer.from(html);
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      page(ReadableStream.from(pieces));
      const response = await get("/pages/1");
      expect(await response.text()).toBe(html.replace(`"a">`, `"a"><aside>Closed on Monday</aside>`));
      expect(response.headers.get("etag")).toBe(null);
    }
  });

  test("a page larger than its arena streams through", async () => {
    const megabyte = "<p>a paragraph of some length</p>\n".repeat(30_000);
    const pieces = [`<body>`, ...Array.from({ length: 8 }, () => megabyte)].map((text) => Buffer.from(text));
    page(ReadableStream.from(pieces));
    const response = await get("/pages/long");
    const text = await response.text();
    expect(text.length).toBe(8 * megabyte.length + "<body><aside>Closed on Monday</aside>".length);
    expect(text.startsWith("<body><aside>Closed on Monday</aside><p>")).toBe(true);
  }, 120_000);

  test("leaves alone what is not a page", async () => {
    expect((await toldBy(await get("/pages/data"))).path).toBe("/pages/data");
  });
});

describe("fan-out.ts", () => {
  test("merges three answers into one", async () => {
    answers["users"] = (request) => Response.json({ name: "Ada", path: new URL(request.url).pathname });
    answers["orders"] = (request) => Response.json([new URL(request.url).search]);
    answers["reviews"] = () => Response.json([]);
    expect(await (await get("/profile/42")).json()).toEqual({
      user: { name: "Ada", path: "/users/42" },
      orders: ["?user=42"],
      reviews: [],
      missing: [],
    });
  });

  test("does without what is slow or broken, but not without the user", async () => {
    answers["users"] = () => Response.json({ name: "Ada" });
    answers["orders"] = () => new Promise<Response>(() => {});
    answers["reviews"] = () => new Response("oops", { status: 500 });
    const response = await get("/profile/42");
    expect(await response.json()).toMatchObject({
      orders: null,
      reviews: null,
      missing: ["orders", "reviews"],
    });
    answers["users"] = () => new Response(null, { status: 404 });
    expect((await get("/profile/42")).status).toBe(502);
    expect((await get("/profile/me")).status).toBe(400);
  });
});

describe("signed-url.ts", () => {
  const soon = () => Math.floor(Date.now() / 1000) + 60;
  const link = (path: string, expires: number) => {
    const signature = createHmac("sha256", SECRET).update(`${path}\n${expires}`).digest("hex");
    return `${path}?expires=${expires}&signature=${signature}&download=1`;
  };

  test("a signed link opens its file, without the signature in the upstream's log", async () => {
    expect((await toldBy(await get(link("/files/a.pdf", soon())))).path).toBe("/files/a.pdf?download=1");
  });

  test("another file, a later end, an old link, no signature are refused", async () => {
    const at = soon();
    const refused = [
      link("/files/a.pdf", at).replace("a.pdf", "b.pdf"),
      link("/files/a.pdf", at).replace(String(at), String(at + 1)),
      link("/files/a.pdf", 1),
      "/files/a.pdf",
      "/files/a.pdf?signature=xyz",
    ];
    const statuses = await Promise.all(refused.map(async (path) => (await get(path)).status));
    expect(statuses).toEqual([403, 403, 410, 403, 403]);
  });
});

describe("canary.ts", () => {
  const versionFor = async (headers: Record<string, string>) => (await get("/search", headers)).text();

  test("who asks for it gets it, or never", async () => {
    answers["app"] = () => new Response("old");
    answers["next-version"] = () => new Response("new");
    expect(await versionFor({ "x-canary": "always" })).toBe("new");
    expect(await versionFor({ "x-canary": "never", "x-user": "ada" })).toBe("old");
    expect(await versionFor({})).toBe("old");
  });

  test("about ten of a hundred users get it, and always the same ones", async () => {
    answers["app"] = () => new Response("old");
    answers["next-version"] = () => new Response("new");
    const users = Array.from({ length: 200 }, (_, index) => `user-${index}`);
    const ask = async () => {
      const versions: string[] = [];
      for (const user of users) versions.push(await versionFor({ "x-user": user }));
      return versions;
    };
    const versions = await ask();
    const count = versions.filter((version) => version === "new").length;
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(40);
    expect(await ask()).toEqual(versions);
  });

  test("the old one answers when the new one fails", async () => {
    answers["app"] = () => new Response("old");
    answers["next-version"] = () => new Response("broken", { status: 500 });
    expect(await versionFor({ "x-canary": "always" })).toBe("old");
    answers["next-version"] = () => {
      throw new Error("gone");
    };
    expect(await versionFor({ "x-canary": "always" })).toBe("old");
  });
});

test("notes-app.ts keeps notes in its store for who has the token", async () => {
  const notes = new Map<string, string>();
  answers["store"] = async (request) => {
    const key = new URL(request.url).pathname;
    if (request.method === "PUT") notes.set(key, await request.text());
    const text = notes.get(key);
    return text === undefined ? new Response(null, { status: 404 }) : new Response(text);
  };
  const headers = { authorization: "Bearer sesame", origin: "https://notes.example.com" };
  const put = (body: string) => fetch(`${gateway.url}/notes/one`, { method: "PUT", headers, body });
  expect((await get("/notes/one")).status).toBe(401);
  expect((await get("/notes/one", headers)).status).toBe(404);
  expect((await put(JSON.stringify({ text: 5 }))).status).toBe(422);
  expect((await put(JSON.stringify({ text: "x".repeat(20_000) }))).status).toBe(413);
  expect((await put(JSON.stringify({ text: "buy tea" }))).status).toBe(204);
  const found = await get("/notes/one", headers);
  expect(found.headers.get("access-control-allow-origin")).toBe("https://notes.example.com");
  expect(await found.json()).toEqual({ id: "one", text: "buy tea" });
});

describe("etag.ts", () => {
  const article = (body: string, headers: Record<string, string> = {}) => {
    answers["app"] = () =>
      new Response(body, { headers: { "content-length": String(Buffer.byteLength(body)), ...headers } });
  };

  test("the second time is a 304, until the article changes", async () => {
    article("an article");
    const first = await get("/articles/1");
    const tag = first.headers.get("etag")!;
    expect(tag).toMatch(/^W\/"[0-9a-f]{32}"$/);
    expect(await first.text()).toBe("an article");
    const second = await get("/articles/1", { "if-none-match": `"other", ${tag}` });
    expect([second.status, second.headers.get("etag"), await second.text()]).toEqual([304, tag, ""]);
    article("a better article");
    expect((await get("/articles/1", { "if-none-match": tag })).status).toBe(200);
  });

  test("an app's own tag, and a long answer, are left alone", async () => {
    article("tagged", { etag: `"own"` });
    expect((await get("/articles/1")).headers.get("etag")).toBe(`"own"`);
    article("x".repeat(300_000));
    const long = await get("/articles/1");
    expect([long.headers.get("etag"), (await long.text()).length]).toEqual([null, 300_000]);
  });
});

describe("validate-body.ts", () => {
  const order = { customer: " Ada ", email: "ada@example.com", items: [{ sku: "TEA-1", count: 2 }] };

  test("an order reaches the app, checked and without what is not part of it", async () => {
    const response = await post("/orders", JSON.stringify({ ...order, admin: true }), "application/json");
    const { method, body } = await toldBy(response);
    expect(method).toBe("POST");
    expect(JSON.parse(body)).toEqual({ ...order, customer: "Ada" });
  });

  test("anything else is told what is wrong with it", async () => {
    const wrong = JSON.stringify({ ...order, email: "no", items: [{ sku: "tea", count: 0 }] });
    const response = await post("/orders", wrong, "application/json");
    expect(response.status).toBe(422);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const { nested } = (await response.json()) as { nested: object };
    expect(Object.keys(nested)).toEqual(["email", "items.0.sku", "items.0.count"]);
    expect((await post("/orders", "{", "application/json")).status).toBe(422);
  });
});

test("security-headers.ts fills in what is missing, with another nonce each time", async () => {
  answers["app"] = (request) =>
    new Response(request.headers.get("x-csp-nonce"), {
      headers: { "server": "old", "referrer-policy": "no-referrer" },
    });
  const responses = await Promise.all([get("/account"), get("/account")]);
  const [one, other] = await Promise.all(responses.map((response) => response.text()));
  const { headers } = responses[0]!;
  expect(headers.get("content-security-policy")).toContain(`'nonce-${one}'`);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("server")).toBe(null);
  expect(one).not.toBe(other);
});
