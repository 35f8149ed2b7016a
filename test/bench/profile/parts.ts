/** A request's CPU time in parts: which thread spends it on what. */
import type { FunctionShare } from "./perf.ts";

interface Part {
  title: string;
  has(share: FunctionShare, pid: number): boolean;
}

const isIo = ({ thread }: FunctionShare, pid: number) => thread === pid;
const isArena = ({ threadName }: FunctionShare) => threadName === "WorkerThread";
const isEngine = ({ name }: FunctionShare) => name.includes("wasm-function");
const isCopying = ({ name }: FunctionShare) => /^_*mem(move|set|cpy)/.test(name);
/** Compiled by V8, or one of the routines that it brings along. */
const isJavaScript = ({ file, name }: FunctionShare) =>
  file.startsWith("[JIT]") || name.startsWith("Builtins_");

/** A function belongs to the first part that has it. */
const PARTS: readonly Part[] = [
  { title: "arena thread: the engine (wasm)", has: (share) => isArena(share) && isEngine(share) },
  { title: "arena thread: copying, the reset above all", has: (share) => isArena(share) && isCopying(share) },
  { title: "arena thread: kernel (waiting and waking)", has: (share) => isArena(share) && share.inKernel },
  {
    title: "arena thread: JavaScript with its builtins",
    has: (share) => isArena(share) && isJavaScript(share),
  },
  { title: "arena thread: V8, Node and libc", has: isArena },
  {
    title: "I/O thread: kernel (sockets, epoll, waking)",
    has: (share, pid) => isIo(share, pid) && share.inKernel,
  },
  {
    title: "I/O thread: JavaScript with its builtins",
    has: (share, pid) => isIo(share, pid) && isJavaScript(share),
  },
  { title: "I/O thread: V8, Node and libc", has: isIo },
  { title: "V8's own threads (compiling, collecting)", has: () => true },
];

export const PART_TITLES = PARTS.map(({ title }) => title);

/** In the order of PART_TITLES: of `us` microseconds a request, what each part takes. */
export function partsOf(shares: readonly FunctionShare[], pid: number, us: number): number[] {
  const all = shares.reduce((sum, { share }) => sum + share, 0);
  const parts = PARTS.map(() => 0);
  for (const share of shares) {
    const index = PARTS.findIndex(({ has }) => has(share, pid));
    parts[index]! += (share.share / all) * us;
  }
  return parts;
}
