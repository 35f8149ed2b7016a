/**
 * Makes an image: boots the engine in a scratch arena, evaluates the platform and the handler's module, runs the warm
 * requests, and says which parts of the arena are the image. Scripts are compiled to bytecode in a boot of its own
 * first, so that what parsing leaves behind is not in the image. (Only bytecode made here, by this very engine, is
 * ever loaded.) Compiling a platform takes 3 ms of the 5 that an image takes, and most handlers have the same one, so
 * its bytecode is kept.
 */
import { ArenaAbort, outOfMemory } from "./abort.ts";
import { EffectList } from "./effect-list.ts";
import type { Engine, ExtensionName } from "./engine.ts";
import { type Frame, readFrames } from "./frames.ts";
import { clearFreeHeap } from "./free-heap.ts";
import { HostCalls, type Installed } from "./host-calls.ts";
import { type Gap, alignUp, gapsBetween } from "./image.ts";
import { proveLayout } from "./json/proof.ts";
import {
  type ArenaLayout,
  DATA_START,
  EXTENSION_START,
  PAGE_BYTES,
  STACK_LIMIT_BYTES,
  arenaLayout,
} from "./layout.ts";
import { LETTER_BYTES, Letter } from "./letters.ts";
import { TurnClock } from "./turn-clock.ts";
import { Vm } from "./vm.ts";
import { WarmRun } from "./warm-run.ts";

export interface Script {
  /** What frames in it are called; for the handler the name of its file. */
  name: string;
  code: string;
}

/** All that an image is made of; plain data, sent to the thread that makes it. */
export interface ImageRecipe {
  arenaBytes: number;
  extensions: ExtensionName[];
  platform: Script[];
  /** An ES module without imports. */
  handler: Script;
  /** Passed to the platform's configure function. */
  configuration: string;
  /** Heads of requests to run before the image is taken, as in EVENT.start. */
  warm: string[];
  /** CPU time that evaluation and each warm request may take, microseconds. */
  cpuUs: number;
}

/** Where the image is in the scratch arena, and what its header will say. */
export interface BuiltImage {
  dataBytes: number;
  gaps: Gap[];
  extensionBytes: number;
  stackPointer: number;
  topPages: number;
  runtime: number;
  context: number;
  turn: number;
  /** One line per warm request: its status, or why it failed. */
  warmed: string[];
  logs: string[];
}

export interface BuildFailure {
  phase: "platform" | "compile" | "evaluate" | "adopt" | "warm";
  reason: "threw" | "memory" | "cpu" | "trapped";
  message: string;
  /** The engine's stack text for what was thrown; frames for an abort. */
  stack: string;
  frames: Frame[];
  askedBytes: number;
}

export type BuildResult = { ok: true; image: BuiltImage } | { ok: false; failure: BuildFailure };

const EVAL = { global: 0, module: 1 } as const;
/** The function's source is not kept in the image: toString() of a handler's function shows no body. */
const STRIP_SOURCE = 1 << 4;
/** The platform's own frames are of no use to an author. */
const STRIP_DEBUG = 1 << 5;
const PROMISE_REJECTED = 2;
/** 36 to 110 KB of source each, and about as much bytecode. Of 193 handlers in test/hostile 171 have one of the first four. */
const PLATFORMS_KEPT = 4;

export class ImageBuilder {
  readonly #engine: Engine;
  readonly #memory: WebAssembly.Memory;
  readonly #images: WebAssembly.Memory;
  readonly #clock = new TurnClock();
  /** Bytecode by source; the one used last stands last. */
  readonly #platforms = new Map<string, Uint8Array>();
  #recipe!: ImageRecipe;
  #phase: BuildFailure["phase"] = "platform";
  /** Each image is made in an arena that is zeroed and booted anew; the instance, which holds nothing of it, is used again. */
  #vm!: Vm;
  /** Of warm requests, which nobody outside hears of. */
  readonly #letter = new Letter(new ArrayBuffer(LETTER_BYTES), 0, 0);
  #effects!: EffectList;
  #calls!: HostCalls;

  constructor(engine: Engine, memory: WebAssembly.Memory, images: WebAssembly.Memory) {
    this.#engine = engine;
    this.#memory = memory;
    this.#images = images;
  }

