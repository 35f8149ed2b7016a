/**
 * `nea init DIRECTORY`: a handler project: one handler, its test, the configuration that serves it. `npm install` and
 * `npm test` are all it takes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CommandError } from "./command-error.ts";

const TEMPLATE = fileURLToPath(new URL("./init/template/", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

const COPIED = ["gateway.yaml", "tsconfig.json", "handlers/hello.ts", "handlers/hello.test.ts"];

interface PackageFile {
  version: string;
  devDependencies: Record<string, string>;
}

/** Returns the exit code. Throws CommandError, and then nothing has been written. */
export function runInit(argv: string[], write: (text: string) => void): number {
  const { positionals } = parseArgs({ args: argv, allowPositionals: true, options: {} });
  const [directory, ...rest] = positionals;
  if (directory === undefined || rest.length > 0) throw new CommandError("usage: nea init DIRECTORY");
  const files = filesFor(resolve(directory));
  const taken = Object.keys(files).filter((file) => existsSync(join(directory, file)));
  if (taken.length > 0)
    throw new CommandError(`${directory} has ${taken.join(", ")} already; nothing was written`);
  for (const [file, text] of Object.entries(files)) {
    const target = join(directory, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    write(`  ${target}\n`);
  }
  write(`\n  cd ${directory}\n  npm install\n  npm test\n  npm start\n`);
  return 0;
}

function filesFor(directory: string): Record<string, string> {
  const copied = COPIED.map((file) => [file, readFileSync(join(TEMPLATE, file), "utf8")]);
  const generated = { "package.json": packageFile(directory), ".gitignore": "node_modules/\n" };
  return { ...generated, ...Object.fromEntries(copied) };
}

function packageFile(directory: string): string {
  const own = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as PackageFile;
  const same = (name: string) => ({ [name]: own.devDependencies[name] });
  const content = {
    name: nameFor(directory),
    private: true,
    type: "module",
    scripts: {
      start: "nea serve --config gateway.yaml",
      check: "nea check --config gateway.yaml",
      test: "tsc --noEmit && vitest run",
    },
    dependencies: { "nea-gateway": sourceOf(own, directory) },
    // `node` is Node.js itself: what runs in the scripts is the same everywhere.
    devDependencies: { ...same("node"), ...same("typescript"), ...same("vitest") },
    allowScripts: { node: true, esbuild: true },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** From a registry by version; a checkout, which no registry has, by its place. */
function sourceOf({ version }: PackageFile, directory: string): string {
  return /[\\/]node_modules[\\/]/.test(PACKAGE) ? version : `file:${relative(directory, PACKAGE) || "."}`;
}

/** What npm takes as a name (package.json, "name"). */
function nameFor(directory: string): string {
  return (
    basename(directory)
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, "-")
      .replace(/^-+|-+$/g, "") || "handlers"
  );
}
