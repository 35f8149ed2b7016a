/**
 * A Vm is the engine attached to one arena by one thread: a WebAssembly instance over the arena's memory. It holds no
 * state of its own besides the four globals (stack pointer and its low mark, virtual top and limit), which `attach`
 * sets and the arena's owner saves: any thread can go on where another one was stopped.
 *
 * Values cross as pointers to 8-byte JSValues in the arena (quickjs-wasi's convention). Small numbers and
 * undefined are written and read in place; strings and buffers go through the engine.
 */
import type { Engine, EngineExtension } from "./engine.ts";
import { randomBytes } from "node:crypto";
import { ArenaAbort } from "./abort.ts";
import { PlainJson } from "./json/plain-json.ts";
import { BELL, STACK_TOP, type ArenaLayout } from "./layout.ts";

/** The engine's functions that we call; all numbers are i32 (pointers, lengths, flags) unless f64 is said. */
interface EngineExports {
  __stack_pointer: WebAssembly.Global<"i32">;
  __indirect_function_table: WebAssembly.Table;
  nea_top: WebAssembly.Global<"i32">;
  nea_limit: WebAssembly.Global<"i32">;
  nea_stack_low: WebAssembly.Global<"i32">;
  nea_attach(stackPointer: number, stackLow: number, topPages: number, limitPages: number): void;
  /** Three words: as VmRegisters. */
  nea_save(pointer: number): void;
  _initialize(): void;
  malloc(bytes: number): number;
  free(pointer: number): void;
  qjs_init(): number;
  qjs_set_interrupt_handler(on: number): void;
  qjs_set_promise_rejection_handler(on: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_run_gc(): void;
  qjs_set_gc_threshold(bytes: number): void;
  qjs_eval(code: number, bytes: number, filename: number, flags: number): number;
  qjs_compile(
    code: number,
    bytes: number,
    filename: number,
    evalFlags: number,
    compileFlags: number,
    outLength: number,
  ): number;
  qjs_eval_bytecode(code: number, bytes: number): number;
  qjs_call(callee: number, thisValue: number, argc: number, argv: number): number;
  qjs_new_string(text: number, bytes: number): number;
  /** value: f64 */
  qjs_new_number(value: number): number;
  qjs_new_uint8_array(bytes: number, length: number): number;
  qjs_new_host_function(name: number, nameBytes: number, data: number): number;
  qjs_get_global(): number;
  qjs_get_prop_string(object: number, name: number): number;
  qjs_set_prop_string(object: number, name: number, value: number): number;
  qjs_dup_value(value: number): number;
  qjs_free_value(value: number): void;
  qjs_get_exception(): number;
  /** returns f64 */
  qjs_get_float64(value: number): number;
  qjs_get_string_len(value: number, outLength: number): number;
  qjs_free_cstring(text: number): void;
  qjs_get_typed_array_buffer(value: number, outOffset: number, outLength: number, outWidth: number): number;
  qjs_get_array_buffer(value: number, outLength: number): number;
  qjs_is_exception(value: number): number;
  qjs_is_string(value: number): number;
  qjs_is_job_pending(): number;
  qjs_execute_pending_job(): number;
  qjs_promise_state(promise: number): number;
  qjs_promise_result(promise: number): number;
  qjs_throw(error: number): void;
  qjs_new_error(): number;
  qjs_define_prop_string(object: number, name: number, value: number, flags: number): number;
  qjs_get_runtime_ptr(): number;
  qjs_get_context_ptr(): number;
}

/** What a Vm's owner answers to. */
export interface VmHost {
  /** `host(...)` was called in the arena: argv points to pointers to values. Returns a value (owned), or 0: thrown. */
  call(vm: Vm, argc: number, argv: number): number;
  /** Asked every 10,000 steps of interpreted code, and when somebody rings; throws ArenaAbort when the time is over. */
  interrupt(): void;
  /** The heap wants `pages` more than its limit allows: throws ArenaAbort, or raises the limit. */
  overflow(vm: Vm, pages: number): void;
  /** A promise was rejected and nobody listens (yet, if `isHandled` comes later). The values are the callee's to free. */
  rejected(vm: Vm, promise: number, reason: number, isHandled: number): void;
}

interface Wiper {
  restore(to: number, from: number, bytes: number): void;
  save(to: number, from: number, bytes: number): void;
  wipe(start: number, bytes: number): void;
}

/**
 * The same functions in an ordinary object. V8 gives each instance's exports a hidden class of their own, and a thread that
 * runs many arenas would look up every function it calls by its name.
 */
function plain<Exports extends object>(exports: Exports): Exports {
  return { ...exports };
}

/** JSValue tags of quickjs-ng with NaN boxing: the upper 32 bits of a value. */
const TAG_INT = 0;
const TAG_UNDEFINED = 3;

/** The globals of a suspended VM: with the arena's memory they are all there is. */
export interface VmRegisters {
  stackPointer: number;
  stackLow: number;
  topPages: number;
}

/** JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE */
const WRITABLE_CONFIGURABLE = 3;

/** Where in the mailbox the registers are read from: behind the boxes for arguments. */
const REGISTERS_BOX = 128;

/** One per thread. */
let plainJson: PlainJson | undefined;

const ERRNO_BADF = 8;
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const CLOCK_REALTIME = 0;

export class Vm {
  readonly exports: EngineExports;
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly layout: ArenaLayout;
  readonly wiper: Wiper;
  /** How often JSON was written for the engine. */
  plainTexts = 0;
  readonly #extensions: WebAssembly.Instance[];
  readonly #view: DataView;

