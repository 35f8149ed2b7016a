/**
 * `npm run bench:admission`: what admission adds to a request: finding its route, taking a permit and giving it back, beside all
 * that a proxied request of 1 KB costs. Some 20 seconds.
 */
import { Gate } from "../../gateway/admit/gate.ts";
import { type Routable, type RoutedHead, RouteTable } from "../../gateway/admit/routes.ts";
import { type LoadClient, hasWrk } from "./load/load.ts";
import { moveToLoad, placement as choosePlacement } from "./measure/cores.ts";
import { totalUs } from "./measure/cpu.ts";
import { measureWorkload } from "./measure/measure-workload.ts";
import { median } from "./measure/statistics.ts";
import { startUpstream } from "./measure/upstream.ts";
import { nea } from "./peers/nea.ts";
import { describeMachine, renderMachine } from "./report/machine.ts";
import { type Column, figure, renderTable } from "./report/table.ts";
import { WORKLOADS } from "./workloads.ts";

const ROUTES = [1, 100, 1000];
const BATCH = 10_000;
const BATCHES = 60;
const ROUNDS = 5;
const SECONDS = 2;
const CONNECTIONS = 32;
const PROXY = WORKLOADS.find(({ name }) => name === "proxy-1k")!;

/** Microseconds of one of many, the median batch; the first third warms up. */
function timed(action: (index: number) => void): number {
  const us: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const sinceMs = performance.now();
    for (let i = 0; i < BATCH; i++) action(i);
    us.push(((performance.now() - sinceMs) * 1000) / BATCH);
  }
  return median(us.slice(BATCHES / 3));
}

/** As a gateway of many services has them: a prefix each, some for one method only, the rest for everybody. */
function tableOf(count: number): RouteTable<Routable> {
  const routes = Array.from({ length: count - 1 }, (_, i) => ({
    match: {
      path: { kind: "prefix" as const, value: `/service-${i}/v1` },
      methods: i % 3 === 0 ? ["GET"] : [],
      hosts: [],
      headers: [],
      query: [],
    },
  }));
  const rest = {
    path: { kind: "prefix" as const, value: "" },
    methods: [],
    hosts: [],
    headers: [],
    query: [],
  };
  return new RouteTable([...routes, { match: rest }]);
}

function lookUpUs(routes: number): number {
  const table = tableOf(routes);
  const heads = Array.from({ length: 512 }, (_, i): RoutedHead => {
    const path = `/service-${i % routes}/v1/users/${i}/orders`;
    return { method: "GET", path, host: "127.0.0.1:8080", queryString: "limit=3", header: () => undefined };
  });
  return timed((i) => {
    if (table.find(heads[i % heads.length]!) === null) throw new Error("no route");
  });
}

function permitUs(): number {
  const gate = new Gate({ slots: 256, queueLength: 256, queueWaitMs: 1000 });
  return timed(() => gate.take("rest")!.release());
}

async function proxiedUs(): Promise<number> {
  const upstream = await startUpstream(placement);
  const { servers } = await measureWorkload(PROXY, [nea({ name: "nea", serves: () => true })], {
    client,
    placement,
    serverCpus: placement.server,
    connections: CONNECTIONS,
    seconds: SECONDS,
    rounds: ROUNDS,
    upstreamPort: upstream.port,
    progress: () => {},
  });
  await upstream.process.stop();
  const { samples, skipped } = servers[0]!;
  if (skipped !== null) throw new Error(skipped);
  return median(samples.map(({ cpu, requests }) => (cpu ? totalUs(cpu) / requests : NaN)));
}

const COLUMNS: Column[] = [
  { title: "routes" },
  { title: "look-up us" },
  { title: "permit us" },
  { title: "together us" },
  { title: "of a proxied request" },
];

const placement = choosePlacement();
moveToLoad(placement);
const client: LoadClient = (await hasWrk()) ? "wrk" : "built-in";
const machine = describeMachine({ command: "npm run bench:admission", placement, client, peers: [] });
process.stdout.write(`${renderMachine(machine)}\n`);
const wholeUs = await proxiedUs();
const permit = permitUs();
const rows = ROUTES.map((routes) => {
  const lookUp = lookUpUs(routes);
  const part = `${((100 * (lookUp + permit)) / wholeUs).toFixed(1)} %`;
  return [String(routes), figure(lookUp), figure(permit), figure(lookUp + permit), part];
});
process.stdout.write(`\nadmission, beside ${figure(wholeUs)} us of CPU time for a proxied request of 1 KB\n`);
process.stdout.write(`${renderTable(COLUMNS, rows)}\n`);
process.exit();
