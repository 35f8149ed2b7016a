/**
 * The code of an arena thread as one script. Threads start from it instead of from the source files, because a thread
 * that strips types loads Node's TypeScript parser into its isolate (18 MB measured with Node 26.10), and because the
 * replacement of a killed thread should not have to read files.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export async function arenaWorkerCode(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./arena-worker.ts", import.meta.url))],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node24",
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
