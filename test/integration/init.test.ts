// `nea init`: what it makes type-checks, and its tests pass. The packages that `npm install` would fetch are links to
// those of this repository.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInit } from "../../gateway/commands/init.ts";
import { loadConfig } from "../../gateway/config.ts";
import { inRepository, REPOSITORY } from "../support/gateway-process.ts";

const RUN_MS = 120_000;

let directory: string;
let project: string;
let said = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nea-init-"));
  project = join(directory, "My Shop");
  runInit([project], (text) => (said += text));
});

afterAll(() => rmSync(directory, { recursive: true }));

/** As npm would run it: this test's own runner must not show through. */
function run(script: string, ...options: string[]): string {
  const { PATH } = process.env;
  const env = { PATH, HOME: directory };
  return execFileSync(process.execPath, [inRepository(`node_modules/${script}`), ...options], {
    cwd: project,
    env,
    encoding: "utf8",
  });
}

interface ProjectFile {
  name: string;
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
}

test("names what it wrote and what comes next", () => {
  expect(said).toContain(`${join(project, "handlers/hello.ts")}\n`);
  expect(said).toMatch(/npm install\n +npm test\n +npm start\n$/);
  const { name, dependencies, scripts } = JSON.parse(
    readFileSync(join(project, "package.json"), "utf8"),
  ) as ProjectFile;
  expect(name).toBe("my-shop");
  expect(dependencies["nea-gateway"]).toMatch(/^file:/);
  expect(Object.keys(scripts)).toEqual(["start", "check", "test"]);
});

test("its configuration is free of faults", () => {
  const { routes } = loadConfig(join(project, "gateway.yaml"));
  expect(routes.map(({ handler }) => handler?.file)).toEqual([join(project, "handlers/hello.ts")]);
});

test(
  "npm test passes: types and tests, and both can fail",
  () => {
    mkdirSync(join(project, "node_modules"));
    symlinkSync(REPOSITORY, join(project, "node_modules/nea-gateway"));
    symlinkSync(inRepository("node_modules/vitest"), join(project, "node_modules/vitest"));
    const vitest = () => run("vitest/vitest.mjs", "run", "--reporter", "json");
    run("typescript/bin/tsc", "--noEmit");
    expect(JSON.parse(vitest())).toMatchObject({ success: true, numPassedTests: 2 });
    const handler = join(project, "handlers/hello.ts");
    writeFileSync(handler, readFileSync(handler, "utf8").replace("env.GREETING", "env.GREETINGS"));
    expect(() => run("typescript/bin/tsc", "--noEmit")).toThrow();
    expect(vitest).toThrow();
  },
  RUN_MS,
);

test("refuses to overwrite, and then writes nothing", () => {
  const taken = join(directory, "taken");
  mkdirSync(join(taken, "handlers"), { recursive: true });
  writeFileSync(join(taken, "handlers/hello.ts"), "mine");
  expect(() => runInit([taken], () => {})).toThrow(
    /taken has handlers\/hello\.ts already; nothing was written/,
  );
  expect(readFileSync(join(taken, "handlers/hello.ts"), "utf8")).toBe("mine");
  expect(() => readFileSync(join(taken, "package.json"))).toThrow(/ENOENT/);
  expect(() => runInit([], () => {})).toThrow(/usage: nea init DIRECTORY/);
});
