import type { Checker } from "../evidence.ts";
import { delayOf, percentile } from "../innocents.ts";

/** In the storm an innocent may wait so many times as long as in quiet... */
const MOST_TIMES = 3;

/**
 * Promise P2: no visible delay. ...or as many times as somebody whose request passes through as many threads of a server that has
 * nothing to do with the gateway: the storm takes processors from everybody on the machine. Timed, so it only counts where
 * somebody watches.
 */
export const innocentsInTime: Checker = ({ innocents, bystanders }) =>
  innocents.flatMap((one) => {
    const like = bystanders.find(({ name }) => name === one.like);
    const elsewhere = like ? delayOf(like) : 0;
    const delay = delayOf(one);
    if (delay <= Math.max(MOST_TIMES, elsewhere)) return [];
    const [quiet, stormy] = [percentile(one.quietMs, 0.99), percentile(one.stormyMs, 0.99)];
    const times = `${stormy.toFixed(1)} ms (p99), ${delay.toFixed(1)} x ${quiet.toFixed(1)} ms in quiet`;
    return [`innocent ${one.name} waits ${times}; elsewhere it is ${elsewhere.toFixed(1)} x (${one.like})`];
  });
