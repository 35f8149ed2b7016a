import type { Checker } from "../evidence.ts";
import { percentile } from "../innocents.ts";

const MOST_TIMES = 3;

/** Promise P2: no visible delay. Timed, so it only counts where somebody watches a machine of its own. */
export const innocentsInTime: Checker = ({ innocents }) =>
  innocents.flatMap(({ name, quietMs, stormyMs }) => {
    const [quiet, stormy] = [percentile(quietMs, 0.99), percentile(stormyMs, 0.99)];
    if (stormy <= MOST_TIMES * quiet) return [];
    return [
      `innocent ${name} waits ${stormy.toFixed(1)} ms (p99), over ${MOST_TIMES} x ${quiet.toFixed(1)} ms in quiet`,
    ];
  });
