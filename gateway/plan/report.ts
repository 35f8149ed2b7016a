/** What `nea plan` proposes, for people: tables of at most 80 columns. */
import { formatSizeBytes } from "../shared/units.ts";
import type { Fit } from "./fit.ts";
import type { LoadOnPool, LoadReport } from "./load.ts";
import type { Proposal, RouteUse } from "./peaks.ts";
import { size } from "./table.ts";

export function renderFit({ pools, totalBytes }: Fit, memoryBytes: number): string {
  const rows = pools.map(({ name, arenaBytes, slots, slotsNow }) => [
    name,
    formatSizeBytes(arenaBytes),
    String(slotsNow),
    String(slots),
    size(slots * arenaBytes),
  ]);
  const left = size(memoryBytes - totalBytes);
  return `${table([["pool", "arena", "slots now", "would fit", "arenas"], ...rows])}
The plan is then ${size(totalBytes)}, ${left} below ${formatSizeBytes(memoryBytes)}.\n`;
}

export function renderLoad({ load, erlangs, pools }: LoadReport): string {
  const { requestsPerSecond, serviceMs, target } = load;
  const head = ["pool", "slots", "no queue", "waits", "too long", "queue full", "needs"];
  const row = (on: LoadOnPool) => [
    on.pool,
    String(on.slots),
    percent(on.blocked),
    percent(on.waits),
    percent(on.waitsTooLong),
    percent(on.queueFull),
    String(on.slotsForTarget),
  ];
  return `${requestsPerSecond} requests/s x ${serviceMs} ms keep ${round(erlangs)} slots busy.

${table([head, ...pools.map(row)])}
no queue    refused if nobody could wait (Erlang B)
waits       would wait if all could (Erlang C)
too long    would wait longer than queue.wait, and be answered 503
queue full  find the queue full as it is configured, and are answered 503
needs       slots with which at most ${percent(target)} wait longer than queue.wait
`;
}

export function renderProposal(uses: readonly RouteUse[], proposal: Proposal, poolOf: PoolOfRoute): string {
  const now = uses.map((use) => {
    const pool = poolOf(use.route);
    const waste = pool === undefined ? "" : percent(1 - use.meanPeakBytes / pool.arenaBytes);
    return [
      use.route,
      String(use.requests),
      size(use.meanPeakBytes),
      size(largest(use)),
      pool?.name ?? "",
      waste,
    ];
  });
  const pools = proposal.pools.map(({ arenaBytes, routes, share, waste }) => [
    formatSizeBytes(arenaBytes),
    percent(share),
    percent(waste),
    routes.join(", "),
  ]);
  return `What requests used of their arenas, at most:

${table([["route", "requests", "mean", "up to", "pool", "idle"], ...now])}
Pools that keep the least memory for that (${size(proposal.meanArenaBytes)} per request, ${percent(proposal.waste)} of it idle):

${table([["arena", "of the load", "idle", "routes"], ...pools])}`;
}

/** The pool that the configuration gives a route; undefined for one that it does not have. */
export type PoolOfRoute = (
  route: string,
) => { readonly name: string; readonly arenaBytes: number } | undefined;

function largest({ buckets }: RouteUse): number {
  return buckets.findLast(({ requests }) => requests > 0)?.bytes ?? 0;
}

function percent(part: number): string {
  if (part > 0 && part < 0.00005) return "<0.01%";
  return `${Number((part * 100).toPrecision(part < 0.001 ? 1 : 3))}%`;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

const COLUMNS = 80;

/** Columns as wide as what is in them; the first to the left, figures to the right, and the last cut at 80. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const last = widths.length - 1;
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      column === 0 || column === last ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    ),
  );
  return lines
    .map((cells) => `  ${cells.join("  ")}`.trimEnd().slice(0, COLUMNS))
    .map((line) => `${line}\n`)
    .join("");
}
