/**
 * Loads a configuration while the gateway serves another one: on a thread of its own, because reading and checking a long
 * file takes more time than requests may be kept waiting, and more memory than the I/O thread's heap has to spare.
 *
 * Owner: the reloader. Bound: one thread at a time with a heap of HEAP_MIB, which is gone before the bundler starts, in
 * whose term of the plan it fits. When the heap is full, that is the configuration's fault, like any other.
 */
import { Worker } from "node:worker_threads";
import { ASIDE_NICE, startGivingWay } from "../shared/give-way.ts";
import { ConfigError, type Fault } from "./faults.ts";
import { plain } from "./plain.ts";
import type { GatewayConfig } from "./types.ts";

/** A thousand routes take 42 MiB. With the young generation's three spaces it stays below PROCESS.bundlerBytes. */
const HEAP_MIB = 44;
const YOUNG_MIB = 1;

const CODE = new URL("./load-worker.ts", import.meta.url);

export type Loaded = { readonly config: GatewayConfig } | { readonly faults: readonly Fault[] };

/** Throws ConfigError, with every fault there is. */
export async function loadConfigAside(file: string): Promise<GatewayConfig> {
  const options = {
    name: "config",
    workerData: file,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_MIB },
  };
  const worker = startGivingWay(ASIDE_NICE, () => new Worker(CODE, options));
  try {
    const loaded = await answerOf(worker, file);
    if ("faults" in loaded) throw new ConfigError(loaded.faults);
    return plain(loaded.config);
  } finally {
    await worker.terminate();
  }
}

function answerOf(worker: Worker, file: string): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooLarge(file) : error);
    });
  });
}

function tooLarge(file: string): ConfigError {
  const problem = `takes more than ${HEAP_MIB} MiB to check, which is too much for a gateway that is running`;
  return new ConfigError([{ file, line: 1, column: 1, key: "", problem }]);
}
