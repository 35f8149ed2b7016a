/**
 * Lets threads give way to the process's other threads when processors are short, where the kernel has a priority for each
 * thread (Linux: setpriority(2) takes a thread's id). To give way needs no privilege; to take it back would.
 *
 * A `nice` of 1 to 19: a thread of nice 4 has two fifths of the weight of one of nice 0, one of nice 10 a tenth (sched(7)).
 */
import { readFileSync, readdirSync } from "node:fs";
import { setPriority } from "node:os";

const TASKS = "/proc/self/task";

/**
 * For threads that requests need, but not all of them: everybody waits for the I/O thread. Over five seeds of the storm what is
 * proxied waits 9 to 13 ms (p99) with that, 11 to 14 ms without.
 */
export const BEHIND_IO_NICE = 4;

/** For what nobody waits for who has sent a request: reading and bundling of what is to serve next. */
export const ASIDE_NICE = 10;

/**
 * Calls `start`, and lets the threads that it has started give way, and whatever they start. A worker's thread is there when its
 * constructor returns: it gives way while it makes its isolate as well, which takes 10 ms when nobody is in its way.
 */
export function startGivingWay<T>(nice: number, start: () => T): T {
  let before: string[] = [];
  whereThreadsDiffer(() => (before = readdirSync(TASKS)));
  const started = start();
  if (before.length === 0) return started;
  whereThreadsDiffer(() => {
    for (const id of readdirSync(TASKS)) if (!before.includes(id)) setPriority(Number(id), nice);
  });
  return started;
}

/** V8's own threads, which compile and collect garbage for all others of the process. */
export function v8ThreadsGiveWay(nice: number): void {
  whereThreadsDiffer(() => {
    for (const id of readdirSync(TASKS)) {
      const name = readFileSync(`${TASKS}/${id}/comm`, "latin1").trimEnd();
      if (name.endsWith("V8Worker")) setPriority(Number(id), nice);
    }
  });
}

/** Nobody writes it, and nobody wakes who waits for it. */
const NOTHING = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Shorter than the kernel's timers are precise (PR_SET_TIMERSLACK of prctl(2), 50 us), and long enough not to be over at once. */
const SHORTEST_SLEEP_MS = 0.01;

/**
 * Sleeps as short as a thread can, 0.1 ms, so that the kernel chooses anew who has the processor. Whoever wakes up there
 * does not always get it from a thread that gives way: that one keeps it to the end of its slice, which is looked at each tick
 * (4 ms; kernel/sched/fair.c, protect_slice). For threads that compute for long: V8 has one mutex for all who wait like this.
 */
export function stepAside(): void {
  Atomics.wait(NOTHING, 0, 0, SHORTEST_SLEEP_MS);
}

/** Elsewhere all threads of a process are alike. */
function whereThreadsDiffer(change: () => void): void {
  try {
    change();
  } catch {
    // No /proc, or not one that we may use.
  }
}
