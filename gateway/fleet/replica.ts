/**
 * What a gateway tells the others about itself, and how what others told is read: it comes from outside, so it is
 * checked, bounded, and dropped whole if anything about it is wrong.
 */
import { z } from "zod";

const VERSION = 1;

const name = z.string().min(1).max(100);
const bytes = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const count = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const time = z.iso.datetime();
const milliseconds = z.number().min(0).nullable();

const pool = z.object({ name, slots: count, inUse: count, waiting: count, queueLength: count });

const reportSchema = z.object({
  v: z.literal(VERSION),
  id: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
  version: name,
  startedAt: time,
  ready: z.boolean(),
  generation: count,
  reloadFailed: z.boolean(),
  intervalMs: z.number().min(100).max(60_000),
  planBytes: bytes,
  limitBytes: bytes.nullable(),
  rssBytes: bytes,
  pools: z.array(pool).max(66),
  requestsPerSecond: z.number().min(0),
  refusedPerSecond: z.number().min(0),
  failures: count,
  p50Ms: milliseconds,
  p99Ms: milliseconds,
});

export type Report = z.output<typeof reportSchema>;
/** What the gateway knows of itself; the fleet adds who it is and how often it tells. */
export type OwnFigures = Omit<Report, "v" | "id" | "intervalMs">;

export function writeReport(figures: OwnFigures, id: string, intervalMs: number): Report {
  return { v: VERSION, id, intervalMs, ...figures };
}

/** Undefined for anything that is not a report of this version. */
export function readReport(text: string): Report | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return reportSchema.safeParse(value).data;
}
