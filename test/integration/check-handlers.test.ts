// `nea check` as an author meets it: the handlers are built as the gateway would build them, and every fault is told with
// its place before anything is deployed.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY, inRepository } from "../support/gateway-process.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nea-check-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Result {
  readonly exitCode: number;
  readonly output: string;
}

/** Each handler gets a route of its own; `config` is what else the file says. */
function check(handlers: Record<string, string>, config: object = {}, route: object = {}): Promise<Result> {
  const routes = Object.entries(handlers).map(([name, code]) => {
    writeFileSync(join(directory, name), code);
    return { name, match: { path: { prefix: `/${name}` } }, handler: `./${name}`, pool: "small", ...route };
  });
  const file = join(directory, "gateway.yaml");
  const whole = { pools: { small: { slots: 1, arena: "4Mi" } }, images: "8Mi", routes, ...config };
  writeFileSync(file, JSON.stringify(whole));
  return run(file);
}

function run(file: string): Promise<Result> {
  const argv = [inRepository("gateway/main.ts"), "check", "--config", file];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: REPOSITORY }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

const FINE = `export default { fetch: () => new Response("fine") };`;

test("handlers that load: exit 0, with the size of each image and what it leaves of its arena", async () => {
  const { exitCode, output } = await check({ "fine.js": FINE });
  expect(exitCode).toBe(0);
  expect(output).toMatch(/fine\.js +[\d.]+Ki +[\d.]+Mi of 4Mi left in pool small/);
  expect(output).toMatch(/[\d.]+Ki of 8Mi for images are in use\./);
  expect(output).not.toContain("warning");
});

test("every fault of every handler is told with its line and a mark under the place, and the exit code is 1", async () => {
  const { exitCode, output } = await check({
    "builtin.js": `import "node:fs";\n${FINE}`,
    "syntax.js": `export default { fetch() {\n  return new Response("x" }\n};`,
    "throws.js": `const port = Number("x");\nif (!(port > 0)) throw new Error("no port");\n${FINE}`,
    "no-default.js": `export const fetch = () => new Response("x");`,
    "fine.js": FINE,
  });
  expect(exitCode).toBe(1);
  expect(output).toMatch(/builtin\.js:1:\d+:[\s\S]*"node:fs"/);
  expect(output).toMatch(/syntax\.js:2:\d+:/);
  expect(output).toMatch(/throws\.js:2:\d+:[\s\S]*no port/);
  expect(output).toMatch(/no-default\.js:\d+:\d+:/);
  expect(output).toContain(`> 2 | if (!(port > 0)) throw new Error("no port");`);
  expect(output).toMatch(/^4 faults in handlers$/m);
});

test("a module that outgrows its arena, or never ends, is a fault and not the end of the check", async () => {
  const { exitCode, output } = await check({
    "large.js": `const kept = [];\nfor (;;) kept.push("x".repeat(1000) + kept.length);\n${FINE}`,
    "endless.js": `for (;;);\n${FINE}`,
    "native.js": `"x".repeat(30000).split("").sort(() => { for (;;); });\n${FINE}`,
  });
  expect(exitCode).toBe(1);
  expect(output).toMatch(/large\.js:2:\d+:[\s\S]*outgrows its arena/);
  expect(output).toMatch(/endless\.js:1:\d+:[\s\S]*CPU time/);
  expect(output).toMatch(/native\.js:\d+:\d+:/);
  expect(output).toMatch(/^3 faults in handlers$/m);
});

test("an image that leaves little of its arena is a warning", async () => {
  const { exitCode, output } = await check({
    "table.js": `export const table = new Uint8Array(2_300_000).fill(1);\n${FINE}`,
  });
  expect(exitCode).toBe(0);
  expect(output.replace(/\n {4}/g, " ")).toMatch(
    /warning: .*table\.js: its image leaves [\d.]+\w+ of an arena of pool small/,
  );
});

test("images without room for a second generation are a warning; without room for one, a fault that names the key", async () => {
  const table = `export const table = new Uint8Array(700_000).fill(1);\n${FINE}`;
  const warned = await check({ "table.js": table }, { images: "2Mi" });
  expect(warned.exitCode).toBe(0);
  expect(warned.output.replace(/\n {4}/g, " ")).toMatch(
    /warning: images is 2Mi: a reload keeps two generations/,
  );
  const full = await check(
    { "table.js": table, "other.js": `${table}// another\nexport const more = 1;` },
    { images: "2Mi" },
  );
  expect(full.exitCode).toBe(1);
  expect(full.output).toContain("raise `images`");
});

test("a warm request that fails is a warning: it warms nothing", async () => {
  const { exitCode, output } = await check(
    { "cold.js": `export default { fetch() { throw new Error("cold"); } };` },
    {},
    { warm: ["GET /x"] },
  );
  expect(exitCode).toBe(0);
  expect(output.replace(/\n {4}/g, " ")).toContain("warm request GET /x: threw Error: cold");
});

test("a warm request does not wait for its timers, and its clock runs on as if it had", async () => {
  const slow = `
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    export default {
      async fetch() {
        const startMs = performance.now();
        const order = [];
        await Promise.all([60_000, 20_000, 40_000].map((ms) => sleep(ms).then(() => order.push(ms))));
        await sleep(3_600_000);
        const passedMs = performance.now() - startMs;
        if (passedMs < 3_660_000 || passedMs > 3_760_000) throw new Error("passed: " + passedMs);
        if (order.join() !== "20000,40000,60000") throw new Error("order: " + order);
        return new Response("fine");
      },
    };`;
  const { exitCode, output } = await check({ "slow.js": slow }, {}, { warm: ["GET /x"] });
  expect(exitCode).toBe(0);
  expect(output).not.toContain("warning");
});

test("sources of more than 1 MiB are a fault, not a bundler that takes what it likes", async () => {
  writeFileSync(join(directory, "data.js"), `export const data = "${"x".repeat(1024 * 1024)}";`);
  const { exitCode, output } = await check({
    "big.js": `import { data } from "./data.js";\nexport const n = data.length;\n${FINE}`,
  });
  expect(exitCode).toBe(1);
  expect(output.replace(/\n {4}/g, " ")).toContain("sources are more than 1Mi");
});

test("no line of the report is wider than 80 columns", async () => {
  const long = `export default { fetch: () => new Response(${"'x' + ".repeat(60)} oops oops) };`;
  const { output } = await check({ "wide.js": long });
  for (const line of output.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
});
