/**
 * `npm run bench:start`: from the start of the process to a gateway that listens, on all processors and on one, and what it
 * needs at rest. 64 slots of 4Mi, the hello handler. Half a minute. `npm run bench:start -- 21` for so many rounds.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { placement as choosePlacement } from "./measure/cores.ts";
import { median } from "./measure/statistics.ts";
import { neaFiles } from "./peers/nea.ts";
import { describeMachine, renderMachine } from "./report/machine.ts";
import { type Column, figure, mebibytes, renderTable } from "./report/table.ts";
import { type StartTimes, timeStart, watchRest } from "./start/time-start.ts";
import { WORKLOADS } from "./workloads.ts";

const ROUNDS = Number(process.argv[2] ?? 7);
const SETTLE_MS = 3000;
const WATCH_MS = 10_000;
const HELLO = WORKLOADS.find(({ name }) => name === "hello")!;

const COLUMNS: Column[] = [
  { title: "", align: "left" },
  { title: "plan ms" },
  { title: "ready ms" },
  { title: "least" },
  { title: "most" },
  { title: "cpu ms" },
];

const placement = choosePlacement();
const machine = describeMachine({ command: "npm run bench:start", placement, client: "built-in", peers: [] });
process.stdout.write(`${renderMachine(machine)}\n`);
const directory = mkdtempSync(join(tmpdir(), "nea-start-"));
const { args } = neaFiles({ name: "nea", serves: () => true }, HELLO, { directory, upstreamPort: 9 });

async function start(cpus: string | null, env?: NodeJS.ProcessEnv): Promise<StartTimes> {
  const { server, ...times } = await timeStart(args, cpus, env);
  await server.stop();
  return times;
}

/** Node alone, for comparison. */
function bareMs(): number {
  const sinceMs = performance.now();
  spawnSync(process.execPath, ["--eval", ""]);
  return performance.now() - sinceMs;
}

function rowOf(title: string, rounds: readonly StartTimes[]): string[] {
  const of = (what: (times: StartTimes) => number) => figure(median(rounds.map(what)));
  const ready = rounds.map(({ readyMs }) => readyMs);
  const extremes = [figure(Math.min(...ready)), figure(Math.max(...ready))];
  return [title, of(({ planMs }) => planMs), figure(median(ready)), ...extremes, of(({ cpuMs }) => cpuMs)];
}

try {
  const first = await start(null, { NODE_COMPILE_CACHE: join(directory, "compiled") });
  // The cache of its own that it has from here on.
  await start(null);
  const everywhere: StartTimes[] = [];
  const onOne: StartTimes[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    everywhere.push(await start(null));
    if (placement.server !== null) onOne.push(await start(placement.server));
    bare.push(bareMs());
  }
  const rows = [rowOf("all processors", everywhere)];
  if (onOne.length > 0) rows.push(rowOf("one processor", onOne));
  rows.push(rowOf("without compiled code, once", [first]));
  process.stdout.write(`\n${ROUNDS} starts each, medians; node -e '' takes ${figure(median(bare))} ms\n`);
  process.stdout.write(`${renderTable(COLUMNS, rows)}\n`);
  const { server } = await timeStart(args, null);
  const rest = await watchRest(server.pid, SETTLE_MS, WATCH_MS);
  process.stdout.write(
    `\nat rest: ${figure(rest.cpuMs)} ms of CPU time a second, ` +
      `${figure(rest.wakeUpsPerSecond)} wake-ups a second, ${mebibytes(rest.residentBytes)} MiB resident\n`,
  );
  await server.stop();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit();
