// A handler of a few words.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a module whose `async fetch(request, env, ctx)` has this body; returns its path. */
export function writeHandler(directory: string, name: string, body: string): string {
  const file = join(directory, `${name}.js`);
  writeFileSync(file, `export default { async fetch(request, env, ctx) {\n  ${body}\n} };`);
  return file;
}
