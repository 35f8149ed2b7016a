/**
 * Promise P6: before anything is made, the plan is held against what the process may use. Too big: it does not start, and
 * says which terms to look at and what would fit.
 */
import type { GatewayConfig } from "./config/types.ts";
import { fitSlots, leastBytes } from "./plan/fit.ts";
import { type Plan, type Term, size } from "./plan.ts";
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
    whatFits(config, limit.bytes),
  ];
  throw new PlanError(lines.join("\n"));
}

const LARGE_SHARE = 0.05;

/** The most slots that the limit has room for, as `nea plan --memory` has it. */
function whatFits(config: GatewayConfig, limitBytes: number): string {
  if (Object.keys(config.pools).length === 0)
    return "no pool is configured; lower limits.connections or proxy.slots";
  const fit = fitSlots(config, limitBytes);
  if (fit)
    return fit.pools
      .map(({ name, slots, slotsNow }) => `pools.${name}.slots: ${slots} would fit (now ${slotsNow})`)
      .join("\n");
  const least = size(leastBytes(config));
  return `not even 1 slot in each pool fits, which needs ${least}; lower other terms or raise the limit`;
}
