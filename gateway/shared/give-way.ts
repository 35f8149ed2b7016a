/**
 * Lets this thread give way to the process's other threads when processors are short, where the kernel has a priority for each
 * thread (Linux: setpriority(2) takes a thread's id). To give way needs no privilege; to take it back would.
 */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/** For what nobody waits for who has sent a request: reading and bundling of what is to serve next. */
export const ASIDE_NICE = 10;

/** `nice`: 1 to 19; a thread of nice 10 has a tenth of the weight of one of nice 0 (sched(7)). What it starts from now on inherits it. */
export function giveWay(nice: number): void {
  try {
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), nice);
  } catch {
    // Elsewhere threads are alike.
  }
}
