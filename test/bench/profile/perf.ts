/** `perf` (Debian package linux-perf) on a running server, and what its samples say. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

/** Of all samples, the part that fell into one function of one thread. */
export interface FunctionShare {
  thread: number;
  /** Of the thread, as the kernel has it. */
  threadName: string;
  /** The file that the code is from; `[JIT] tid N` for what V8 has compiled. */
  file: string;
  name: string;
  inKernel: boolean;
  /** 0 to 1. */
  share: number;
}

const run = promisify(execFile);
/** No divisor of the kernel's tick, so that what happens at ticks is not seen always or never. */
const HERTZ = 4999;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

export function hasPerf(): boolean {
  return spawnSync("perf", ["--version"], { stdio: "ignore" }).status === 0;
}

/**
 * Samples by processor time (cpu-clock, which virtual machines have as well), for so many seconds, kept in `file`. Throws when
 * nothing is found in what perf reports, as after a change of its form.
 */
export async function recordPerf(pid: number, seconds: number, file: string): Promise<FunctionShare[]> {
  const what = ["-e", "cpu-clock", "-F", String(HERTZ), "-p", String(pid), "-o", file];
  await run("perf", ["record", ...what, "--", "sleep", String(seconds)]);
  const form = ["--sort", "pid,dso,sym", "--field-separator", "|", "--stdio", "--no-children"];
  const { stdout } = await run("perf", ["report", "-i", file, ...form], { maxBuffer: MOST_OUTPUT_BYTES });
  const shares = parseReport(stdout);
  if (shares.length === 0)
    throw new Error(`perf reports no sample that can be read: ${stdout.slice(0, 300)}`);
  return shares;
}

/** Lines such as `12.34% |  421:MainThread|libc.so.6  |[.] __send`; [k] is the kernel's. */
export function parseReport(text: string): FunctionShare[] {
  return text.split("\n").flatMap((line) => {
    const [, percent, thread, threadName, file, kind, name] =
      /^\s*([\d.]+)%\s*\|\s*(\d+):(.*?)\s*\|(.*?)\s*\|\[(.)\] (.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) return [];
    const inKernel = kind === "k";
    return [
      {
        thread: Number(thread),
        threadName: threadName!,
        file: file!,
        name,
        inKernel,
        share: Number(percent) / 100,
      },
    ];
  });
}
