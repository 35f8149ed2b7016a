import type { Checker } from "../evidence.ts";

/** A request that came whole ends in an answer or with its connection, and answers are HTTP by the letter. */
export const nobodyHangs: Checker = ({ book, upstreamFaults }) => [
  ...book.hung,
  ...book.malformed,
  ...upstreamFaults.map((fault) => `an upstream got what is no HTTP: ${fault}`),
];
