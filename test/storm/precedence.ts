// Who has the processors first: clients are elsewhere, as a rule, and share none with the gateway. What innocents wait for one of
// their own is not its doing, and what the storm's clients compute is not meant to take any away from it.
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

/**
 * The process's first thread has a processor whenever it has something to do (SCHED_FIFO; its other threads are not touched). That
 * takes a privilege; where we have none it waits like everybody, and that is said.
 */
export function goFirst(pid: number): void {
  try {
    execFileSync("chrt", ["--fifo", "--pid", "1", String(pid)], { stdio: "ignore" });
  } catch {
    console.info("the innocents share the processors with everybody: no SCHED_FIFO here");
  }
}
