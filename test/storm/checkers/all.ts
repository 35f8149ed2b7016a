// Every checker. Those in TIMED depend on the machine: a person looks at them, no test fails for them.
import type { Checker } from "../evidence.ts";
import { countersReconcile } from "./counters-reconcile.ts";
import { gatewaySound } from "./gateway-sound.ts";
import { innocentsInTime } from "./innocents-in-time.ts";
import { innocentsUnharmed } from "./innocents-unharmed.ts";
import { memoryInPlan } from "./memory-in-plan.ts";
import { noLeftovers } from "./no-leftovers.ts";
import { nobodyHangs } from "./nobody-hangs.ts";
import { nothingLost } from "./nothing-lost.ts";
import { oneLineEach } from "./one-line-each.ts";

export const CHECKERS: Readonly<Record<string, Checker>> = {
  "innocents are unharmed": innocentsUnharmed,
  "memory stays in the plan": memoryInPlan,
  "every request has one line": oneLineEach,
  "counters reconcile with the log": countersReconcile,
  "nothing is lost": nothingLost,
  "nothing is left over": noLeftovers,
  "nobody hangs": nobodyHangs,
  "the gateway is sound": gatewaySound,
};

export const TIMED: Readonly<Record<string, Checker>> = { "innocents are in time": innocentsInTime };
