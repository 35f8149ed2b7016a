/** One gateway from its spawn to the line that says where it listens, and after that at rest. */
import { readCpu, cpuBetween, totalUs } from "../measure/cpu.ts";
import { readProc, threadsOf } from "../measure/process-tree.ts";
import { residentBytes } from "../measure/resident.ts";
import { ServerProcess } from "../measure/server-process.ts";

export interface StartTimes {
  /** Until it prints its plan: the process has replaced itself and its configuration is checked. */
  readonly planMs: number;
  /** Until it listens, on both ports. */
  readonly readyMs: number;
  /** CPU time until then, of ended threads and of esbuild as well where it has ended; in steps of 10 ms. */
  readonly cpuMs: number;
}

export interface Rest {
  /** CPU time of all threads, milliseconds a second. */
  readonly cpuMs: number;
  readonly wakeUpsPerSecond: number;
  readonly residentBytes: number;
}

const PLAN = /^ *sum /m;
const READY = /^ *admin +http/m;
const MS_PER_TICK = 10;

export async function timeStart(
  args: readonly string[],
  cpus: string | null,
  env: NodeJS.ProcessEnv = {},
): Promise<StartTimes & { server: ServerProcess }> {
  const sinceMs = performance.now();
  const server = ServerProcess.spawn(process.execPath, args, { cpus, env });
  let planMs = NaN;
  let text = "";
  const readyMs = await new Promise<number>((resolve, reject) => {
    server.child.once("exit", () => reject(new Error(`it ended: ${server.output}`)));
    server.child.stdout!.on("data", (chunk: Buffer) => {
      text += String(chunk);
      const nowMs = performance.now() - sinceMs;
      if (Number.isNaN(planMs) && PLAN.test(text)) planMs = nowMs;
      if (READY.test(text)) resolve(nowMs);
    });
  });
  return { planMs, readyMs, cpuMs: cpuMsOf(server.pid), server };
}

export async function watchRest(pid: number, settleMs: number, watchMs: number): Promise<Rest> {
  await pause(settleMs);
  const [cpu, wakeUps] = [readCpu(pid), wakeUpsOf(pid)];
  await pause(watchMs);
  const used = cpuBetween(cpu, readCpu(pid));
  const seconds = watchMs / 1000;
  return {
    cpuMs: used ? totalUs(used) / 1000 / seconds : NaN,
    wakeUpsPerSecond: (wakeUpsOf(pid) - wakeUps) / seconds,
    residentBytes: residentBytes(pid),
  };
}

/** proc(5), /proc/pid/stat: utime, stime, and those of children that were waited for. */
function cpuMsOf(pid: number): number {
  const fields = readProc(`${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * MS_PER_TICK;
}

function wakeUpsOf(pid: number): number {
  const pattern = /^voluntary_ctxt_switches:\s+(\d+)/m;
  return threadsOf(pid).reduce(
    (sum, tid) => sum + Number(pattern.exec(readProc(`${pid}/task/${tid}/status`))?.[1] ?? 0),
    0,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
