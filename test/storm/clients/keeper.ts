// Leaves its secret in an arena in one of many ways, and then reads what it is told in return.
import { visit, type Client } from "./visit.ts";

const ENDS = ["", "", "", "overflow", "spin", "native", "derive", "throw", "wait", "trap"];

/** Its route fails, runs it again in larger arenas, or rests and goes upstream. */
const PATHS = ["/keeper", "/keeper", "/retried", "/resting"];

export const keeper: Client = async (site, random) =>
  visit(site, `${random.pick(PATHS)}?end=${random.pick(ENDS)}`);
