// What an author reads after a mistake: the line in the author's own file, with the source around it, whatever went
// wrong; never a position in the bundle.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createArena } from "nea-gateway/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GatewayProcess, inRepository, type LogLine } from "../support/gateway-process.ts";

const FILE = "test/integration/author-errors/faulty.ts";
const LIBRARY = "test/integration/author-errors/library.ts";

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    pools: { small: { slots: 2, arena: "4Mi" } },
    routes: [
      { match: { path: { prefix: "/" } }, handler: inRepository(FILE), pool: "small" },
      {
        name: "warmed",
        match: { path: { prefix: "/warmed" } },
        handler: inRepository(FILE),
        pool: "small",
        warm: ["GET /fine", "GET /locale"],
      },
    ],
  });
}, 60_000);

afterAll(() => gateway?.stop());

/** "file:line" of the line that carries the mark. */
function place(mark: string, file = FILE): string {
  const lines = readFileSync(inRepository(file), "utf8").split("\n");
  return `${file}:${lines.findIndex((line) => line.includes(`// here: ${mark}`)) + 1}`;
}

/** The log's lines about one request, once it is over. */
async function ask(path: string): Promise<{ status: number; lines: LogLine[]; request: LogLine }> {
  const response = await fetch(gateway.url + path);
  await response.text();
  const requestId = response.headers.get("x-request-id")!;
  const request = await gateway.line((line) => line.requestId === requestId && line.msg === "request");
  const lines = gateway.log.filter((line) => line.requestId === requestId && line.msg !== "request");
  return { status: response.status, lines, request };
}

/** Shown in every entry: where, and the line itself with a mark under the column. */
function expectPlace(line: LogLine | undefined, at: string): void {
  expect(line?.["at"]).toMatch(new RegExp(`^${at.replaceAll(".", "\\.")}:\\d+$`));
  const [file, number] = at.split(":") as [string, string];
  const source = readFileSync(inRepository(file), "utf8").split("\n")[Number(number) - 1];
  expect(line?.["codeFrame"]).toContain(`> ${number} | ${source}\n`);
  expect(line?.["codeFrame"]).toMatch(/\n +\| +\^/);
}

