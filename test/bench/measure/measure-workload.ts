/**
 * A workload on all its servers: all are started, checked and warmed up; then rounds go over them, every other one
 * backwards, so that what changes on the machine meanwhile meets all alike.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoadResult, ask, builtIn } from "../load/load.ts";
import type { Peer, Started } from "../peers/peer.ts";
import { type Workload, faultOf } from "../workloads.ts";
import type { Placement } from "./cores.ts";
import { peakBytes } from "./resident.ts";
import { type Sample, type SampleOptions, takeSample } from "./sample.ts";

export interface ServerResult {
  server: string;
  /** Why it could not be measured; null: it was. */
  skipped: string | null;
  samples: Sample[];
  peakBytes: number;
}

export interface WorkloadResult {
  workload: Workload;
  connections: number;
  servers: ServerResult[];
}

export interface MeasureOptions extends SampleOptions {
  rounds: number;
  placement: Placement;
  upstreamPort: number;
  progress(text: string): void;
}

const WARM_UP_SECONDS = 1;
/** What compiles hot code needs calls, not time: V8 is still at it after ten thousand requests. */
const WARM_UP_REQUESTS = 20_000;
const MOST_WARM_UPS = 10;

interface Candidate {
  result: ServerResult;
  started: Started | null;
  directory: string;
}

export async function measureWorkload(
  workload: Workload,
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<WorkloadResult> {
  const connections = workload.connections ?? options.connections;
  const sampling = { ...options, connections };
  const candidates = await Promise.all(peers.map((peer) => prepare(peer, workload, options)));
  try {
    const running = candidates.filter(({ result }) => result.skipped === null);
    for (const candidate of running) await warmUp(candidate, workload, connections);
    for (let round = 0; round < options.rounds; round++) {
      const order = round % 2 === 0 ? running : [...running].reverse();
      for (const { result, started } of order) {
        options.progress(`${workload.name} round ${round + 1}/${options.rounds} ${result.server}`);
        result.samples.push(await takeSample(workload, started!, sampling));
      }
    }
    for (const { result, started } of running) result.peakBytes = peakBytes(started!.process.pid);
  } finally {
    await Promise.all(candidates.map(cleanUp));
  }
  return { workload, connections, servers: candidates.map(({ result }) => result) };
}

async function prepare(peer: Peer, workload: Workload, options: MeasureOptions): Promise<Candidate> {
  const directory = mkdtempSync(join(tmpdir(), "nea-bench-"));
  const result: ServerResult = { server: peer.name, skipped: null, samples: [], peakBytes: 0 };
  let started: Started | null = null;
  try {
    const { placement, upstreamPort } = options;
    started = await peer.start(workload, { directory, cpus: placement.server, upstreamPort });
    result.skipped = await check(workload, started.port);
  } catch (error) {
    result.skipped = (error as Error).message.slice(0, 300);
  }
  return { result, started, directory };
}

/** Only servers that give the right answer are measured. */
async function check(workload: Workload, port: number): Promise<string | null> {
  const { kind, method, path, body } = workload;
  if (kind !== "websocket") return faultOf(workload, await ask({ port, method, path, body }));
  const spec = { port, method, path, body, connections: 1, seconds: 0.5 };
  const { requests } = await builtIn<LoadResult>("websocket-load.ts", spec);
  return requests > 0 ? null : "no WebSocket came about";
}

async function warmUp({ started }: Candidate, workload: Workload, connections: number): Promise<void> {
  const { kind, method, path, body } = workload;
  const program = kind === "websocket" ? "websocket-load.ts" : "http-load.ts";
  const spec = { port: started!.port, method, path, body, connections, seconds: WARM_UP_SECONDS };
  let done = 0;
  for (let i = 0; i < MOST_WARM_UPS && done < WARM_UP_REQUESTS; i++) {
    done += (await builtIn<LoadResult>(program, spec)).requests;
  }
}

async function cleanUp({ started, directory }: Candidate): Promise<void> {
  await started?.process.stop();
  rmSync(directory, { recursive: true, force: true });
}