  /** Never throws for what the handler does. */
  build(recipe: ImageRecipe): BuildResult {
    this.#recipe = recipe;
    this.#phase = "platform";
    const layout = arenaLayout(recipe.arenaBytes);
    if (this.#vm?.layout.arenaBytes !== layout.arenaBytes) this.#vm = this.#instantiate(layout);
    try {
      return { ok: true, image: this.#build() };
    } catch (error) {
      const failure = this.#failure(error);
      // As for a slot that is condemned: what stopped in the middle is not trusted.
      this.#vm = this.#instantiate(layout);
      return { ok: false, failure };
    } finally {
      this.#clock.stop();
    }
  }

  #instantiate(layout: ArenaLayout): Vm {
    return new Vm(this.#engine, this.#memory, this.#images, layout, {
      call: (_vm, argc, argv) => this.#calls.call(argc, argv),
      interrupt: () => this.#clock.check(),
      overflow: (_vm, pages) => outOfMemory(pages),
      rejected: (_vm, promise, reason, isHandled) =>
        this.#calls.floating.heard(promise, reason, isHandled !== 0),
    });
  }

  #build(): BuiltImage {
    const bytecode = this.#compile();
    this.#boot();
    const installed = this.#install(bytecode.slice(0, -1));
    this.#clock.start(this.#recipe.cpuUs);
    const namespace = this.#evaluate(bytecode.at(-1)!);
    this.#phase = "adopt";
    this.#free(this.#checked(this.#vm.call(installed.adopt, this.#undefined(), [namespace])));
    this.#drain();
    this.#phase = "warm";
    const warm = new WarmRun(this.#vm, this.#effects, this.#calls, installed.turn, () =>
      this.#clock.start(this.#recipe.cpuUs),
    );
    warm.readLogs();
    const warmed = this.#recipe.warm.map((head) => warm.run(head));
    this.#vm.exports.qjs_run_gc();
    clearFreeHeap(this.#vm);
    return this.#measure(installed, warmed, warm.logs);
  }

  /** Compiles every script in a boot of its own; the last one is the handler's. */
  #compile(): Uint8Array[] {
    this.#boot();
    const platform = this.#recipe.platform.map((script) => this.#compilePlatform(script));
    proveLayout(this.#vm);
    this.#phase = "compile";
    return [...platform, this.#compileScript(this.#recipe.handler, EVAL.module, STRIP_SOURCE)];
  }

  #compilePlatform(script: Script): Uint8Array {
    const { code } = script;
    const bytecode =
      this.#platforms.get(code) ?? this.#compileScript(script, EVAL.global, STRIP_SOURCE | STRIP_DEBUG);
    this.#platforms.delete(code);
    this.#platforms.set(code, bytecode);
    const [oldest] = this.#platforms.keys();
    if (this.#platforms.size > PLATFORMS_KEPT) this.#platforms.delete(oldest!);
    return bytecode;
  }

  #compileScript({ name, code }: Script, flags: number, strip: number): Uint8Array {
    const { exports } = this.#vm;
    this.#clock.start(this.#recipe.cpuUs);
    const text = this.#vm.newText(code);
    const file = this.#vm.newText(name);
    const out = this.#vm.allocate(4);
    const start = exports.qjs_compile(text.pointer, text.bytes, file.pointer, flags, strip, out);
    if (start === 0) throw this.#pending();
    const bytes = this.#vm.words[out >>> 2]!;
    const result = Uint8Array.prototype.slice.call(this.#vm.bytes, start >>> 0, (start >>> 0) + bytes);
    for (const pointer of [text.pointer, file.pointer, out, start]) exports.free(pointer);
    return result;
  }

  #boot(): void {
    this.#effects = new EffectList(this.#vm, this.#letter);
    this.#calls = new HostCalls(this.#vm, this.#effects);
    this.#vm.wiper.wipe(0, this.#vm.layout.arenaBytes);
    this.#vm.boot(this.#engine);
    this.#vm.exports.qjs_set_max_stack_size(STACK_LIMIT_BYTES);
    this.#vm.exports.qjs_set_interrupt_handler(1);
    this.#vm.exports.qjs_set_promise_rejection_handler(1);
    for (const name of this.#recipe.extensions) {
      const index = this.#engine.extensions.findIndex((extension) => extension.name === name);
      this.#vm.initExtension(index, name);
    }
  }

