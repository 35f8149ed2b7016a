/** One server under load for one round: what came back, and what it cost. */
import { type LoadResult, type LoadSpec, builtIn, load, type LoadClient } from "../load/load.ts";
import type { Started } from "../peers/peer.ts";
import type { Workload } from "../workloads.ts";
import { type CpuTime, busyUs, cpuBetween, readCpu, totalUs } from "./cpu.ts";

export interface Sample extends LoadResult {
  cpu: CpuTime | null;
  /** The part of the server's processor that others used meanwhile; null where it is not pinned. */
  foreign: number | null;
}

export interface SampleOptions {
  client: LoadClient;
  connections: number;
  seconds: number;
  serverCpus: string | null;
}

export async function takeSample(
  workload: Workload,
  { process, port }: Started,
  options: SampleOptions,
): Promise<Sample> {
  const { method, path, body } = workload;
  const { connections, serverCpus } = options;
  const seconds = Math.max(options.seconds, workload.seconds ?? 0);
  const spec: LoadSpec = { port, method, path, body, connections, seconds };
  const before = { cpu: readCpu(process.pid), busyUs: busyUs(serverCpus), ms: performance.now() };
  const result = await apply(workload, options.client, spec);
  const wallUs = (performance.now() - before.ms) * 1000;
  const cpu = cpuBetween(before.cpu, readCpu(process.pid));
  return { ...result, cpu, foreign: foreignPart(before.busyUs, busyUs(serverCpus), cpu, wallUs) };
}

function apply({ kind }: Workload, client: LoadClient, spec: LoadSpec): Promise<LoadResult> {
  return kind === "websocket" ? builtIn("websocket-load.ts", spec) : load(client, spec);
}

function foreignPart(
  before: number | null,
  after: number | null,
  cpu: CpuTime | null,
  wallUs: number,
): number | null {
  if (before === null || after === null || cpu === null) return null;
  return Math.max(0, (after - before - totalUs(cpu)) / wallUs);
}
