import type { Checker } from "../evidence.ts";
import { percentile } from "../innocents.ts";

const MOST_TIMES = 3;

/**
 * Quiet counts as no quieter than this. The storm's own clients take half of a machine with two processors, and a thread that wakes
 * up there waits for a slice of the kernel's now and then (up to 4 ms with ticks of 250 Hz, `perf sched`), whatever the gateway does;
 * a request's way wakes four threads, one after the other.
 */
const QUIETEST_MS = 5;

/** Promise P2: no visible delay. Timed, so it only counts where somebody watches a machine of its own. */
export const innocentsInTime: Checker = ({ innocents }) =>
  innocents.flatMap(({ name, quietMs, stormyMs }) => {
    const [quiet, stormy] = [percentile(quietMs, 0.99), percentile(stormyMs, 0.99)];
    if (stormy <= MOST_TIMES * Math.max(quiet, QUIETEST_MS)) return [];
    return [
      `innocent ${name} waits ${stormy.toFixed(1)} ms (p99), over ${MOST_TIMES} x ${quiet.toFixed(1)} ms in quiet`,
    ];
  });
