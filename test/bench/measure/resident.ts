/** Resident memory of a server and its children, from outside (proc(5)). */
import { readProc, treeOf } from "./process-tree.ts";

/** The sum of the highest resident sizes (VmHWM); an upper bound, as they need not have been reached together. */
export function peakBytes(pid: number): number {
  return sumOf(pid, "VmHWM");
}

export function residentBytes(pid: number): number {
  return sumOf(pid, "VmRSS");
}

function sumOf(pid: number, field: string): number {
  const pattern = new RegExp(`^${field}:\\s+(\\d+) kB`, "m");
  return treeOf(pid).reduce((sum, one) => {
    return sum + Number(pattern.exec(readProc(`${one}/status`))?.[1] ?? 0) * 1024;
  }, 0);
}
