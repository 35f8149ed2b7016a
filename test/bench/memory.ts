/**
 * Where the constants of gateway/plan/runtime-figures.ts come from: `node test/bench/memory.ts [part of a name]`.
 *
 * Each scenario starts a gateway of its own, makes it hold as much of one thing as it can, and prints what one of them
 * costs in V8's heap of the I/O thread and besides it. Bytes, not times: a busy machine does not change them.
 */
import { Origin } from "./memory/clients.ts";
import { SCENARIOS, type Scenario, costOf } from "./memory/scenarios.ts";
import { type Reading, Subject } from "./memory/subject.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

async function measure(scenario: Scenario, origin: string): Promise<void> {
  const { name, config, run } = scenario;
  const baseline = scenario.baseline && (await readBaseline(scenario.baseline(origin)));
  const subject = await Subject.start(config(origin));
  const before = baseline ?? (await subject.read());
  const count = await run(subject);
  const after = await subject.read();
  await subject.stop();
  const { heap, besides } = costOf(before, after, count, scenario.peak === true);
  const mib = (bytes: number) => (bytes / MIB).toFixed(1).padStart(7);
  const kib = (bytes: number) => (Number.isFinite(bytes) ? bytes / KIB : 0).toFixed(1).padStart(9);
  const state = [before.residentBytes, after.residentBytes, after.treePeakBytes, before.heapLiveBytes];
  const row = [...state, after.heapLiveBytes, after.besidesBytes, after.fileBytes].map(mib).join("");
  console.log(`${name.padEnd(46)}${String(count).padStart(5)}${kib(heap)}${kib(besides)} ${row}`);
}

async function readBaseline(config: object): Promise<Reading> {
  const subject = await Subject.start(config);
  const reading = await subject.read();
  await subject.stop();
  return reading;
}

const wanted = process.argv[2] ?? "";
const origin = new Origin();
const url = await origin.listen();
console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
console.log(
  `${"".padEnd(46)}count  KiB each: heap,  besides   MiB: before  after   peak  heap: before, after; besides, files`,
);
for (const scenario of SCENARIOS) if (scenario.name.includes(wanted)) await measure(scenario, url);
origin.close();
process.exit(0);
