// Loaded with `--import` into a process: when it ends, it writes what it has loaded to the file that MODULES_FILE names.
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

export interface LoadedModules {
  /** By URL. */
  readonly files: readonly string[];
  /** Node's own, as process.moduleLoadList has them. */
  readonly builtins: readonly string[];
}

const files = new Set<string>();
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    files.add(resolved.url);
    return resolved;
  },
});
process.on("exit", () => {
  const { moduleLoadList: builtins } = process as unknown as { moduleLoadList: string[] };
  const report: LoadedModules = { files: [...files], builtins };
  writeFileSync(process.env.MODULES_FILE!, JSON.stringify(report));
});
