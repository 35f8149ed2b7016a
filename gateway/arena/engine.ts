/**
 * The engine: quickjs-wasi's binaries, rewritten and compiled once per process. WebAssembly.Module objects are
 * shared between threads without recompiling, so arena threads receive the Engine as it is.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { ArenaModuleError, BELL_ADDRESS, rewriteArenaModule } from "./module/arena-module.ts";
import { type RewrittenExtension, rewriteExtension } from "./module/extension-module.ts";
import type { DataSegment } from "./module/module-edit.ts";
import { wipeModule } from "./module/wipe-module.ts";
import { EXTENSION_START } from "./layout.ts";

/**
 * The extensions that the platform uses (handle/platform.ts), and their hashes in quickjs-wasi 3.6.2: each costs every start
 * its rewriting and every slot an instance. An image holds the static data up to the last one it uses: small ones first.
 */
const EXTENSIONS = {
  encoding: "d501aa2a8410ee07c196103f0d169b226ec61c922883713510fd723fe14036c3",
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
    module: compileEagerly(main.binary),
    data: main.data,
    initialPages: main.initialPages,
    extensions: placeExtensions(rewritten),
    wipe: new WebAssembly.Module(wipeModule()),
  };
}

/**
 * The engine's hot functions are optimized after a tenth of a second of work instead of after ten: the interpreter loop
 * runs two to four times as fast then (test/bench/micro.ts). V8 takes the budget down when a module is made. Not on the command
 * line: V8 discards the compiled code of Node's own modules when such a flag has changed, 20 ms in every thread that starts.
 */
function compileEagerly(binary: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  setFlagsFromString("--wasm-tiering-budget=100000");
  const module = new WebAssembly.Module(binary);
  // The default, of Node 24 and 26.
  setFlagsFromString("--wasm-tiering-budget=13000000");
  return module;
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
    if (next > BELL_ADDRESS)
      throw new ArenaModuleError("the extensions' static data does not fit below the bell and the engine's");
    const module = new WebAssembly.Module(binary);
    return { name, module, memoryBase, memoryBytes: next - memoryBase, errnoAddress, data, tableSlots };
  });
}
