/** One workload's results as text. */
import { type Figures, figuresOf, ratio } from "../measure/figures.ts";
import type { ServerResult, WorkloadResult } from "../measure/measure-workload.ts";
import { median } from "../measure/statistics.ts";
import { BASELINES } from "../peers/peers.ts";
import type { Workload } from "../workloads.ts";
import { type Column, figure, mebibytes, percent, renderTable } from "./table.ts";

const SHORT = { request: "req", MB: "MB", message: "msg" } as const;

export function renderWorkload(result: WorkloadResult): string {
  const { workload, connections, servers } = result;
  const measured = servers.filter(({ skipped }) => skipped === null);
  const baseline = measured.find(({ server }) => BASELINES.has(server));
  const rounds = measured[0]?.samples.length ?? 0;
  const title = `${workload.name}: ${workload.method} ${workload.path}, ${workload.title}`;
  const rows = measured.map((server) => rowOf(workload, server, baseline));
  return [
    `\n${title}; ${connections} connections, ${rounds} round${rounds === 1 ? "" : "s"}`,
    ...(rows.length > 0 ? [renderTable(columnsOf(workload, baseline), rows)] : []),
    ...measured.flatMap((server) => threadsOf(workload, server)),
    ...servers
      .filter(({ skipped }) => skipped !== null)
      .map((one) => `  ${one.server} skipped: ${one.skipped}`),
    ...foreignNote(measured),
  ].join("\n");
}

function columnsOf({ unit }: Workload, baseline: ServerResult | undefined): Column[] {
  const short = SHORT[unit];
  return [
    { title: "server", align: "left" },
    { title: `${short}/s` },
    { title: "spread" },
    { title: "p50 ms" },
    { title: "p99 ms" },
    { title: `cpu us/${short}` },
    { title: `${short}/cpu-s` },
    { title: "spread" },
    { title: "busy" },
    { title: "peak MiB" },
    ...(baseline ? [{ title: `x ${baseline.server}` }] : []),
  ];
}

function rowOf(workload: Workload, server: ServerResult, baseline: ServerResult | undefined): string[] {
  const figures = figuresOf(workload, server);
  const name = figures.errors > 0 ? `${server.server} (${figures.errors} errors)` : server.server;
  return [
    name,
    figure(figures.perSecond),
    percent(figures.spread),
    figure(figures.p50Ms),
    figure(figures.p99Ms),
    figure(figures.cpuUs),
    figure(figures.perCpuSecond),
    percent(figures.cpuSpread),
    percent(figures.busy),
    mebibytes(figures.peakBytes),
    ...(baseline ? [figure(ratio(workload, server, baseline))] : []),
  ];
}

/** Where Nea's time goes; the others' threads are their own business. */
function threadsOf(workload: Workload, server: ServerResult): string[] {
  const { cpuUsByThread }: Figures = figuresOf(workload, server);
  if (!server.server.startsWith("nea") || cpuUsByThread === null) return [];
  const { io, arena, other } = cpuUsByThread;
  const unit = SHORT[workload.unit];
  return [
    `  ${server.server}: I/O ${figure(io)}, arena ${figure(arena)}, other ${figure(other)} cpu us/${unit}`,
  ];
}

/** Others on the server's processor make every figure worse and none comparable: say how much there was. */
function foreignNote(measured: readonly ServerResult[]): string[] {
  const parts = measured.flatMap(({ samples }) => samples.flatMap(({ foreign }) => foreign ?? []));
  if (parts.length === 0) return [];
  return [
    `  others on the server's cpu: ${percent(median(parts))} (median), ${percent(Math.max(...parts))} (most)`,
  ];
}
