import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCheck } from "../../gateway/commands/check.ts";
import { renderFault, wrap } from "../../gateway/config/frame.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nea-check-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function check(configFile: string): Promise<{ exitCode: number; output: string }> {
  let output = "";
  const exitCode = await runCheck({ configFile, write: (text) => void (output += text) });
  return { exitCode, output };
}

function file(text: string): string {
  const path = join(directory, "gateway.yaml");
  writeFileSync(path, text);
  return path;
}

test("the shipped config is fine, and check says which route goes where", async () => {
  const { exitCode, output } = await check("config/gateway.yaml");
  expect(exitCode).toBe(0);
  expect(output.split("\n").slice(0, 7)).toEqual([
    "config/gateway.yaml is fine.",
    "",
    "  route              goes to                      slots",
    "  GET,HEAD /hello/*  handlers/hello.ts, then app  16 small, 4Mi each",
    "  /bomb/*            handlers/bomb.ts             16 small, 4Mi each",
    "  /*                 app                          128 proxy",
    "",
  ]);
});

test("a fault is shown with its line and a mark under the place", async () => {
  const { exitCode, output } = await check(
    file(
      "pools:\n  small: { slots: many, arena: 4Mi }\nroutes: [{ upstream: a }]\nupstreams: { a: { targets: ['http://h'] } }\n",
    ),
  );
  expect(exitCode).toBe(1);
  expect(output.split("\n").slice(-5)).toEqual([
    "     2 |   small: { slots: many, arena: 4Mi }",
    "       |                   ^",
    "",
    `1 fault in ${directory}/gateway.yaml`,
    "",
  ]);
  expect(output).toMatch(/gateway\.yaml:2:19:\s/);
});

test("every fault is there, in the order of the file", async () => {
  const { output } = await check(file("amdin: x\nlisten: 1\nroutes: []\n"));
  expect([...output.matchAll(/gateway\.yaml:(\d+):/g)].map(([, line]) => line)).toEqual(["1", "2", "3"]);
  expect(output).toContain("3 faults in ");
});

test("a file that is not there is a fault like any other", async () => {
  const { exitCode, output } = await check("config/nothing.yaml");
  expect(exitCode).toBe(1);
  expect(output).toBe("config/nothing.yaml:1:1: cannot be read: ENOENT\n\n1 fault in config/nothing.yaml\n");
});

test("nothing is wider than 80 columns, save a word that is", () => {
  const source = `${"a".repeat(70)}: ${"b".repeat(500)}`;
  const fault = {
    file: "config/gateway.yaml",
    line: 1,
    column: 300,
    key: "routes[0].match",
    problem: `got ${"many words ".repeat(30)}`,
  };
  const lines = renderFault(fault, source).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.at(-1)).toMatch(/^ {7}\| {2,}\^$/);
});

test("wrapping loses no word", () => {
  const text = "one two three four five six seven";
  expect(
    wrap(text, 10)
      .map((line) => line.trim())
      .join(" "),
  ).toBe(text);
});
