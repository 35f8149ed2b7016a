/** The README's table: work per CPU-second, workloads by servers. */
import { figuresOf } from "../measure/figures.ts";
import type { WorkloadResult } from "../measure/measure-workload.ts";
import type { HogResult } from "../hog.ts";
import type { Machine } from "./machine.ts";
import { figure, mebibytes } from "./table.ts";

const PER = { request: "", MB: " MB", message: " messages" } as const;

export function renderMarkdown(
  machine: Machine,
  results: readonly WorkloadResult[],
  hogs: readonly HogResult[],
): string {
  const { date, command, processor, cores, kernel, commit, placement } = machine;
  const handlers = results.filter(({ workload }) => workload.kind === "handler");
  const others = results.filter(({ workload }) => workload.kind !== "handler");
  const where = placement.server === null ? "not pinned" : "one core for the server, the rest for the load";
  return [
    `Work per CPU-second (all threads of the server), medians. ${date}, commit ${commit}, ${processor}, ${cores} cores,`,
    `${kernel}, ${where}: \`${command}\``,
    "",
    ...[handlers, others].flatMap((group) => (group.length > 0 ? [matrix(group), ""] : [])),
    ...(hogs.length > 0 ? [hogTable(hogs), ""] : []),
  ].join("\n");
}

function matrix(results: readonly WorkloadResult[]): string {
  const names = [...new Set(results.flatMap(({ servers }) => servers.map(({ server }) => server)))];
  const rows = results.map(({ workload, connections, servers }) => {
    const cells = names.map((name) => {
      const server = servers.find((one) => one.server === name);
      return server && server.skipped === null ? figure(figuresOf(workload, server).perCpuSecond) : "";
    });
    return row([
      `${workload.name}, ${connections} connections${PER[workload.unit] && `,${PER[workload.unit]}`}`,
      ...cells,
    ]);
  });
  return [row(["workload", ...names]), row(["---", ...names.map(() => "---:")]), ...rows].join("\n");
}

function hogTable(hogs: readonly HogResult[]): string {
  const columns = [
    "beside a hog",
    "errors",
    "longest wait, ms",
    "without it, ms",
    "peak MiB",
    "what became of it",
  ];
  return [
    row(columns),
    row(["---", "---:", "---:", "---:", "---:", "---"]),
    ...hogs.map(({ server, steady, peakBytes, end }) =>
      row([
        server,
        String(steady.beside.errors),
        figure(steady.beside.longestMs),
        figure(steady.quiet.longestMs),
        mebibytes(peakBytes),
        end,
      ]),
    ),
  ].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
