/**
 * From a handler's file to one script: esbuild follows its imports (TypeScript, npm packages) and leaves an ES module
 * without imports, with a source map that leads every position back to the author's own lines.
 *
 * esbuild runs in a process of its own while handlers are loaded and is stopped afterwards; the plan has a term for it,
 * which holds for sources of up to BUNDLE_SOURCE_BYTES.
 */
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { builtinModules } from "node:module";
import { relative, resolve } from "node:path";
import { type BuildFailure, type Message, type Plugin, build, stop } from "esbuild";
import { BUNDLE_SOURCE_BYTES } from "../limits.ts";
import { formatSizeBytes } from "../shared/units.ts";
import { type SourcePosition, codeFrame } from "./code-frame.ts";

export interface Bundle {
  /** The handler's file as logs call it, relative to the working directory. */
  name: string;
  code: string;
  /** JSON of a source map, version 3, with sources and their contents. */
  map: string;
  /** Absolute names of every file that went into it. */
  inputs: string[];
}

/** One thing that is wrong with a handler, with its place in the author's files where it has one. */
export interface HandlerFault {
  file: string;
  line: number;
  column: number;
  message: string;
}

export class BundleError extends Error {
  override name = "BundleError";
  readonly faults: HandlerFault[];

  constructor(faults: HandlerFault[]) {
    super(
      faults.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n"),
    );
    this.faults = faults;
  }
}

/** Bundles one handler; throws BundleError with every fault esbuild found. */
export async function bundle(file: string): Promise<Bundle> {
  try {
    const result = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      outdir: "/",
      format: "esm",
      target: "es2023",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["worker", "browser"],
      define: { "process.env.NODE_ENV": '"production"' },
      sourcemap: "external",
      sourcesContent: true,
      legalComments: "none",
      metafile: true,
      logLevel: "silent",
      plugins: [refuseBuiltins, limitSources],
    });
    const output = (suffix: string) => result.outputFiles.find(({ path }) => path.endsWith(suffix))!.text;
    const inputs = Object.keys(result.metafile.inputs).map((input) => resolve(input));
    return { name: displayName(file), code: output(".js"), map: output(".js.map"), inputs };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    throw new BundleError(error.errors.map((message) => toFault(message, file)));
  }
}

/** Of this thread, with their ends: esbuild does not show its process. One that could not be started closes, and never exits. */
const processes = new Map<ChildProcess, Promise<unknown>>();
subscribe("child_process", (message) => {
  const { process } = message as { process: ChildProcess };
  const end = new Promise((resolve) => process.once("close", resolve));
  processes.set(process, end);
  void end.then(() => processes.delete(process));
});

/**
 * Ends esbuild's process; the next bundle starts it again. Resolves when it is gone: before that its memory is in use, and whoever
 * started it has to stay, to take note of its end.
 */
export async function stopBundler(): Promise<void> {
  const running = [...processes].filter(([{ spawnfile }]) => spawnfile.includes("esbuild"));
  await stop();
  await Promise.all(running.map(([, end]) => end));
}

/**
 * How a handler's file is called in logs: short, and the same wherever the gateway runs. In a mounted ConfigMap the real
 * files are in a directory named by time (`..2026_01_02_03_04_05.6`), behind links of the names that authors know.
 */
export function displayName(file: string): string {
  return relative(process.cwd(), file).replace(/(^|\/)\.\.\d[^/]*\//g, "$1");
}

const BUILTIN = new RegExp(`^(node:.*|(${builtinModules.join("|")})(/.*)?)$`);

/** Node's built-in modules do not exist in an arena; the import is named where it stands. */
const refuseBuiltins: Plugin = {
  name: "refuse-node-builtins",
  setup({ onResolve, resolve: resolveImport }) {
    onResolve({ filter: BUILTIN }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === "asked") return undefined;
      // A package of that name (buffer, events, punycode) is fine; only what nobody installed is refused.
      if (!path.startsWith("node:")) {
        const found = await resolveImport(path, { importer, kind, resolveDir, pluginData: "asked" });
        if (found.errors.length === 0 && !found.external) return found;
      }
      const text = `"${path}" is part of Node.js and does not exist in an arena; use web standards or an npm package`;
      return { errors: [{ text }] };
    });
  },
};

/** esbuild has no limit of its own. Counted as files are asked for, before they are read. */
const limitSources: Plugin = {
  name: "limit-sources",
  setup({ onLoad }) {
    let bytes = 0;
    onLoad({ filter: /.*/, namespace: "file" }, async ({ path }) => {
      bytes += (await stat(path)).size;
      if (bytes <= BUNDLE_SOURCE_BYTES) return undefined;
      const limit = formatSizeBytes(BUNDLE_SOURCE_BYTES);
      return { errors: [{ text: `with this file the handler's sources are more than ${limit}` }] };
    });
  },
};

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

function toFault({ text, location }: Message, entry: string): HandlerFault {
  const file = location ? location.file : entry;
  const [line, column] = location ? [location.line, location.column + 1] : [1, 1];
  const frame = location ? frameOf(file, { file, line, column }) : "";
  return { file: displayName(file), line, column, message: text + frame };
}

function frameOf(file: string, position: SourcePosition): string {
  try {
    return `\n${codeFrame(readFileSync(file, "utf8"), position)}`;
  } catch {
    // Gone since, or no file of its own.
    return "";
  }
}
