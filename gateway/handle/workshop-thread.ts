/**
 * A workbench in a thread of its own, for a gateway that serves: esbuild asks for each file that it reads, which is work for whoever
 * started it, and when its process ends that thread has to wait until the kernel has cleared up after it. While others read
 * about that process in /proc (whoever watches memory does) this took up to seven seconds in the storm.
 *
 * Owner: a reload. Bound: one thread at a time with a heap of HEAP_MIB, and esbuild's process.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { ASIDE_NICE, startGivingWay } from "../shared/give-way.ts";
import { BundleError, type HandlerFault } from "./bundle.ts";
import type { Workbench } from "./workshop.ts";

/** A handler of BUNDLE_SOURCE_BYTES takes between 10 and 12 MiB, with its source map (Node 26.10). */
const HEAP_MIB = 16;
const YOUNG_MIB = 1;

const CODE = new URL("./workshop-worker.ts", import.meta.url);

/** Told to the thread; null: nothing more will come. */
export type Order = { readonly bundle: string } | { readonly script: readonly string[] } | null;

/** What came of an order; they are answered in their order. */
export type Delivered =
  | { readonly made: unknown }
  | { readonly faults: HandlerFault[] }
  /** Neither the handler's fault nor expected. */
  | { readonly error: unknown };

interface Waiting {
  resolve(made: unknown): void;
  reject(error: unknown): void;
}

export class WorkbenchThread implements Workbench {
  /** From the first order to its end: a configuration without handlers needs none. */
  #worker: Worker | undefined;
  readonly #waiting: Waiting[] = [];

  bundle(file: string): ReturnType<Workbench["bundle"]> {
    return this.#order({ bundle: file }) as ReturnType<Workbench["bundle"]>;
  }

  script(features: readonly string[]): Promise<string> {
    return this.#order({ script: features }) as Promise<string>;
  }

  /** When this resolves, thread and process are gone, and the next reload may have theirs. */
  async close(): Promise<void> {
    if (!this.#worker) return;
    const exited = once(this.#worker, "exit");
    this.#worker.postMessage(null satisfies Order);
    await exited;
  }

  #order(order: Order): Promise<unknown> {
    this.#worker ??= this.#start();
    this.#worker.postMessage(order);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #start(): Worker {
    const options = {
      name: "workshop",
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_MIB },
    };
    // esbuild's process inherits it.
    const worker = startGivingWay(ASIDE_NICE, () => new Worker(CODE, options));
    worker.on("message", (delivered: Delivered) => this.#take(delivered));
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => this.#fail(new Error("the thread that bundles handlers has ended")));
    return worker;
  }

  #take(delivered: Delivered): void {
    const { resolve, reject } = this.#waiting.shift()!;
    if ("made" in delivered) resolve(delivered.made);
    else reject("faults" in delivered ? new BundleError(delivered.faults) : delivered.error);
  }

  /** The thread is gone; whoever asks again gets another one. */
  #fail(error: unknown): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
