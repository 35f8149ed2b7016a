/**
 * CPU time of a server by thread, children included: nanoseconds from the kernel's scheduler (schedstat, see
 * Documentation/scheduler/sched-stats.rst). A thread that ended between two readings is lost, which concerns no
 * server here while it is under load.
 */
import { readProc, threadsOf, treeOf } from "./process-tree.ts";

/** "io": the first thread of the process we started; "arena": Node's workers; "other": compilers, pools, children. */
export type ThreadGroup = "io" | "arena" | "other";

export interface CpuTime {
  io: number;
  arena: number;
  other: number;
}

export type CpuReading = ReadonlyMap<string, { group: ThreadGroup; us: number }>;

const WORKER_NAME = "WorkerThread";

export function readCpu(root: number): CpuReading {
  const reading = new Map<string, { group: ThreadGroup; us: number }>();
  for (const pid of treeOf(root)) {
    for (const tid of threadsOf(pid)) {
      const ns = Number.parseInt(readProc(`${pid}/task/${tid}/schedstat`), 10);
      if (Number.isNaN(ns)) continue;
      reading.set(`${pid}/${tid}`, { group: groupOf(root, pid, tid), us: ns / 1000 });
    }
  }
  return reading;
}

/** Microseconds used between two readings; null where the kernel does not tell. */
export function cpuBetween(before: CpuReading, after: CpuReading): CpuTime | null {
  if (after.size === 0) return null;
  const time: CpuTime = { io: 0, arena: 0, other: 0 };
  for (const [thread, { group, us }] of after) time[group] += us - (before.get(thread)?.us ?? 0);
  return time;
}

export function totalUs({ io, arena, other }: CpuTime): number {
  return io + arena + other;
}

function groupOf(root: number, pid: number, tid: number): ThreadGroup {
  if (tid === root) return "io";
  return readProc(`${pid}/task/${tid}/comm`).trim() === WORKER_NAME ? "arena" : "other";
}

const US_PER_TICK = 10_000;

/** Time that the processors of a list were busy, whoever used them, in steps of 10 ms; null where unknown. */
export function busyUs(cpus: string | null): number | null {
  if (cpus === null) return null;
  const stat = readProc("stat");
  let ticks = 0;
  for (const cpu of cpus.split(",")) {
    const line = new RegExp(`^cpu${cpu} (.*)$`, "m").exec(stat)?.[1];
    if (line === undefined) return null;
    // user nice system idle iowait irq softirq steal
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(" ").map(Number);
    ticks += user + nice + system + irq + softirq + steal;
  }
  return ticks * US_PER_TICK;
}
