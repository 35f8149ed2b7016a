// The innocents as the storm's own thread sees them (innocent-worker.ts).
import { once } from "node:events";
import { Worker } from "node:worker_threads";

export type InnocentOrder =
  | { readonly kind: "begin"; readonly url: string }
  | { readonly kind: "storm" }
  | { readonly kind: "sabotage" }
  | { readonly kind: "end" };

export interface InnocentReport {
  readonly name: string;
  requests: number;
  /** Whatever was not exactly what it must be. */
  readonly errors: string[];
  /** Of each request before the storm, and within it. */
  readonly quietMs: number[];
  readonly stormyMs: number[];
}

export class Innocents {
  /** Their own upstream: a healthy one. */
  readonly upstreamUrl: string;
  readonly #worker: Worker;

  private constructor(worker: Worker, upstreamUrl: string) {
    this.#worker = worker;
    this.upstreamUrl = upstreamUrl;
  }

  static async start(): Promise<Innocents> {
    const worker = new Worker(new URL("./innocent-worker.ts", import.meta.url));
    const [url] = (await once(worker, "message")) as [string];
    return new Innocents(worker, url);
  }

  tell(order: InnocentOrder): void {
    this.#worker.postMessage(order);
  }

  async end(): Promise<InnocentReport[]> {
    this.tell({ kind: "end" });
    const [reports] = (await once(this.#worker, "message")) as [InnocentReport[]];
    return reports;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** The value that this part of them does not exceed; 0 of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
}
