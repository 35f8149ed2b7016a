// Lets this process take only what the others leave of the processors.
import { execFileSync } from "node:child_process";
import { setPriority } from "node:os";

/** As much as there is: a seventieth of the weight of a thread that does not give way (sched(7)). */
const MOST_NICE = 19;

/**
 * All its threads, and those that it starts from now on. Where the kernel knows the policy SCHED_IDLE (sched(7)) whoever wakes up on
 * their processor gets it at once; with a nice value he waits for the next tick now and then, 4 ms. To stand back needs no
 * privilege.
 */
export function standBack(): void {
  try {
    execFileSync("chrt", ["--all-tasks", "--idle", "--pid", "0", String(process.pid)]);
  } catch {
    setPriority(MOST_NICE);
  }
}
