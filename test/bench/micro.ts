/**
 * The parts of a request's way through an arena: call, reset, marshalling, the hop between threads, and the image that every
 * reset copies. `npm run bench:micro`, or part of `npm run bench`. With --json for the latter.
 */
import { heapIsCapped, relaunch } from "../../gateway/launch.ts";
import { heapLimits } from "../../gateway/plan.ts";
import { type LabHandler, SLOTS, labConfig, openLab } from "./micro/lab.ts";
import { type MicroResult, renderMicro } from "./micro/micro-result.ts";
import { timeTrips } from "./micro/trips.ts";
import { timeTurns } from "./micro/turns.ts";

const HANDLERS: readonly LabHandler[] = [
  { app: "static", target: "/static" },
  { app: "hello", target: "/hello/ada" },
  { app: "json", target: "/json" },
  { app: "hono", target: "/api/users/42/orders?limit=3" },
];

/** As wrk's requests look to a handler. */
function headOf(target: string): string {
  return `GET\nhttp://127.0.0.1:8080${target}\nhost\n127.0.0.1:8080\nx-request-id\n5b1f0d6e9c3a47d2a8e1`;
}

const config = labConfig(HANDLERS);
// The process that serves gets V8 flags that concern the engine; so does this one.
if (!heapIsCapped()) relaunch(heapLimits(config));
const lab = await openLab(config);
const results: MicroResult[] = [];
for (const { app, target } of HANDLERS) {
  const { image } = lab.handlers.get(app)!;
  const head = headOf(target);
  const alone = await timeTrips(lab, image, head, 1);
  const crowd = await timeTrips(lab, image, head, SLOTS);
  results.push({ handler: app, imageBytes: image.bytes, ...timeTurns(lab, image, head), alone, crowd });
}
await lab.arenas.close();
process.stdout.write(process.argv.includes("--json") ? JSON.stringify(results) : `${renderMicro(results)}\n`);
process.exit();
