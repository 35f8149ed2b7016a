/** Gateways of different sizes under the same load: what more slots and more threads bring, and what they cost at rest. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoadClient, builtIn } from "../load/load.ts";
import { residentBytes } from "../measure/resident.ts";
import { takeSample } from "../measure/sample.ts";
import { median } from "../measure/statistics.ts";
import { totalUs } from "../measure/cpu.ts";
import { nea } from "../peers/nea.ts";
import type { Started } from "../peers/peer.ts";
import { WORKLOADS } from "../workloads.ts";

export interface Size {
  readonly slots: number;
  readonly threads: number;
  readonly connections: number;
}

export interface Measured extends Size {
  /** From the start of the process to the line that says where it listens. */
  readonly readyMs: number;
  readonly restingBytes: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly cpuUs: number;
  readonly errors: number;
}

export interface ScaleOptions {
  readonly client: LoadClient;
  readonly serverCpus: string | null;
  readonly seconds: number;
  readonly rounds: number;
}

const HELLO = WORKLOADS.find(({ name }) => name === "hello")!;
const WARM_UP_SECONDS = 5;

export async function measure(size: Size, loadConnections: number, options: ScaleOptions): Promise<Measured> {
  return withGateway(size, options.serverCpus, async (started, readyMs) => {
    const restingBytes = residentBytes(started.process.pid);
    const spec = { client: options.client, connections: loadConnections, serverCpus: options.serverCpus };
    await takeSample(HELLO, started, { ...spec, seconds: WARM_UP_SECONDS });
    const samples = [];
    for (let round = 0; round < options.rounds; round++)
      samples.push(await takeSample(HELLO, started, { ...spec, seconds: options.seconds }));
    return {
      ...size,
      readyMs,
      restingBytes,
      perSecond: median(samples.map(({ requests, seconds }) => requests / seconds)),
      p99Ms: median(samples.map(({ p99Ms }) => p99Ms)),
      cpuUs: median(samples.map(({ cpu, requests }) => (cpu ? totalUs(cpu) / requests : NaN))),
      errors: samples.reduce((sum, { errors }) => sum + errors, 0),
    };
  });
}

/** Bytes that each of `count` connections costs which have had one answer and then stay silent. */
export function idleConnectionBytes(count: number, cpus: string | null): Promise<number> {
  return withGateway({ slots: 64, threads: 1, connections: count + 64 }, cpus, async ({ process, port }) => {
    const spec = { port, path: HELLO.path, connections: 0 };
    // The first thousand are as large as the second: what is made once has been made by then.
    await builtIn("idle-load.ts", { ...spec, connections: count, keepMs: 0 });
    const before = residentBytes(process.pid);
    const held = builtIn<{ held: number }>("idle-load.ts", { ...spec, connections: count, keepMs: 3000 });
    await pause(2000);
    const during = residentBytes(process.pid);
    const { held: open } = await held;
    return (during - before) / open;
  });
}

async function withGateway<Result>(
  size: Size,
  cpus: string | null,
  use: (started: Started, readyMs: number) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "nea-scale-"));
  const gateway = nea({ name: "nea", serves: () => true, ...size });
  const sinceMs = performance.now();
  const started = await gateway.start(HELLO, { directory, cpus, upstreamPort: 9 });
  try {
    return await use(started, performance.now() - sinceMs);
  } finally {
    await started.process.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
