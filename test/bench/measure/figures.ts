/** From the rounds of one server to what is shown of it. */
import type { Workload } from "../workloads.ts";
import { type CpuTime, totalUs } from "./cpu.ts";
import type { ServerResult } from "./measure-workload.ts";
import type { Sample } from "./sample.ts";
import { median, spread } from "./statistics.ts";

export interface Figures {
  /** Requests, megabytes or messages. */
  perSecond: number;
  /** Of perSecond, see statistics.ts. */
  spread: number;
  /** null where no request came to its end. */
  p50Ms: number | null;
  p99Ms: number | null;
  errors: number;
  /** null where the kernel does not tell. */
  cpuUs: number | null;
  cpuUsByThread: CpuTime | null;
  perCpuSecond: number | null;
  cpuSpread: number | null;
  /** CPU time by wall time: 1 is one processor used up. */
  busy: number | null;
  peakBytes: number;
}

const BYTES_PER_MB = 1e6;
const US_PER_SECOND = 1e6;

export function figuresOf(workload: Workload, { samples, peakBytes }: ServerResult): Figures {
  const of = (value: (sample: Sample) => number) => median(samples.map(value));
  const rates = samples.map((sample) => units(workload, sample) / sample.seconds);
  return {
    perSecond: median(rates),
    spread: spread(rates),
    p50Ms: of(({ p50Ms }) => p50Ms) || null,
    p99Ms: of(({ p99Ms }) => p99Ms) || null,
    errors: samples.reduce((sum, { errors }) => sum + errors, 0),
    peakBytes,
    ...cpuFigures(workload, samples),
  };
}

function cpuFigures(workload: Workload, samples: readonly Sample[]) {
  const measured = samples.flatMap((sample) => (sample.cpu ? [{ ...sample, cpu: sample.cpu }] : []));
  if (measured.length === 0) {
    return { cpuUs: null, cpuUsByThread: null, perCpuSecond: null, cpuSpread: null, busy: null };
  }
  const perUnit = (part: (cpu: CpuTime) => number) =>
    measured.map((sample) => part(sample.cpu) / units(workload, sample));
  const perCpuSecond = perUnit(totalUs).map((us) => US_PER_SECOND / us);
  return {
    cpuUs: median(perUnit(totalUs)),
    cpuUsByThread: {
      io: median(perUnit(({ io }) => io)),
      arena: median(perUnit(({ arena }) => arena)),
      other: median(perUnit(({ other }) => other)),
    },
    perCpuSecond: median(perCpuSecond),
    cpuSpread: spread(perCpuSecond),
    busy: median(measured.map(({ cpu, seconds }) => totalUs(cpu) / US_PER_SECOND / seconds)),
  };
}

/** How many times the other's work one server does with the same CPU time: the median over rounds, each by itself. */
export function ratio(workload: Workload, one: ServerResult, other: ServerResult): number | null {
  const ratios = one.samples.flatMap((sample, round) => {
    const against = other.samples[round];
    if (!sample.cpu || !against?.cpu) return [];
    return [
      units(workload, sample) / totalUs(sample.cpu) / (units(workload, against) / totalUs(against.cpu)),
    ];
  });
  return ratios.length === 0 ? null : median(ratios);
}

function units({ unit }: Workload, { requests, bytes }: Sample): number {
  return Math.max(unit === "MB" ? bytes / BYTES_PER_MB : requests, Number.MIN_VALUE);
}
