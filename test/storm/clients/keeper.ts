// Leaves its secret in an arena in one of many ways, and then reads what it is told in return.
import { visit, type Client } from "./visit.ts";

const ENDS = ["", "", "", "overflow", "spin", "native", "derive", "throw", "wait", "trap"];
/** Takes its thread with it: one visit in so many, as any other of the hostile handlers. */
const WRAPS = 50;

/** Its route fails, runs it again in larger arenas, or rests and goes upstream. */
const PATHS = ["/keeper", "/keeper", "/retried", "/resting"];

export const keeper: Client = async (site, random) =>
  visit(site, `${random.pick(PATHS)}?end=${random.below(WRAPS) === 0 ? "wrap" : random.pick(ENDS)}`);
