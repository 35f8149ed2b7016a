/** `npm run bench`: what Nea Gateway can do here, beside others, in one run. See README.md in this folder. */
import { HOG, type HogResult, renderHog, runHog } from "./hog.ts";
import { moveToLoad, placement as choosePlacement } from "./measure/cores.ts";
import { type WorkloadResult, measureWorkload } from "./measure/measure-workload.ts";
import { startUpstream } from "./measure/upstream.ts";
import { type Options, USAGE, UsageError, isWanted, readOptions } from "./options.ts";
import { BASELINES, NEA, PEERS } from "./peers/peers.ts";
import type { Peer } from "./peers/peer.ts";
import { describeMachine, renderMachine } from "./report/machine.ts";
import { renderMarkdown } from "./report/markdown.ts";
import { renderWorkload } from "./report/workload-table.ts";
import { type MicroResult, renderMicro } from "./micro/micro-result.ts";
import { runMicroProcess } from "./micro/run-micro.ts";
import { WORKLOADS } from "./workloads.ts";

const HOG_SECONDS = 4;

async function main(options: Options): Promise<void> {
  const say = (text: string) => void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  const placement = choosePlacement();
  moveToLoad(placement);
  const workloads = WORKLOADS.filter(({ name, quick }) => isWanted(options, name, quick));
  const peers = installed(options).filter((peer) =>
    [...workloads, HOG].some((workload) => peer.serves(workload)),
  );
  const machine = describeMachine({ ...options, placement, peers });
  say(renderMachine(machine));

  const upstream = await startUpstream(placement);
  const results: WorkloadResult[] = [];
  const hogs: HogResult[] = [];
  let micro: MicroResult[] = [];
  try {
    const common = {
      ...options,
      placement,
      serverCpus: placement.server,
      upstreamPort: upstream.port,
      progress,
    };
    for (const workload of workloads) {
      const serving = peers.filter((peer) => peer.serves(workload));
      for (const connections of workload.connections ? [workload.connections] : options.connections) {
        const result = await measureWorkload(workload, serving, { ...common, connections });
        progress("");
        results.push(result);
        say(renderWorkload(result));
      }
    }
    if (isWanted(options, "hog", false)) {
      for (const peer of peers.filter((peer) => peer.serves(HOG))) {
        progress(`hog ${peer.name}`);
        const result = await runHog(peer, { placement, upstreamPort: upstream.port, seconds: HOG_SECONDS });
        if (result) hogs.push(result);
      }
      progress("");
      say(renderHog(hogs));
    }
    if (isWanted(options, "micro", true)) {
      progress("micro");
      micro = await runMicroProcess(placement.server).catch((error: Error) => {
        say(`\nmicro: ${error.message}`);
        return [];
      });
      progress("");
      if (micro.length > 0) say(renderMicro(micro));
    }
  } finally {
    await upstream.process.stop();
  }
  if (options.markdown) say(`\n${renderMarkdown(machine, results, hogs)}`);
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, results, hogs, micro })}\n`);
}

/** Nea and the baselines always, the others as far as they are wanted and there. */
function installed({ peers }: Options): Peer[] {
  return PEERS.filter(({ name, version }) => {
    const always = name.startsWith(NEA) || BASELINES.has(name);
    if (!always && peers !== null && !peers.includes(name)) return false;
    return version() !== null;
  });
}

/** One line that is overwritten, for people at a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

try {
  await main(await readOptions(process.argv.slice(2)));
  process.exit();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(error.message);
  process.exit(error.message === USAGE ? 0 : 64);
}
