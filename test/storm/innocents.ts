// The innocents as the storm's own thread sees them (innocent-worker.ts).
import { once } from "node:events";
import { Worker } from "node:worker_threads";

export type InnocentOrder =
  | { readonly kind: "begin"; readonly url: string; readonly bystanderUrl: string }
  | { readonly kind: "storm" }
  | { readonly kind: "sabotage" }
  | { readonly kind: "end" };

export interface InnocentReport {
  readonly name: string;
  /** The bystander whose requests pass through as many threads; of a bystander its own name. */
  readonly like: string;
  requests: number;
  /** Whatever was not exactly what it must be. */
  readonly errors: string[];
  /** Of each request before the storm, and within it. */
  readonly quietMs: number[];
  readonly stormyMs: number[];
}

/** What the server that has nothing to do with the gateway says. */
export const BYSTANDER_ANSWER = "hello";

export interface InnocentReports {
  readonly innocents: InnocentReport[];
  /** Those who ask a server that has nothing to do with the gateway (bystander.ts). */
  readonly bystanders: InnocentReport[];
}

export class Innocents {
  /** Their own upstream: a healthy one. */
  readonly upstreamUrl: string;
  readonly #worker: Worker;
  readonly #bystander: Worker;
  readonly #bystanderUrl: string;

  private constructor([worker, upstreamUrl]: Started, [bystander, bystanderUrl]: Started) {
    this.#worker = worker;
    this.upstreamUrl = upstreamUrl;
    this.#bystander = bystander;
    this.#bystanderUrl = bystanderUrl;
    bystander.postMessage(upstreamUrl);
  }

  static async start(): Promise<Innocents> {
    return new Innocents(await started("./innocent-worker.ts"), await started("./bystander.ts"));
  }

  /** They ask the gateway at this address, one after the other, until the end. */
  begin(url: string): void {
    this.tell({ kind: "begin", url, bystanderUrl: this.#bystanderUrl });
  }

  tell(order: InnocentOrder): void {
    this.#worker.postMessage(order);
  }

  async end(): Promise<InnocentReports> {
    this.tell({ kind: "end" });
    const [reports] = (await once(this.#worker, "message")) as [InnocentReports];
    return reports;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#worker.terminate(), this.#bystander.terminate()]);
  }
}

type Started = readonly [worker: Worker, url: string];

/** A thread that says where it listens. */
async function started(file: string): Promise<Started> {
  const worker = new Worker(new URL(file, import.meta.url));
  const [url] = (await once(worker, "message")) as [string];
  return [worker, url];
}

/** How many times as long the 99th percentile is in the storm as in quiet. */
export function delayOf({ stormyMs, quietMs }: InnocentReport): number {
  return percentile(stormyMs, 0.99) / percentile(quietMs, 0.99);
}

/** The value that this part of them does not exceed; 0 of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
}
