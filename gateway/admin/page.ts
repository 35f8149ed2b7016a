/** The page's files, read and made once at start and served from memory. Owner: the admin server. Bound: their size. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** By path. */
export type Page = ReadonlyMap<string, Asset>;

export async function loadPage(): Promise<Page> {
  return new Map([
    ["/", { type: "text/html; charset=utf-8", body: read("./page/index.html") }],
    ["/page.css", { type: "text/css; charset=utf-8", body: read("./page/page.css") }],
    ["/icon.svg", { type: "image/svg+xml", body: read("./page/icon.svg") }],
    ["/page.js", { type: "text/javascript; charset=utf-8", body: await script() }],
  ]);
}

function read(file: string): Buffer {
  return readFileSync(new URL(file, import.meta.url));
}

/** One classic bundle of the page's modules, for the browsers of the last years. */
async function script(): Promise<Buffer> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./page/main.ts", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    target: "es2022",
    minify: true,
    logLevel: "silent",
  });
  return Buffer.from(outputFiles[0]!.contents);
}
