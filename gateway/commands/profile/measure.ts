/** Runs one request again and again in an arena and writes down what it needs. */
import { GrowthLog } from "../../arena/growth-log.ts";
import { MAILBOX_BYTES, PAGE_BYTES } from "../../arena/layout.ts";
import { InProcessArena } from "../../testing/test-arena.ts";
import type { ArenaOptions, ArenaResult } from "../../testing/types.ts";
import { FrameSampler } from "./frame-sampler.ts";
import { Tally } from "./tally.ts";

export interface Measured {
  /** Of the last run. */
  result: ArenaResult;
  arenaBytes: number;
  /** What the arena holds before the request: the image, and what the gateway keeps for itself. */
  restBytes: number;
  /** Of the runs after the warm-up. */
  cpu: CpuTimes;
  /** Bytes by which the heap grew in the last run, by line. */
  growth: Tally;
  /** Samples of who was running, by line. */
  samples: Tally;
  warmed: readonly string[];
  loadLogs: readonly string[];
}

export interface CpuTimes {
  runs: number;
  middleMs: number;
  /** 95 of 100 runs took no longer. */
  mostMs: number;
}

export interface Asked {
  path: string;
  init: RequestInit;
  runs: number;
}

const LOG_BYTES = 8 * 1024 * 1024;

/** Enough for V8 to have optimized the engine's hot functions. */
const WARM_UP_RUNS = 30;
const WARM_UP_CPU_MS = 400;
const MEASURE_MS = 4000;

/** A request that fails is run once: it would do the same again. */
export async function measure(options: ArenaOptions, asked: Asked): Promise<Measured> {
  const growthLog = GrowthLog.make(LOG_BYTES);
  const arena = await InProcessArena.open(options, growthLog);
  try {
    return await measureIn(arena, growthLog, asked);
  } finally {
    await arena.close();
  }
}

async function measureIn(arena: InProcessArena, growthLog: GrowthLog, asked: Asked): Promise<Measured> {
  const { image, positions } = arena.handler;
  const samples = new Tally(positions);
  const sampler = new FrameSampler([...arena.arenas.pools.values()][0]!.slots[0]!, image, samples);
  const run = () => {
    growthLog.clear();
    return arena.fetch(asked.path, asked.init);
  };
  sampler.start();
  let result = await run();
  const cpuMs = [result.cpuMs];
  if (result.code === null && asked.runs > 1) {
    await warmUp(run);
    samples.clear();
    cpuMs.length = 0;
    const endMs = performance.now() + MEASURE_MS;
    while (cpuMs.length < asked.runs && (cpuMs.length === 0 || performance.now() < endMs)) {
      result = await run();
      cpuMs.push(result.cpuMs);
    }
  }
  sampler.stop();
  return {
    result,
    arenaBytes: arena.bytes,
    restBytes: image.topPages * PAGE_BYTES + MAILBOX_BYTES,
    cpu: timesOf(cpuMs),
    growth: growthOf(growthLog, new Tally(positions)),
    samples,
    warmed: arena.warmed,
    loadLogs: arena.loadLogs,
  };
}

function timesOf(cpuMs: number[]): CpuTimes {
  const sorted = cpuMs.sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))]!;
  return { runs: sorted.length, middleMs: at(0.5), mostMs: at(0.95) };
}

async function warmUp(run: () => Promise<ArenaResult>): Promise<void> {
  let spentMs = 0;
  for (let runs = 0; runs < WARM_UP_RUNS && spentMs < WARM_UP_CPU_MS; runs++) spentMs += (await run()).cpuMs;
}

function growthOf(log: GrowthLog, tally: Tally): Tally {
  for (const { pages, frames } of log.read()) tally.add(frames, pages * PAGE_BYTES);
  return tally;
}
