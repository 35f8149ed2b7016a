/**
 * The engine: quickjs-wasi's binaries, rewritten and compiled once per process. WebAssembly.Module objects are
 * shared between threads without recompiling, so arena threads receive the Engine as it is.
 */
import { readFileSync } from "node:fs";
import { ArenaModuleError, rewriteArenaModule } from "./module/arena-module.ts";
import { type RewrittenExtension, rewriteExtension } from "./module/extension-module.ts";
import type { DataSegment } from "./module/module-edit.ts";
import { wipeModule } from "./module/wipe-module.ts";
import { DATA_START, EXTENSION_START } from "./layout.ts";

/**
 * The extensions we link, in this order, and the hashes of those in quickjs-wasi 3.6.2. An image holds the static data
 * up to the last one it uses, so the small ones come first (url brings 260 KB of tables).
 */
const EXTENSIONS = {
  "encoding": "d501aa2a8410ee07c196103f0d169b226ec61c922883713510fd723fe14036c3",
  "structured-clone": "0ac5a36c0545c659ba6f9f8de5af11862df84546d151d0f15ec5184c95fd6cb3",
  "url": "af780a79f1fb131b5e6fa1d6fedc481e265420cf2f254fe966255230f4c1bc62",
} as const;

export type ExtensionName = keyof typeof EXTENSIONS;

/** What the host calls; the extensions' needs are added. */
const HOST_EXPORTS = [
  "__stack_pointer",
  "__indirect_function_table",
  "_initialize",
  "malloc",
  "free",
  "qjs_init",
  "qjs_set_interrupt_handler",
  "qjs_set_promise_rejection_handler",
  "qjs_set_max_stack_size",
  "qjs_set_gc_threshold",
  "qjs_run_gc",
  "qjs_eval",
  "qjs_compile",
  "qjs_eval_bytecode",
  "qjs_call",
  "qjs_new_string",
  "qjs_new_number",
  "qjs_new_uint8_array",
  "qjs_new_host_function",
  "qjs_set_prop_string",
  "qjs_get_prop_string",
  "qjs_get_global",
  "qjs_dup_value",
  "qjs_free_value",
  "qjs_get_exception",
  "qjs_get_float64",
  "qjs_get_string_len",
  "qjs_free_cstring",
  "qjs_get_typed_array_buffer",
  "qjs_get_array_buffer",
  "qjs_is_exception",
  "qjs_is_string",
  "qjs_is_job_pending",
  "qjs_execute_pending_job",
  "qjs_promise_state",
  "qjs_promise_result",
  "qjs_throw",
  "qjs_new_error",
  "qjs_define_prop_string",
  "qjs_get_runtime_ptr",
  "qjs_get_context_ptr",
];

export interface EngineExtension {
  name: ExtensionName;
  module: WebAssembly.Module;
  /** Fixed for every arena: the static data stands here, the functions at tableBase. */
  memoryBase: number;
  memoryBytes: number;
  /** Where the extension's errno stands: within its data, so that a reset restores it with the rest. */
  errnoAddress: number;
  data: DataSegment[];
  tableSlots: number;
}

export interface Engine {
  module: WebAssembly.Module;
  data: DataSegment[];
  initialPages: number;
  extensions: EngineExtension[];
  wipe: WebAssembly.Module;
}

/** Reads, rewrites, and compiles. Throws ArenaModuleError if the installed package is not the one pinned. */
export function loadEngine(): Engine {
  const rewritten = (Object.keys(EXTENSIONS) as ExtensionName[]).map((name) => ({
    name,
    ...rewriteExtension(name, readPackageFile(`${name}.so`), EXTENSIONS[name]),
  }));
  const extensionImports = rewritten.flatMap(({ engineImports }) => engineImports);
  const main = rewriteArenaModule(readPackageFile("quickjs.wasm"), HOST_EXPORTS, extensionImports);
  return {
    module: new WebAssembly.Module(main.binary),
    data: main.data,
    initialPages: main.initialPages,
    extensions: placeExtensions(rewritten),
    wipe: new WebAssembly.Module(wipeModule()),
  };
}

function readPackageFile(file: string): Uint8Array {
  return readFileSync(new URL(import.meta.resolve(`quickjs-wasi/${file}`)));
}

const ERRNO_BYTES = 4;

function placeExtensions(rewritten: (RewrittenExtension & { name: ExtensionName })[]): EngineExtension[] {
  let next = EXTENSION_START;
  return rewritten.map(({ name, binary, data, memoryBytes, memoryAlignment, tableSlots }) => {
    const memoryBase = Math.ceil(next / memoryAlignment) * memoryAlignment;
    const errnoAddress = Math.ceil((memoryBase + memoryBytes) / ERRNO_BYTES) * ERRNO_BYTES;
    next = errnoAddress + ERRNO_BYTES;
    if (next > DATA_START)
      throw new ArenaModuleError("the extensions' static data does not fit below the engine's");
    const module = new WebAssembly.Module(binary);
    return { name, module, memoryBase, memoryBytes: next - memoryBase, errnoAddress, data, tableSlots };
  });
}
