/**
 * Promise P6: before anything is made, the plan is held against what the process may use. Too big: it does not start, and
 * says which terms to look at and what would fit.
 */
import type { GatewayConfig } from "./config/types.ts";
import { type Plan, type Term, planOf, size } from "./plan.ts";
import { type MemoryLimit, memoryLimit } from "./shared/memory-limit.ts";

export class PlanError extends Error {
  override name = "PlanError";
}

/** The limit that counts: the configured one, or the container's. Undefined: nobody sets one. */
export function limitOf({ memory }: GatewayConfig): MemoryLimit | undefined {
  if (memory.limitBytes === null) return memoryLimit();
  return { bytes: memory.limitBytes, source: "config memory.limit" };
}

/** Throws PlanError when the plan does not fit; returns the limit otherwise. */
export function checkMemory(config: GatewayConfig, plan: Plan): MemoryLimit | undefined {
  const limit = limitOf(config);
  if (!limit || plan.totalBytes <= limit.bytes) return limit;
  const large = plan.terms
    .filter(({ bytes }) => bytes > plan.totalBytes * LARGE_SHARE)
    .sort((a, b) => b.bytes - a.bytes);
  const lines = [
    `the plan needs ${size(plan.totalBytes)}, the limit is ${size(limit.bytes)} (${limit.source})`,
    "",
    `terms over ${LARGE_SHARE * 100} %:`,
    ...large.map(
      ({ name, bytes, reason }: Term) => `  ${name.padEnd(22)}${size(bytes).padStart(9)}  ${reason}`,
    ),
    "",
    largestThatFits(config, limit.bytes),
  ];
  throw new PlanError(lines.join("\n"));
}

const LARGE_SHARE = 0.05;

/** The largest `slots` of the pool with the largest share, all else as it is. */
function largestThatFits(config: GatewayConfig, limitBytes: number): string {
  const [pool] = Object.values(config.pools).sort((a, b) => b.slots * b.arenaBytes - a.slots * a.arenaBytes);
  if (!pool) return "no pool is configured; lower limits.connections or proxy.slots";
  const fits = (slots: number) =>
    planOf({ ...config, pools: { ...config.pools, [pool.name]: { ...pool, slots } } }).totalBytes <=
    limitBytes;
  let [low, high] = [0, pool.slots];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  if (low === 0) return `not even 1 slot of pool ${pool.name} fits; lower other terms or raise the limit`;
  return `pools.${pool.name}.slots: ${low} would fit (now ${pool.slots})`;
}
