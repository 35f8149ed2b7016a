// Everything that a storm leaves behind for the checkers (checkers/): they look at nothing else.
import type { Exposition } from "../support/exposition.ts";
import type { Exit } from "../support/gateway-process.ts";
import type { Book } from "./book.ts";
import type { InnocentReport } from "./innocents.ts";
import type { Ledger } from "./ledger.ts";
import type { Standing } from "./standing.ts";

export interface Evidence {
  readonly book: Book;
  readonly ledger: Ledger;
  readonly innocents: readonly InnocentReport[];
  /** Who asks a server that has nothing to do with the gateway. */
  readonly bystanders: readonly InnocentReport[];
  readonly memory: { readonly plannedBytes: number; readonly peakBytes: number };
  /** Before the first and after the last client. */
  readonly before: Standing;
  readonly after: Standing;
  /** When the last client had left and everything had ended. */
  readonly metrics: Exposition;
  readonly exit: Exit;
  readonly errorText: string;
  /** Of the troubled upstream: requests that were no HTTP. */
  readonly upstreamFaults: readonly string[];
  /** Processes that the kernel killed for want of memory; undefined without a cgroup. */
  readonly kills: number | undefined;
}

/** What is wrong, one sentence each; none: nothing is. */
export type Checker = (evidence: Evidence) => string[];
