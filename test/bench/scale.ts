/**
 * `npm run bench:scale`: throughput against slots and arena threads, what slots and connections cost at rest, and what many
 * replicas carry on paper. Some three minutes. The hello handler throughout.
 */
import { hasWrk } from "./load/load.ts";
import { moveToLoad, placement as choosePlacement } from "./measure/cores.ts";
import { describeMachine, renderMachine } from "./report/machine.ts";
import { type Column, figure, mebibytes, percent, renderTable } from "./report/table.ts";
import { type Measured, type ScaleOptions, idleConnectionBytes, measure } from "./scale/gateways.ts";
import { WAIT_MS, onPaper } from "./scale/paper.ts";

const SLOTS = [8, 16, 32, 64, 128, 256, 512];
const LOAD_CONNECTIONS = 128;
const IDLE_CONNECTIONS = 1000;
const REPLICAS = 100;
const KIB = 1024;

const COLUMNS: Column[] = [
  { title: "slots" },
  { title: "threads" },
  { title: "ready ms" },
  { title: "at rest MiB" },
  { title: "req/s" },
  { title: "p99 ms" },
  { title: "cpu us/req" },
  { title: "errors" },
];

function rowOf({
  slots,
  threads,
  readyMs,
  restingBytes,
  perSecond,
  p99Ms,
  cpuUs,
  errors,
}: Measured): string[] {
  const resting = mebibytes(restingBytes);
  return [
    String(slots),
    String(threads),
    figure(readyMs),
    resting,
    figure(perSecond),
    figure(p99Ms),
    figure(cpuUs),
    String(errors),
  ];
}

function say(title: string, columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  process.stdout.write(`\n${title}\n${renderTable(columns, rows)}\n`);
}

const placement = choosePlacement();
moveToLoad(placement);
const client = (await hasWrk()) ? "wrk" : "built-in";
const machine = describeMachine({ command: "npm run bench:scale", placement, client, peers: [] });
process.stdout.write(`${renderMachine(machine)}\n`);
const options: ScaleOptions = { client, serverCpus: placement.server, seconds: 2, rounds: 3 };

const bySlots: Measured[] = [];
for (const slots of SLOTS)
  bySlots.push(await measure({ slots, threads: 1, connections: 512 }, LOAD_CONNECTIONS, options));
say(
  `slots, one arena thread, ${LOAD_CONNECTIONS} connections, server pinned to one processor`,
  COLUMNS,
  bySlots.map(rowOf),
);

const byThreads: Measured[] = [];
for (let threads = 1; threads <= machine.cores; threads++)
  byThreads.push(
    await measure({ slots: 64, threads, connections: 512 }, LOAD_CONNECTIONS, {
      ...options,
      serverCpus: null,
    }),
  );
say(
  `arena threads, 64 slots, ${LOAD_CONNECTIONS} connections, nothing pinned (the load takes its share)`,
  COLUMNS,
  byThreads.map(rowOf),
);

const [few, many] = [bySlots[0]!, bySlots.at(-1)!];
const perSlot = (many.restingBytes - few.restingBytes) / (many.slots - few.slots);
const perConnection = await idleConnectionBytes(IDLE_CONNECTIONS, placement.server);
process.stdout.write(
  `\nat rest: ${figure(perSlot / KIB)} KiB for a slot (its arena of 4 096 KiB is committed at the start), ` +
    `${figure(perConnection / KIB)} KiB for a connection\n`,
);

const { cpuUs } = bySlots.find(({ slots }) => slots === 64)!;
const paper = [0.5, 0.7, 0.8, 0.9].map((busy) => onPaper(cpuUs, REPLICAS, 1, busy));
say(
  `on paper: ${REPLICAS} replicas of one processor each, ${figure(cpuUs)} us of CPU time a request`,
  [
    { title: "busy" },
    { title: "req/s each" },
    { title: "req/s in all" },
    { title: "mean wait ms" },
    { title: `wait > ${WAIT_MS} ms` },
  ],
  paper.map(({ busy, perReplica, perFleet, meanWaitMs, longer }) => [
    percent(busy),
    figure(perReplica),
    figure(perFleet),
    figure(meanWaitMs),
    percent(longer),
  ]),
);
process.exit();
