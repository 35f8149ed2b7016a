import type { Checker } from "../evidence.ts";
import type { Standing } from "../standing.ts";

/** When the last client has left, everything is free again and nothing has been left open. */
export const nothingLost: Checker = ({ before, after }) => lostSince(before, after);

export function lostSince(before: Standing, after: Standing): string[] {
  return [
    ...after.slotsTaken.map((slot) => `slot ${slot} is still taken`),
    ...(["permits", "waiting", "requests", "connections", "upstreamRequests", "upgrades"] as const)
      .filter((what) => after[what] > 0)
      .map((what) => `${after[what]} ${what} are left`),
    ...(["threads", "descriptors", "imagesBytes"] as const)
      .filter((what) => after[what] > before[what])
      .map((what) => `${what}: ${before[what]} before, ${after[what]} after`),
  ];
}
