/** The other end of load-aside.ts: loads one configuration, says what came of it, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { ConfigError } from "./faults.ts";
import type { Loaded } from "./load-aside.ts";
import { loadConfig } from "./load.ts";

function load(file: string): Loaded {
  try {
    return { config: loadConfig(file) };
  } catch (error) {
    if (error instanceof ConfigError) return { faults: error.faults };
    throw error;
  }
}

parentPort!.postMessage(load(workerData as string));