describe("a handler that fails", () => {
  test.each(["/throws", "/rejects"])(
    "%s: the entry has the error, its line and the way there",
    async (path) => {
      const { status, lines, request } = await ask(path);
      expect([status, request["code"]]).toEqual([500, "HANDLE_THREW"]);
      expectPlace(lines[0], place("nameOf"));
      expect(lines[0]).toMatchObject({ cause: "threw", function: "nameOf", level: 50 });
      expect(lines[0]?.["reason"]).toMatch(/^TypeError: cannot read property 'name' of undefined$/);
      const stack = lines[0]?.["stack"] as string[];
      expect(stack[0]).toContain(place("nameOf"));
      expect(stack.every((frame) => frame.includes(FILE))).toBe(true);
    },
  );

  test("for want of a global that authors know from elsewhere: what to do instead", async () => {
    const { lines } = await ask("/locale");
    expectPlace(lines[0], place("locale"));
    expect(lines[0]?.["reason"]).toMatch(
      /^ReferenceError: Intl is not defined \(the engine has no locale data;.* use a package\)$/,
    );
  });

  test("in a warm request: a warning with the route, the request and what became of it", () => {
    const warnings = gateway.log.filter(({ msg }) => msg === "a warm request failed");
    expect(warnings).toEqual([
      expect.objectContaining({ level: 40, route: "warmed", handler: FILE, request: "GET /locale" }),
    ]);
    expect(warnings[0]?.["outcome"]).toMatch(
      /^threw ReferenceError: Intl is not defined \(the engine has no/,
    );
  });

  test("what it writes to its console while it is loaded is in the log, once for each of its two images", () => {
    const line = expect.objectContaining({ level: 30, handler: FILE, msg: "while it was loaded" });
    expect(gateway.log.filter(({ console }) => console === "faulty is loaded")).toEqual([line, line]);
  });

  test("in an imported file: that file's line", async () => {
    const { lines } = await ask("/throws-in-import");
    expectPlace(lines[0], place("totalOf", LIBRARY));
  });

  test("with a cause: both in words, the place of the one that was thrown", async () => {
    const { lines } = await ask("/throws-cause");
    expect(lines[0]?.["reason"]).toMatch(/^Error: no name \[cause\] TypeError: cannot read/);
    expectPlace(lines[0], place("cause"));
  });

  test("that outgrows its arena: the allocation that did not fit", async () => {
    const { status, lines, request } = await ask("/fills");
    expect([status, request["code"]]).toEqual([500, "ARENA_MEMORY_EXCEEDED"]);
    expectPlace(lines[0], place("fills"));
    expect(lines[0]?.["reason"]).toMatch(
      /^it asked for \d+ bytes more than fit into an arena of pool small \(4Mi\)$/,
    );
  });

  test("that spins: a line of the loop, and the setting that ended it", async () => {
    const { status, lines, request } = await ask("/spins");
    expect([status, request["code"]]).toEqual([500, "HANDLE_CPU_EXCEEDED"]);
    expect([place("spins"), place("nameOf")]).toContain((lines[0]?.["at"] as string).replace(/:\d+$/, ""));
    expect(lines[0]?.["codeFrame"]).toContain("// here:");
    expect(lines[0]?.["reason"]).toBe("it used up its CPU time (limits.cpu: 50ms)");
  });

  test("that waits for nothing: said in words", async () => {
    const { status, lines } = await ask("/never");
    expect(status).toBe(504);
    expect(lines[0]?.["reason"]).toMatch(/waits for something that never comes/);
  });

  test("that answers with no Response: what it was instead", async () => {
    const { status, request } = await ask("/no-response");
    expect([status, request["code"]]).toEqual([500, "HANDLE_BAD_RESPONSE"]);
    expect(request["detail"]).toMatch(/answered with \/no-response, not with a Response/);
  });
});

describe("an error that the handler survives", () => {
  test.each([
    ["/floats", "Unhandled rejection: TypeError: cannot read"],
    ["/floats-at-once", "Unhandled rejection: TypeError: cannot read"],
    ["/waits-until", "waitUntil: TypeError: cannot read"],
    ["/timer", "A timer's callback threw: TypeError: cannot read"],
    ["/console", "cannot greet: TypeError: cannot read"],
  ])("%s: is logged with its line", async (path, text) => {
    const { status, lines } = await ask(path);
    expect(status).toBe(200);
    expect(lines[0]?.["console"]).toMatch(new RegExp(`^${text}`));
    expectPlace(lines[0], place("nameOf"));
    expect(lines[0]?.level).toBe(50);
  });

  test("stacks in console lines point to the author's file, without the platform's frames", async () => {
    const { lines } = await ask("/console");
    const stack = lines[1]?.["console"] as string;
    expect(stack.split("\n")[0]).toMatch(
      new RegExp(`^ +at nameOf \\(${place("nameOf").replaceAll(".", "\\.")}:\\d+\\)$`),
    );
    expect(stack).not.toContain("<null>");
    const sourceLines = readFileSync(inRepository(FILE), "utf8").split("\n").length;
    for (const [, line] of stack.matchAll(/faulty\.ts:(\d+)/g))
      expect(Number(line)).toBeLessThanOrEqual(sourceLines);
  });

  test("a rejection that somebody comes to hear is none", async () => {
    expect((await ask("/hears-late")).lines).toEqual([]);
  });

  test("a rejection with something that is no Error is logged as it is", async () => {
    expect((await ask("/floats-text")).lines[0]?.["console"]).toBe("Unhandled rejection: just a text");
  });
});

describe("a module that cannot be loaded", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "nea-faulty-"));
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  async function loading(code: string): Promise<string> {
    const handler = join(directory, "handler.ts");
    writeFileSync(handler, code);
    const message = await createArena({ handler, limits: { cpu: "50ms" } }).then(
      (arena) => arena.close().then(() => "it loads"),
      (error: Error) => error.message,
    );
    return message.replaceAll(relative(process.cwd(), handler), "handler.ts");
  }

  test("a syntax error", async () => {
    expect(await loading(`interface A {}\nconst x: number = ;\nexport default {};\n`)).toBe(
      [
        `handler.ts:2:19: Unexpected ";"`,
        `  1 | interface A {}`,
        `> 2 | const x: number = ;`,
        `    |                   ^`,
        `  3 | export default {};`,
        `  4 | `,
      ].join("\n"),
    );
  });

  test("no default export, and one without fetch", async () => {
    const missing = await loading(`type A = 1;\nconst x = 1;\nexport function handler() { return x; }\n`);
    expect(missing).toMatch(
      /^handler\.ts:3:1: TypeError: The module has no default export \(it exports handler\)/,
    );
    expect(missing).toContain("> 3 | export function handler");
    const misspelt = await loading(`export const x = 1;\n\nexport default { fetsch() {} };\n`);
    expect(misspelt).toMatch(
      /^handler\.ts:3:1: TypeError: The default export has no fetch function \(it has fetsch\)/,
    );
    expect(await loading(`type Nothing = 1;\n`)).toMatch(
      /^handler\.ts:1:1: .*no default export \(it exports nothing\)/,
    );
  });

  test("a throw, an endless loop and a leak while it is evaluated", async () => {
    const rest = `\nexport default { fetch: () => new Response() };\n`;
    const throws = await loading(`type A = { b?: { c: 1 } };\nconst a: A = {};\n\nconst c = a.b!.c;${rest}`);
    expect(throws).toMatch(/^handler\.ts:4:\d+: TypeError: cannot read property 'c' of undefined\n/);
    expect(throws).toContain("> 4 | const c = a.b!.c;");
    const lacks = await loading(`const f = new Intl.NumberFormat("de");${rest}`);
    expect(lacks).toMatch(
      /^handler\.ts:1:\d+: ReferenceError: Intl is not defined \(the engine has no locale data;/,
    );
    const leaks = await loading(
      `type A = 1;\nconst kept: string[] = [];\nfor (;;) kept.push("x".repeat(9999) + kept.length);${rest}`,
    );
    expect(leaks).toMatch(/^handler\.ts:3:\d+: outgrows its arena while its module is evaluated/);
    const spins = await loading(`type A = 1;\n\nfor (let i = 0; ; i++) String(i);${rest}`);
    expect(spins).toMatch(
      /^handler\.ts:3:\d+: uses more than 2000 ms of CPU time while its module is evaluated/,
    );
  }, 120_000);

  test("all faults at once, each with its place", async () => {
    const message = await loading(
      `import fs from "node:fs";\nimport x from "not-installed";\nexport default { fs, x };\n`,
    );
    const places = message.split("\n").filter((line) => line.startsWith("handler.ts:"));
    expect(places).toEqual([
      expect.stringMatching(/^handler\.ts:1:16: "node:fs" is part of Node\.js/),
      expect.stringMatching(/^handler\.ts:2:15: Could not resolve "not-installed"/),
    ]);
  });
});