  constructor(
    engine: Engine,
    memory: WebAssembly.Memory,
    images: WebAssembly.Memory,
    layout: ArenaLayout,
    host: VmHost,
  ) {
    this.layout = layout;
    this.bytes = Buffer.from(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    const nea = {
      memory,
      overflow: (pages: number) => (host.overflow(this, pages), 0),
      stringify: (context: number, object: number) => this.#stringify(context, object),
    };
    const imports = { nea, env: this.#env(host), wasi_snapshot_preview1: this.#wasi() };
    const instance = new WebAssembly.Instance(engine.module, imports);
    this.exports = plain(instance.exports) as unknown as EngineExports;
    this.#extensions = engine.extensions.map((extension) => this.#link(extension, memory));
    const wiper = new WebAssembly.Instance(engine.wipe, { nea: { memory, images } });
    this.wiper = plain(wiper.exports) as unknown as Wiper;
  }

  /** Continues (or starts) with these globals; the limit follows from the arena's layout, unless it is to be lower. */
  attach({ stackPointer, stackLow, topPages }: VmRegisters, limitPages = this.layout.limitPages): void {
    this.exports.nea_attach(stackPointer, stackLow, topPages, limitPages);
  }

  registers(): VmRegisters {
    const box = this.layout.mailboxStart + REGISTERS_BOX;
    this.exports.nea_save(box);
    const word = box >>> 2;
    return {
      stackPointer: this.words[word]!,
      stackLow: this.words[word + 1]!,
      topPages: this.words[word + 2]!,
    };
  }

  /** Makes a fresh engine of an arena that is all zero; done once per arena module, for the image. */
  boot(engine: Engine): void {
    this.#writeData(engine);
    this.attach({ stackPointer: STACK_TOP, stackLow: STACK_TOP, topPages: engine.initialPages });
    this.exports._initialize();
    if (this.exports.qjs_init() !== 0) throw new Error("the engine did not start in this arena");
  }

  /** Defines what an extension brings on the global object. */
  initExtension(index: number, name: string): void {
    const init = this.#extensions[index]?.exports[`qjs_ext_${name.replaceAll("-", "_")}_init`];
    if (typeof init !== "function") throw new Error(`extension ${name} has no init function`);
    if (init(this.exports.qjs_get_context_ptr(), this.exports.qjs_get_runtime_ptr()) !== 0) {
      throw new Error(`extension ${name} did not start in this arena`);
    }
  }

  #writeData(engine: Engine): void {
    for (const { offset, bytes } of engine.data) this.bytes.set(bytes, offset);
    engine.extensions.forEach(({ memoryBase, data }, index) => {
      for (const { offset, bytes } of data) this.bytes.set(bytes, memoryBase + offset);
      const relocate = this.#extensions[index]?.exports.__wasm_apply_data_relocs;
      if (typeof relocate === "function") relocate();
    });
  }

  /** Dynamic linking: memory, table and functions are the engine's, static data has its fixed place. */
  #link(extension: EngineExtension, memory: WebAssembly.Memory): WebAssembly.Instance {
    const table = this.exports.__indirect_function_table;
    const tableBase = table.length;
    table.grow(extension.tableSlots);
    const constant = (value: number) => new WebAssembly.Global({ value: "i32", mutable: false }, value);
    const env: Record<string, WebAssembly.ImportValue> = {
      memory,
      __indirect_function_table: table,
      __stack_pointer: this.exports.__stack_pointer,
      nea_stack_low: this.exports.nea_stack_low,
      __memory_base: constant(extension.memoryBase),
      __table_base: constant(tableBase),
    };
    const imports: WebAssembly.Imports = { env };
    for (const { module, name, kind } of WebAssembly.Module.imports(extension.module)) {
      if (module === "env") env[name] ??= this.#resolve(extension.name, name);
      else if (kind === "global") {
        // Symbols that nobody defines: a place of its own for errno; index 0, which traps, for C++'s pure virtual.
        const address = module === "GOT.mem" ? extension.errnoAddress : 0;
        (imports[module] ??= {})[name] = new WebAssembly.Global({ value: "i32", mutable: true }, address);
      }
    }
    return new WebAssembly.Instance(extension.module, imports);
  }

