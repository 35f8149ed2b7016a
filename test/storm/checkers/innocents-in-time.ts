import type { Checker } from "../evidence.ts";
import { type InnocentReport, delayOf, p99Of } from "../innocents.ts";

/** In the storm an innocent may wait so many times as long as in quiet... */
const MOST_TIMES = 3;

/**
 * Promise P2: no visible delay. ...and beyond that as much longer as somebody whose request passes through as many threads of a
 * server that has nothing to do with the gateway: the storm takes processors from everybody on the machine, and to wait for one
 * takes as long for a short request as for a long one. On a machine where that server is no slower than in quiet, nothing is
 * added. Timed, so it only counts where somebody watches.
 */
export const innocentsInTime: Checker = ({ innocents, bystanders }) =>
  innocents.flatMap((one) => {
    const like = bystanders.find(({ name }) => name === one.like);
    const elsewhereMs = like ? laterMs(like) : 0;
    const [quietMs, stormyMs] = [p99Of(one.quietMs), p99Of(one.stormyMs)];
    const mostMs = MOST_TIMES * quietMs + elsewhereMs;
    if (stormyMs <= mostMs) return [];
    const times = `${stormyMs.toFixed(1)} ms (p99), ${delayOf(one).toFixed(1)} x ${quietMs.toFixed(1)} ms in quiet`;
    const allowed = `${MOST_TIMES} x that and the ${elsewhereMs.toFixed(1)} ms that it is later elsewhere (${one.like})`;
    return [`innocent ${one.name} waits ${times}; allowed are ${mostMs.toFixed(1)}: ${allowed}`];
  });

/** By how much its 99th percentile is longer in the storm than in quiet. */
const laterMs = ({ stormyMs, quietMs }: InnocentReport) => Math.max(0, p99Of(stormyMs) - p99Of(quietMs));
