// How often threads leave their processor of their own accord, as Linux counts it (proc_pid_status(5)).
import { existsSync, readFileSync } from "node:fs";

export const COUNTS_SWITCHES = existsSync("/proc/thread-self/status");

/** Of the thread whose entry in /proc this is; by default of the one that asks. */
export function voluntarySwitches(task = "/proc/thread-self"): number {
  const status = readFileSync(`${task}/status`, "latin1");
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)![1]);
}
