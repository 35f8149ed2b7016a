/**
 * `npm run bench:profile`: where the CPU time of a request goes, by thread and kind of work. `npm run bench:profile -- hello,next`
 * for these workloads. The gateway is on one processor, with 32 connections; half a minute a workload. Needs `perf`.
 *
 * What a request takes is measured before perf is there, which takes some of it: its samples are used as shares.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoadClient, hasWrk } from "./load/load.ts";
import { moveToLoad, placement as choosePlacement } from "./measure/cores.ts";
import { totalUs } from "./measure/cpu.ts";
import { type Sample, takeSample } from "./measure/sample.ts";
import { median } from "./measure/statistics.ts";
import { startUpstream } from "./measure/upstream.ts";
import { nea } from "./peers/nea.ts";
import type { Started } from "./peers/peer.ts";
import { PART_TITLES, partsOf } from "./profile/parts.ts";
import { hasPerf, recordPerf } from "./profile/perf.ts";
import { describeMachine, renderMachine } from "./report/machine.ts";
import { figure, renderTable } from "./report/table.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

const CONNECTIONS = 32;
const WARM_UP_SECONDS = 5;
const ROUNDS = 5;
const ROUND_SECONDS = 1;
const PERF_SECONDS = 5;
/** Perf begins when the load is under way and is done before it ends. */
const PERF_LOAD_SECONDS = PERF_SECONDS + 3;
const PERF_DELAY_MS = 1000;
const DEFAULT = "hello,json,hono,alloc-50,csv,next";
const [EXIT_USAGE, EXIT_UNAVAILABLE] = [64, 69];

const names = (process.argv[2] ?? DEFAULT).split(",");
const workloads = names.map((name) => WORKLOADS.find((one) => one.name === name));
if (workloads.includes(undefined))
  leave(EXIT_USAGE, `workloads are ${WORKLOADS.map(({ name }) => name).join(", ")}`);
if (!hasPerf()) leave(EXIT_UNAVAILABLE, "there is no perf here (Debian package linux-perf)");

const placement = choosePlacement();
moveToLoad(placement);
const client: LoadClient = (await hasWrk()) ? "wrk" : "built-in";
const command = ["npm run bench:profile", ...process.argv.slice(2)].join(" -- ");
process.stdout.write(`${renderMachine(describeMachine({ command, placement, client, peers: [] }))}\n`);
const upstream = await startUpstream(placement);
// Names of compiled functions for perf, in /tmp/perf-PID.map.
const peer = nea({ name: "nea", serves: () => true, nodeFlags: ["--perf-basic-prof"] });
const profiles: number[][] = [];
for (const workload of workloads as Workload[]) profiles.push(await profileOf(workload));
const rows = [...PART_TITLES, "all"].map((title, part) => [
  title,
  ...profiles.map((profile) => figure(profile[part]!)),
]);
process.stdout.write(`\nmicroseconds of CPU time a request, ${CONNECTIONS} connections\n`);
process.stdout.write(
  `${renderTable([{ title: "", align: "left" }, ...names.map((title) => ({ title }))], rows)}\n`,
);
await upstream.process.stop();
process.exit();

/** Of each part, and of all together. */
async function profileOf(workload: Workload): Promise<number[]> {
  const directory = mkdtempSync(join(tmpdir(), "nea-profile-"));
  const { port: upstreamPort } = upstream;
  const started = await peer.start(workload, { directory, cpus: placement.server, upstreamPort });
  const { pid } = started.process;
  try {
    await sample(workload, started, WARM_UP_SECONDS);
    const usOf = ({ cpu, requests }: Sample) => (cpu ? totalUs(cpu) / requests : NaN);
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      rounds.push(usOf(await sample(workload, started, ROUND_SECONDS)));
    const us = median(rounds);
    const load = sample(workload, started, PERF_LOAD_SECONDS);
    await new Promise((resolve) => setTimeout(resolve, PERF_DELAY_MS));
    const shares = await recordPerf(pid, PERF_SECONDS, join(directory, "perf.data"));
    await load;
    return [...partsOf(shares, pid, us), us];
  } finally {
    await started.process.stop();
    rmSync(directory, { recursive: true, force: true });
    rmSync(`/tmp/perf-${pid}.map`, { force: true });
  }
}

function sample(workload: Workload, started: Started, seconds: number): Promise<Sample> {
  const serverCpus = placement.server;
  return takeSample(workload, started, { client, connections: CONNECTIONS, seconds, serverCpus });
}

function leave(exitCode: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}