  #resolve(extension: string, name: string): WebAssembly.ImportValue {
    const found = (this.exports as unknown as Record<string, WebAssembly.ImportValue>)[name];
    return (
      found ??
      (() => {
        throw new Error(`extension ${extension} called ${name}, which nobody defines`);
      })
    );
  }

  #env(host: VmHost): WebAssembly.ModuleImports {
    return {
      host_call: (_name: number, _bytes: number, _this: number, argc: number, argv: number) =>
        host.call(this, argc, argv),
      host_interrupt: () => {
        this.words[BELL] = 0;
        host.interrupt();
        return 0;
      },
      host_promise_rejection: (promise: number, reason: number, isHandled: number) =>
        host.rejected(this, promise, reason, isHandled),
      // Modules are bundled: a dynamic import that is left fails inside the arena.
      host_module_normalize: () => 0,
      host_module_load: () => 0,
      // Handlers live in UTC, as in every module-worker runtime.
      host_get_timezone_offset: () => 0,
    };
  }

  #wasi(): WebAssembly.ModuleImports {
    return {
      clock_time_get: (clock: number, _precision: bigint, out: number) => {
        const now = clock === CLOCK_REALTIME ? Date.now() : performance.now();
        const nanoseconds = BigInt(Math.round(now * 1000)) * (NANOSECONDS_PER_MILLISECOND / 1000n);
        this.#view.setBigUint64(out, nanoseconds, true);
        return 0;
      },
      random_get: (pointer: number, bytes: number) => {
        this.bytes.set(randomBytes(bytes), pointer);
        return 0;
      },
      // The engine has no files; its own debug printing goes nowhere.
      fd_seek: () => ERRNO_BADF,
      fd_write: () => ERRNO_BADF,
    };
  }

  /**
   * The engine is about to write an object as JSON. 0: it is not plain. Otherwise where the text stands, for the engine to free:
   * a word with its length in bytes, and the bytes.
   */
  #stringify(context: number, object: number): number {
    const json = (plainJson ??= new PlainJson());
    const { text } = json;
    try {
      if (!json.write(this, context, object)) return 0;
    } catch {
      // V8's stack is at its end, deep in a recursion of the handler's. What the engine makes of that is its own affair.
      return 0;
    }
    this.plainTexts++;
    const pointer = this.allocate(4 + text.length);
    this.words[pointer >>> 2] = text.length;
    text.copyTo(this.bytes, pointer + 4);
    return pointer;
  }

  // Values ----------------------------------------------------------------------------------------------------

  /** Copies UTF-8 text into the heap, with a closing NUL; the caller frees it. */
  newText(text: string): { pointer: number; bytes: number } {
    const bytes = Buffer.byteLength(text);
    const pointer = this.allocate(bytes + 1);
    this.bytes.write(text, pointer, bytes, "utf8");
    this.bytes[pointer + bytes] = 0;
    return { pointer, bytes };
  }

  allocate(bytes: number): number {
    const pointer = this.exports.malloc(bytes);
    if (pointer === 0) throw new ArenaAbort("memory", bytes);
    return pointer >>> 0;
  }

  newString(text: string): number {
    const { pointer, bytes } = this.newText(text);
    const value = this.exports.qjs_new_string(pointer, bytes);
    this.exports.free(pointer);
    return value;
  }

  /** Writes a small integer as a value of its own at `pointer` (8 bytes). */
  putInt(pointer: number, value: number): void {
    this.words[pointer >>> 2] = value;
    this.words[(pointer >>> 2) + 1] = TAG_INT;
  }

  putUndefined(pointer: number): void {
    this.words[pointer >>> 2] = 0;
    this.words[(pointer >>> 2) + 1] = TAG_UNDEFINED;
  }

  isUndefined(value: number): boolean {
    return this.words[(value >>> 2) + 1] === TAG_UNDEFINED;
  }

  /** The n-th argument of a host call: a pointer to its value, 0 if there is none. */
  argument(argc: number, argv: number, index: number): number {
    return index < argc ? this.words[(argv >>> 2) + index]! >>> 0 : 0;
  }

  /** A number argument as an integer; 0 for anything that is no number. */
  integer(value: number): number {
    if (value === 0) return 0;
    if (this.words[(value >>> 2) + 1] === TAG_INT) return this.words[value >>> 2]!;
    return Math.trunc(this.exports.qjs_get_float64(value)) || 0;
  }

  /** The text of a string value; runs no code of the handler (anything but a string is ""). */
  text(value: number): string {
    return value === 0 || !this.exports.qjs_is_string(value) ? "" : (this.#toString(value) ?? "");
  }

  /** String(value), which may run code of the handler. */
  describe(value: number): string {
    return this.#toString(value) ?? "(a value that cannot be shown)";
  }

  /** A property that is a string, else "". Getters run, which may be the handler's. */
  propertyText(object: number, name: string): string {
    const key = this.newText(name);
    const value = this.exports.qjs_get_prop_string(object, key.pointer);
    this.exports.free(key.pointer);
    if (this.exports.qjs_is_exception(value)) this.#dropException();
    const text = this.text(value);
    this.exports.qjs_free_value(value);
    return text;
  }

  #dropException(): void {
    this.exports.qjs_free_value(this.exports.qjs_get_exception());
  }

  #toString(value: number): string | undefined {
    const out = this.allocate(4);
    const pointer = this.exports.qjs_get_string_len(value, out) >>> 0;
    const bytes = this.words[out >>> 2]!;
    this.exports.free(out);
    if (pointer === 0) {
      this.#dropException();
      return undefined;
    }
    const text = this.bytes.toString("utf8", pointer, pointer + bytes);
    this.exports.qjs_free_cstring(pointer);
    return text;
  }

  /** Throws an Error into the arena; the caller returns 0 from its host call. */
  throwError(message: string): void {
    const { exports } = this;
    const error = exports.qjs_new_error();
    const text = this.newString(message);
    const name = this.newText("message");
    // Defined, not set: a setter on Error.prototype is the handler's code and has no business here.
    exports.qjs_define_prop_string(error, name.pointer, text, WRITABLE_CONFIGURABLE);
    exports.free(name.pointer);
    exports.qjs_free_value(text);
    exports.qjs_throw(error);
    exports.qjs_free_value(error);
  }

  /** Calls a function held by pointer; returns a value (to be freed), an exception value if it threw. */
  call(callee: number, thisValue: number, argv: number[]): number {
    const list = this.allocate(4 * Math.max(1, argv.length));
    argv.forEach((value, index) => (this.words[(list >>> 2) + index] = value));
    const result = this.exports.qjs_call(callee, thisValue, argv.length, list);
    this.exports.free(list);
    return result;
  }
}
