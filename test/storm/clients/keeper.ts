// Leaves its secret in an arena in one of many ways, and then reads what it is told in return.
import { visit, type Client } from "./visit.ts";

const ENDS = ["", "", "", "overflow", "spin", "native", "throw", "wait", "trap"];

export const keeper: Client = async (site, random) => visit(site, `/keeper?end=${random.pick(ENDS)}`);