  /** Evaluates the platform's scripts; `__host` is theirs to capture and delete. */
  #install(scripts: Uint8Array[]): Installed {
    const { exports } = this.#vm;
    this.#phase = "platform";
    this.#clock.start(this.#recipe.cpuUs);
    const name = this.#vm.newText("__host");
    const host = exports.qjs_new_host_function(name.pointer, name.bytes, 0);
    exports.qjs_set_prop_string(exports.qjs_get_global(), name.pointer, host);
    this.#calls.installing = true;
    for (const script of scripts) this.#free(this.#checked(this.#run(script)));
    this.#drain();
    this.#calls.installing = false;
    const installed = this.#calls.installed;
    if (!installed) throw new Error("the platform installed no turn function");
    const configuration = this.#vm.newString(this.#recipe.configuration);
    this.#free(this.#checked(this.#vm.call(installed.configure, this.#undefined(), [configuration])));
    this.#free(configuration);
    return installed;
  }

  /** Runs the handler's module; returns its namespace. */
  #evaluate(bytecode: Uint8Array): number {
    this.#phase = "evaluate";
    const { exports } = this.#vm;
    const promise = this.#checked(this.#run(bytecode));
    this.#drain();
    const state = exports.qjs_promise_state(promise);
    if (state === 0) throw new Error("the module awaits something that never comes while it is evaluated");
    const result = exports.qjs_promise_result(promise);
    if (state === PROMISE_REJECTED) throw this.#thrown(result);
    return result;
  }

  /**
   * The bytecode stands at the end of the heap meanwhile, which ends before it: in the middle it would leave a hole, and the
   * hole would be part of the image.
   */
  #run(bytecode: Uint8Array): number {
    const { layout, wiper, bytes, exports } = this.#vm;
    const registers = this.#vm.registers();
    const limitPages = layout.limitPages - Math.ceil(bytecode.length / PAGE_BYTES);
    if (limitPages < registers.topPages) throw new ArenaAbort("memory", bytecode.length);
    const start = limitPages * PAGE_BYTES;
    this.#vm.attach(registers, limitPages);
    bytes.set(bytecode, start);
    const result = exports.qjs_eval_bytecode(start, bytecode.length);
    wiper.wipe(start, bytecode.length);
    this.#vm.attach(this.#vm.registers());
    return result;
  }

  #drain(): void {
    const { exports } = this.#vm;
    while (exports.qjs_is_job_pending()) {
      if (exports.qjs_execute_pending_job() < 0) throw this.#pending();
    }
  }

  #measure(installed: Installed, warmed: string[], logs: string[]): BuiltImage {
    const { stackPointer, topPages } = this.#vm.registers();
    const ends = this.#usedExtensions().map(({ memoryBase, memoryBytes }) => memoryBase + memoryBytes);
    const end = topPages * PAGE_BYTES;
    return {
      dataBytes: end - DATA_START,
      gaps: gapsBetween(this.#vm.words, DATA_START, end),
      extensionBytes: alignUp(Math.max(0, ...ends.map((end) => end - EXTENSION_START))),
      stackPointer,
      topPages,
      runtime: this.#vm.exports.qjs_get_runtime_ptr() >>> 0,
      context: this.#vm.exports.qjs_get_context_ptr() >>> 0,
      turn: installed.turn >>> 0,
      warmed,
      logs,
    };
  }

  #usedExtensions() {
    return this.#engine.extensions.filter(({ name }) => this.#recipe.extensions.includes(name));
  }

  // Values and failures ---------------------------------------------------------------------------------------

  #undefined(): number {
    const box = this.#vm.layout.mailboxStart;
    this.#vm.putUndefined(box);
    return box;
  }

  #free(value: number): void {
    this.#vm.exports.qjs_free_value(value);
  }

  #checked(value: number): number {
    if (!this.#vm.exports.qjs_is_exception(value)) return value;
    throw this.#pending();
  }

  #pending(): Thrown {
    return this.#thrown(this.#vm.exports.qjs_get_exception());
  }

  #thrown(value: number): Thrown {
    const property = (name: string) => this.#vm.propertyText(value, name);
    const text = this.#vm.text(value);
    return text
      ? new Thrown(text, "")
      : new Thrown(`${property("name")}: ${property("message")}`, property("stack"));
  }

  #failure(error: unknown): BuildFailure {
    const base = { phase: this.#phase, stack: "", frames: [] as Frame[], askedBytes: 0 };
    if (error instanceof Thrown)
      return { ...base, reason: "threw", message: error.message, stack: error.guestStack };
    const pointers = {
      runtime: this.#vm.exports.qjs_get_runtime_ptr() >>> 0,
      context: this.#vm.exports.qjs_get_context_ptr() >>> 0,
    };
    const frames = readFrames(this.#vm.words, this.#vm.bytes, pointers);
    if (error instanceof ArenaAbort && (error.reason === "memory" || error.reason === "cpu")) {
      return { ...base, reason: error.reason, message: error.message, frames, askedBytes: error.askedBytes };
    }
    const message = error instanceof Error ? error.message : String(error);
    return {
      ...base,
      reason: error instanceof Error && error.name === "RuntimeError" ? "trapped" : "threw",
      message,
      frames,
    };
  }
}

/** Something the handler threw, as text. */
class Thrown extends Error {
  readonly guestStack: string;

  constructor(message: string, guestStack: string) {
    super(message);
    this.guestStack = guestStack;
  }
}
