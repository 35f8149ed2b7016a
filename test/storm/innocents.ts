// The innocents as the storm sees them (innocent-process.ts).
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { goFirst } from "./precedence.ts";

export type InnocentOrder =
  | { readonly kind: "begin"; readonly url: string; readonly bystanderUrl: string }
  | { readonly kind: "quiet" }
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
  /** Of each request in the quiet before the storm, and within it. */
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
  readonly #process: ChildProcess;
  readonly #bystander: ChildProcess;
  readonly #bystanderUrl: string;

  private constructor([child, upstreamUrl]: Started, [bystander, bystanderUrl]: Started) {
    this.#process = child;
    this.upstreamUrl = upstreamUrl;
    this.#bystander = bystander;
    this.#bystanderUrl = bystanderUrl;
    bystander.send(upstreamUrl);
  }

  static async start(): Promise<Innocents> {
    const innocents = await started("./innocent-process.ts");
    goFirst(innocents[0].pid!);
    return new Innocents(innocents, await started("./bystander.ts"));
  }

  /** They ask the gateway at this address, one after the other, until the end. */
  begin(url: string): void {
    this.tell({ kind: "begin", url, bystanderUrl: this.#bystanderUrl });
  }

  tell(order: InnocentOrder): void {
    this.#process.send(order);
  }

  async end(): Promise<InnocentReports> {
    this.tell({ kind: "end" });
    return said<InnocentReports>(this.#process);
  }

  async stop(): Promise<void> {
    await Promise.all([gone(this.#process), gone(this.#bystander)]);
  }
}

type Started = readonly [child: ChildProcess, url: string];

/** A process that says where it listens. */
async function started(file: string): Promise<Started> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { serialization: "advanced" });
  return [child, await said<string>(child)];
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** What it says next; throws if it ends instead. */
async function said<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`${child.spawnargs.at(-1)} ended with ${code ?? signal}`);
  });
  const [message] = await Promise.race([once(child, "message"), ended]);
  return message as T;
}

/** How many times as long the 99th percentile is in the storm as in quiet. */
export function delayOf({ stormyMs, quietMs }: InnocentReport): number {
  return p99Of(stormyMs) / p99Of(quietMs);
}

export const p99Of = (values: readonly number[]): number => percentile(values, 0.99);

/** The value that this part of them does not exceed; 0 of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
}
