/**
 * The process that serves is started with V8's heap capped to the plan's terms. The caps depend on the configuration and
 * can only be given on the command line, so the process that has read the configuration replaces itself (execve: same
 * process id, same files) with one that has them.
 */
import { constants, enableCompileCache } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { HeapLimits } from "./plan.ts";

/**
 * glibc gives every thread a memory pool of its own and returns little of it; two are enough for a process whose threads
 * allocate almost nothing. What is large (the optimizing compiler's workspace, bodies) gets pages of its own and gives
 * them back: 17 MiB less at rest, and without a measurable cost (test/bench/memory.ts).
 */
const ENVIRONMENT = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "65536",
  // From 2 KiB on glibc copies with `rep movsb`, which some processors do at a tenth of the speed when source and target are
  // aligned differently (10 KB on a virtual AMD EPYC: 2.8 us, by vectors 0.1). Its vectors are as fast everywhere.
  GLIBC_TUNABLES: "glibc.cpu.x86_rep_movsb_threshold=0x40000000",
  // For esbuild, which is written in Go: collect garbage rather than grow.
  GOMEMLIMIT: "24MiB",
} as const;

const OLD_SPACE = "--max-old-space-size";
const SEMI_SPACE = "--max-semi-space-size";
/**
 * The engine's hot functions are optimized after a tenth of a second of work instead of after ten: the interpreter
 * loop runs two to four times as fast then (test/bench/micro.ts). V8's default is 13,000,000.
 */
export const EARLY_OPTIMIZATION = "--wasm-tiering-budget=100000";

/** Compiled modules are kept between starts: a third of the start time, and no TypeScript parser in memory. */
export function cacheCompiledCode(): void {
  const { status } = enableCompileCache(
    process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), "nea-compile-cache"),
  );
  // A read-only file system is no fault: the gateway only starts slower.
  if (status === constants.compileCacheStatus.FAILED) return;
}

/** Whether this process was started with a capped heap, by us or by somebody who wants other caps. */
export function heapIsCapped(): boolean {
  const options = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`;
  return options.includes(OLD_SPACE);
}

/**
 * The caps on the command line are for this thread's heap, which has them by now. Left there, V8 would give them to every
 * thread that is started from here on, whatever its `resourceLimits` say.
 */
export function keepCapsToThisThread(): void {
  setFlagsFromString(`${OLD_SPACE}=0`);
  setFlagsFromString(`${SEMI_SPACE}=0`);
}

/** Does not return. */
export function relaunch({ oldSpaceMib, semiSpaceMib }: HeapLimits): never {
  const flags = [`${OLD_SPACE}=${oldSpaceMib}`, `${SEMI_SPACE}=${semiSpaceMib}`, EARLY_OPTIMIZATION];
  const [node, ...rest] = process.argv as [string, ...string[]];
  return process.execve!(process.execPath, [node, ...process.execArgv, ...flags, ...rest], {
    ...process.env,
    ...ENVIRONMENT,
  });
}
