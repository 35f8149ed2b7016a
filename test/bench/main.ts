/** `npm run bench`: what Nea Gateway can do here, beside others, in one run. See README.md in this folder. */
import { HOG, type HogResult, renderHog, runHog } from "./hog.ts";
import { moveToLoad, placement as choosePlacement } from "./measure/cores.ts";
import { type MeasureOptions, type WorkloadResult, measureWorkload } from "./measure/measure-workload.ts";
import { startUpstream } from "./measure/upstream.ts";
import { type MicroResult, renderMicro } from "./micro/micro-result.ts";
import { runMicroProcess } from "./micro/run-micro.ts";
import { type Options, USAGE, UsageError, isWanted, readOptions } from "./options.ts";
import type { Peer } from "./peers/peer.ts";
import { ALWAYS, PEERS } from "./peers/peers.ts";
import { describeMachine, renderMachine } from "./report/machine.ts";
import { renderMarkdown } from "./report/markdown.ts";
import { renderWorkload } from "./report/workload-table.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

const HOG_SECONDS = 3;
const EXIT_USAGE = 64;

type Say = (text: string) => void;

async function main(options: Options): Promise<void> {
  const say: Say = (text) => void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  const placement = choosePlacement();
  moveToLoad(placement);
  const workloads = WORKLOADS.filter(({ name, quick }) => isWanted(options, name, quick));
  const withHog = isWanted(options, "hog", false);
  const peers = peersFor([...workloads, ...(withHog ? [HOG] : [])], options);
  const machine = describeMachine({ ...options, placement, peers });
  say(renderMachine(machine));
  const upstream = await startUpstream(placement);
  try {
    const common = {
      ...options,
      placement,
      serverCpus: placement.server,
      upstreamPort: upstream.port,
      progress,
    };
    const results = await runWorkloads(
      workloads,
      peers,
      { ...common, connections: 0 },
      options.connections,
      say,
    );
    const hogs = withHog ? await runHogs(peers, common, say) : [];
    const micro = isWanted(options, "micro", true) ? await runMicro(placement.server, say) : [];
    if (options.markdown) say(`\n${renderMarkdown(machine, results, hogs)}`);
    if (options.json) process.stdout.write(`${JSON.stringify({ machine, results, hogs, micro })}\n`);
  } finally {
    await upstream.process.stop();
  }
}

async function runWorkloads(
  workloads: readonly Workload[],
  peers: readonly Peer[],
  options: MeasureOptions,
  connectionCounts: readonly number[],
  say: Say,
): Promise<WorkloadResult[]> {
  const results: WorkloadResult[] = [];
  for (const workload of workloads) {
    const serving = peers.filter((peer) => peer.serves(workload));
    for (const connections of workload.connections ? [workload.connections] : connectionCounts) {
      const result = await measureWorkload(workload, serving, { ...options, connections });
      progress("");
      say(renderWorkload(result));
      results.push(result);
    }
  }
  return results;
}

async function runHogs(
  peers: readonly Peer[],
  { placement, upstreamPort }: Pick<MeasureOptions, "placement" | "upstreamPort">,
  say: Say,
): Promise<HogResult[]> {
  const results: HogResult[] = [];
  for (const peer of peers.filter((peer) => peer.serves(HOG))) {
    progress(`hog ${peer.name}`);
    const result = await runHog(peer, { placement, upstreamPort, seconds: HOG_SECONDS });
    if (result) results.push(result);
  }
  progress("");
  say(renderHog(results));
  return results;
}

async function runMicro(cpus: string | null, say: Say): Promise<MicroResult[]> {
  progress("micro");
  try {
    const results = await runMicroProcess(cpus);
    progress("");
    say(renderMicro(results));
    return results;
  } catch (error) {
    say(`\nmicro: ${(error as Error).message}`);
    return [];
  }
}

/** Those that serve any of the workloads, as far as they are wanted and there. */
function peersFor(workloads: readonly Pick<Workload, "kind" | "app">[], { peers }: Options): Peer[] {
  return PEERS.filter((peer) => {
    if (!ALWAYS.has(peer.name) && peers !== null && !peers.includes(peer.name)) return false;
    return workloads.some((workload) => peer.serves(workload)) && peer.version() !== null;
  });
}

/** One line that is overwritten, for people at a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

try {
  const options = await readOptions(process.argv.slice(2));
  if (options) await main(options);
  else process.stdout.write(USAGE);
  process.exit();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(error.message);
  process.exit(EXIT_USAGE);
}
