// What `npm run bench:profile` makes of perf's report; the lines are perf's own.
import { expect, test } from "vitest";
import { PART_TITLES, partsOf } from "../bench/profile/parts.ts";
import { parseReport } from "../bench/profile/perf.ts";

const REPORT = `# Overhead|    Pid:Command        |Shared Object      |Symbol
 50.00% |   2285:WorkerThread   |[JIT] tid 2264     |[.] JS:wasm-function[92]-92-turbofan
 20.00% |   2285:WorkerThread   |libc.so.6          |[.] __memmove_avx512_unaligned_erms
 10.00% |   2264:node-MainThread|[kernel.kallsyms]  |[k] _raw_spin_unlock_irqrestore
 10.00% |   2264:node-MainThread|node               |[.] Builtins_StringAdd_CheckNone
 10.00% |   2270:node-V8Worker  |node               |[.] v8::internal::ConcurrentMarking::RunMajor
`;

test("a request's time is divided by thread and kind of work", () => {
  const parts = partsOf(parseReport(REPORT), 2264, 40);
  const named = Object.fromEntries(
    PART_TITLES.map((title, index) => [title, Number(parts[index]!.toFixed(6))]),
  );
  expect(Object.entries(named).filter(([, us]) => us !== 0)).toEqual([
    ["arena thread: the engine (wasm)", 20],
    ["arena thread: copying, the reset above all", 8],
    ["I/O thread: kernel (sockets, epoll, waking)", 4],
    ["I/O thread: JavaScript with its builtins", 4],
    ["V8's own threads (compiling, collecting)", 4],
  ]);
});

test("what is no sample is skipped", () => {
  expect(parseReport("# comment\n\nError:\nUnknown --sort key: `tid'\n")).toEqual([]);
});
