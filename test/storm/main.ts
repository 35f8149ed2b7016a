// `npm run test:storm -- --seed N --seconds S [--pause MS] [--cgroup]`
import { MemoryCgroup } from "../chart/memory-cgroup.ts";
import { TIMED } from "./checkers/all.ts";
import { parseStormOptions } from "./options.ts";
import { renderStorm, verdict } from "./report.ts";
import { runStorm } from "./storm.ts";

/** So long that the gateway is no faster afterwards. */
const WARM_UP_SECONDS = 40;
/** So long that a 99th percentile is made of more than a handful of requests. */
const QUIET_SECONDS = 40;

const { seed, seconds, pause, cgroup } = parseStormOptions(process.argv.slice(2));
const again = `--seed ${seed} --seconds ${seconds} --pause ${pause}`;
console.log(`seed ${seed}, ${seconds} s of storm; the same again: npm run test:storm -- ${again}`);
const confined = cgroup && MemoryCgroup.isAvailable();
if (cgroup && !confined) console.log("this machine lets us make no memory cgroup: the kernel sets no limit");
console.log(`first ${WARM_UP_SECONDS} s to warm up and ${QUIET_SECONDS} s of quiet`);
const phases = { warmUpSeconds: WARM_UP_SECONDS, quietSeconds: QUIET_SECONDS, seconds };
const result = await runStorm({ seed, ...phases, mostPauseMs: pause, cgroup: confined });
console.log(result.plan);
console.log(renderStorm(result));
const found = verdict(result.evidence);
for (const [checker, faults] of found)
  console.log(`NOT SO: ${checker}\n${faults.map((fault) => `  ${fault}\n`).join("")}`);
if (found.size === 0) console.log("every checker is content");
process.exitCode = [...found.keys()].some((name) => !(name in TIMED)) ? 1 : 0;
