/** What micro.ts found, and how it is shown. */
import { type Column, figure, renderTable } from "../report/table.ts";
import type { Times } from "./timing.ts";
import type { TripTimes } from "./trips.ts";
import type { TurnTimes } from "./turns.ts";

export interface MicroResult extends TurnTimes {
  handler: string;
  imageBytes: number;
  alone: TripTimes;
  /** Many at a time. */
  crowd: TripTimes;
}

const KIB = 1024;

export function renderMicro(results: readonly MicroResult[]): string {
  const columns: Column[] = [
    { title: "handler", align: "left" },
    { title: "image KiB" },
    { title: "call+reset" },
    { title: "reset" },
    { title: "call" },
    { title: "marshalling" },
    { title: "trip" },
  ];
  const rows = results.map(({ handler, imageBytes, turn, reset, marshalling, alone }) => [
    handler,
    figure(imageBytes / KIB),
    times(turn),
    times(reset),
    figure(turn.p50Us - reset.p50Us),
    times(marshalling),
    times(alone.trip),
  ]);
  return [
    "\nmicro: a request's way through an arena, microseconds (min/p50/p90; call: difference of medians)",
    renderTable(columns, rows),
    "\n  CPU time per trip on average; hop: what the second thread adds to the turn and its marshalling",
    renderTable(HOP_COLUMNS, results.flatMap(hopsOf)),
  ].join("\n");
}

const HOP_COLUMNS: Column[] = [
  { title: "handler", align: "left" },
  { title: "under way" },
  { title: "I/O thread" },
  { title: "arena thread" },
  { title: "other" },
  { title: "turn" },
  { title: "hop" },
];

function hopsOf({ handler, turnCpuUs, alone, crowd }: MicroResult): string[][] {
  const row = (underWay: string, { cpu }: TripTimes): string[] => {
    if (cpu === null || turnCpuUs === null) return [handler, underWay, "-", "-", "-", "-", "-"];
    const { io, arena, other } = cpu;
    return [handler, underWay, ...[io, arena, other, turnCpuUs, io + arena + other - turnCpuUs].map(figure)];
  };
  return [row("1", alone), row("16", crowd)];
}

function times({ minUs, p50Us, p90Us }: Times): string {
  return [minUs, p50Us, p90Us].map(figure).join("/");
}
