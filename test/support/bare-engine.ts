// An engine in an arena of its own, on the test's thread, without platform and handler.
import { outOfMemory } from "../../gateway/arena/abort.ts";
import { type Engine, loadEngine } from "../../gateway/arena/engine.ts";
import { PAGE_BYTES, STACK_LIMIT_BYTES, arenaLayout } from "../../gateway/arena/layout.ts";
import { Vm } from "../../gateway/arena/vm.ts";

let engine: Engine | undefined;

/** As a handler's arena: its stack limit is set, and what does not fit throws ArenaAbort. */
export function bootEngine(arenaBytes: number): Vm {
  engine ??= loadEngine();
  const pages = arenaBytes / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const images = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const host = {
    call: () => 0,
    interrupt() {},
    overflow: (_vm: Vm, more: number) => outOfMemory(more),
    rejected() {},
  };
  const vm = new Vm(engine, memory, images, arenaLayout(arenaBytes), host);
  vm.boot(engine);
  vm.exports.qjs_set_max_stack_size(STACK_LIMIT_BYTES);
  return vm;
}

/** The completion value of a script, as text; throws what it throws. */
export function evaluate(vm: Vm, code: string): string {
  const [source, file] = [vm.newText(code), vm.newText("test.js")];
  const value = vm.exports.qjs_eval(source.pointer, source.bytes, file.pointer, 0);
  if (vm.exports.qjs_is_exception(value)) throw new Error(vm.describe(vm.exports.qjs_get_exception()));
  const text = vm.describe(value);
  for (const pointer of [source.pointer, file.pointer]) vm.exports.free(pointer);
  vm.exports.qjs_free_value(value);
  return text;
}
