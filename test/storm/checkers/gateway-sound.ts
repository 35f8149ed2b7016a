import type { Checker } from "../evidence.ts";

/** The process owns up to no mistake of its own, and stops in good order. */
export const gatewaySound: Checker = ({ ledger, errorText, exit }) => [
  ...ledger.faults.map((line) => `the gateway logged a fault: ${line}`),
  ...(errorText === "" ? [] : [`standard error has: ${errorText.slice(0, 1000)}`]),
  ...(exit.code === 0 ? [] : [`it ended with ${JSON.stringify(exit)}`]),
];
