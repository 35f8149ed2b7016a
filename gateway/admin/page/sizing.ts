/** Whether an arena has the right size for a route, in words: what the marks show. */
import type { RouteView } from "../views/shapes.ts";
import { bytes, number } from "./format.ts";

type Handler = NonNullable<RouteView["handler"]>;

/** Fewer requests than this say nothing about the next one. */
const ENOUGH_REQUESTS = 100;

export function sizing({ marks, arenaBytes, highestPeakBytes, failures }: Handler): string {
  const overflows = failures["memory"] ?? 0;
  if (overflows > 0) return `too small for ${number(overflows)}`;
  if (marks.reduce((sum, count) => sum + count, 0) < ENOUGH_REQUESTS) return "";
  if (highestPeakBytes > arenaBytes * 0.9) return "nearly full";
  return highestPeakBytes <= arenaBytes / 2 ? `${bytes(nextSize(highestPeakBytes))} would do` : "fits";
}

/** The next larger power of two with a tenth to spare. */
function nextSize(peakBytes: number): number {
  return 2 ** Math.ceil(Math.log2(peakBytes * 1.1));
}
