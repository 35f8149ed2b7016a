/**
 * One memory-hungry request beside eight steady clients: what the innocents notice, how much memory the server takes, and
 * what becomes of it. Every server gets the same container: LIMIT_BYTES, above which it is killed as the kernel
 * would (watched from outside, every WATCH_MS), and HOG_SECONDS, after which the run is over.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtIn } from "./load/load.ts";
import type { SteadyResult, SteadySpec } from "./load/steady-load.ts";
import type { Placement } from "./measure/cores.ts";
import { peakBytes, residentBytes } from "./measure/resident.ts";
import type { Peer, Started } from "./peers/peer.ts";
import { type Column, figure, mebibytes, renderTable } from "./report/table.ts";

export const HOG = { kind: "handler", app: "hog" } as const;

const LIMIT_BYTES = 1024 ** 3;
const WATCH_MS = 5;
const CLIENTS = 8;
const PAUSE_MS = 2;

export interface HogResult {
  server: string;
  steady: SteadyResult;
  peakBytes: number;
  end: string;
}

export interface HogOptions {
  placement: Placement;
  upstreamPort: number;
  seconds: number;
}

/** Null when the server does not start. */
export async function runHog(
  peer: Peer,
  { placement, upstreamPort, seconds }: HogOptions,
): Promise<HogResult | null> {
  const directory = mkdtempSync(join(tmpdir(), "nea-bench-"));
  const site = { directory, cpus: placement.server, upstreamPort };
  let started: Started | undefined;
  try {
    started = await peer.start(HOG, site);
    return await watch(peer.name, started, seconds);
  } catch {
    return null;
  } finally {
    await started?.process.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function watch(server: string, { process, port }: Started, hogSeconds: number): Promise<HogResult> {
  let peak = 0;
  let killed = false;
  const look = (): void => {
    peak = Math.max(peak, peakBytes(process.pid));
    if (killed || residentBytes(process.pid) < LIMIT_BYTES) return;
    killed = true;
    process.kill();
  };
  const timer = setInterval(look, WATCH_MS);
  const spec: SteadySpec = {
    port,
    path: "/hello/ada",
    hogPath: "/hog",
    clients: CLIENTS,
    pauseMs: PAUSE_MS,
    quietSeconds: 1,
    hogSeconds,
  };
  try {
    const steady = await builtIn<SteadyResult>("steady-load.ts", spec);
    return { server, steady, peakBytes: peak, end: endOf(killed, process.exit, steady) };
  } finally {
    clearInterval(timer);
  }
}

function endOf(killed: boolean, exit: string | null, { hog, hogMs }: SteadyResult): string {
  const after = hogMs === null ? "" : ` after ${Math.round(hogMs)} ms`;
  if (killed) return `killed at ${LIMIT_BYTES / 2 ** 30} GiB${after}`;
  if (exit !== null) return `died: ${exit}`;
  return hog === null ? "the hog was still running" : `hog answered ${hog}${after}`;
}

export function renderHog(results: readonly HogResult[]): string {
  const columns: Column[] = [
    { title: "server", align: "left" },
    { title: "answers" },
    { title: "errors" },
    { title: "p99 ms" },
    { title: "longest ms" },
    { title: "without hog" },
    { title: "peak MiB" },
    { title: "end", align: "left" },
  ];
  const rows = results.map(({ server, steady: { quiet, beside }, peakBytes: peak, end }) => [
    server,
    String(beside.answers),
    String(beside.errors),
    figure(beside.p99Ms),
    figure(beside.longestMs),
    figure(quiet.longestMs),
    mebibytes(peak),
    end,
  ]);
  return `\nhog: one request that keeps allocating beside ${CLIENTS} steady clients\n${renderTable(columns, rows)}`;
}
