/**
 * The process that serves is started with V8's heap capped to the plan's terms. The caps depend on the configuration and
 * can only be given on the command line, so the process that has read the configuration replaces itself (execve: same
 * process id, same files) with one that has them.
 */
import { enableCompileCache, flushCompileCache } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
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
const V8_POOL = "--v8-pool-size";

/**
 * Compiled modules are kept between starts, beside the sources: half of the time that they take to load, and no TypeScript
 * parser in memory. Code from there is run as it is, so it must be nowhere that somebody else may write (as /tmp is);
 * who can write here can change the sources as well. Node keeps one directory per user id in it.
 */
const COMPILED = process.env.NODE_COMPILE_CACHE || fileURLToPath(new URL("../.compiled", import.meta.url));

/** A read-only file system is no fault: the gateway only starts slower. */
export function cacheCompiledCode(): void {
  enableCompileCache(COMPILED);
}

/** Whether this process was started with a capped heap, by us or by somebody who wants other caps. */
export function heapIsCapped(): boolean {
  return isGiven(OLD_SPACE);
}

function isGiven(option: string): boolean {
  return `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`.includes(option);
}

/**
 * The caps on the command line are for this thread's heap, which has them by now. Left there, V8 would give them to every
 * thread that is started from here on, whatever its `resourceLimits` say.
 */
export function keepCapsToThisThread(): void {
  setFlagsFromString(`${OLD_SPACE}=0`);
  setFlagsFromString(`${SEMI_SPACE}=0`);
}

/**
 * V8's threads, which compile and collect garbage for all others: one fewer than there are processors, so that they leave one to the
 * I/O thread. On two processors what is proxied waits 7 to 8 ms in the storm (p99) with four of them, which is
 * Node's default, and 6 with one.
 */
const V8_THREADS = Math.max(1, Math.min(4, availableParallelism() - 1));

/** Does not return. `environment` is for the new process, besides this one's. */
export function relaunch(
  { oldSpaceMib, semiSpaceMib }: HeapLimits,
  environment: Readonly<Record<string, string>> = {},
): never {
  // Nothing else saves it: this process does not come to its end.
  flushCompileCache();
  const flags = [
    ...(isGiven(V8_POOL) ? [] : [`${V8_POOL}=${V8_THREADS}`]),
    `${OLD_SPACE}=${oldSpaceMib}`,
    `${SEMI_SPACE}=${semiSpaceMib}`,
  ];
  const [node, ...rest] = process.argv as [string, ...string[]];
  return process.execve!(process.execPath, [node, ...process.execArgv, ...flags, ...rest], {
    ...process.env,
    ...ENVIRONMENT,
    // From the first module on: without it Node's TypeScript parser is started for the first few, which takes 40 ms.
    NODE_COMPILE_CACHE: COMPILED,
    ...environment,
  });
}
