import type { Checker } from "../evidence.ts";

/** Promise P4: nothing of one request is ever told to another. */
export const noLeftovers: Checker = ({ book }) => book.leaks;
