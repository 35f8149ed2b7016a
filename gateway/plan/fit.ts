/** `nea plan --memory 512Mi`: how many slots fit. */
import type { GatewayConfig, PoolConfig } from "../config/types.ts";
import { SLOTS } from "../limits.ts";
import { planOf } from "../plan.ts";

export interface PoolFit {
  readonly name: string;
  readonly arenaBytes: number;
  readonly slots: number;
  /** What the configuration says. */
  readonly slotsNow: number;
}

export interface Fit {
  readonly pools: readonly PoolFit[];
  /** The plan with these slots. */
  readonly totalBytes: number;
}

/**
 * The most slots with which the plan fits into `memoryBytes`, the pools in the proportions that the configuration has.
 * Null: not even one slot in each pool fits.
 */
export function fitSlots(config: GatewayConfig, memoryBytes: number): Fit | null {
  const pools = Object.values(config.pools);
  const fits = (slots: readonly number[]) =>
    slots.reduce((sum, count) => sum + count, 0) <= SLOTS &&
    planOf(withSlots(config, slots)).totalBytes <= memoryBytes;
  const scaled = (factor: number) => pools.map((pool) => atLeastOne(pool.slots * factor));
  if (!fits(scaled(0))) return null;
  let [low, high] = [0, SLOTS];
  // Doubling the precision 40 times leaves no slot undecided.
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (fits(scaled(middle))) low = middle;
    else high = middle;
  }
  const slots = fillUp(pools, scaled(low), fits);
  return {
    pools: pools.map(({ name, arenaBytes, slots: slotsNow }, i) => ({
      name,
      arenaBytes,
      slots: slots[i]!,
      slotsNow,
    })),
    totalBytes: planOf(withSlots(config, slots)).totalBytes,
  };
}

/** The least memory that holds one slot in each pool. */
export function leastBytes(config: GatewayConfig): number {
  return planOf(
    withSlots(
      config,
      Object.values(config.pools).map(() => 1),
    ),
  ).totalBytes;
}

/** What rounding down has left goes to the pools with the smallest arenas. */
function fillUp(
  pools: readonly PoolConfig[],
  slots: number[],
  fits: (slots: readonly number[]) => boolean,
): number[] {
  const order = pools.map((_, i) => i).sort((a, b) => pools[a]!.arenaBytes - pools[b]!.arenaBytes);
  for (const index of order) {
    while (fits(slots.with(index, slots[index]! + 1))) slots[index]!++;
  }
  return slots;
}

function withSlots(config: GatewayConfig, slots: readonly number[]): GatewayConfig {
  const changed = Object.values(config.pools).map(
    (pool, i) => [pool.name, { ...pool, slots: slots[i]! }] as const,
  );
  return { ...config, pools: Object.fromEntries(changed) };
}

function atLeastOne(slots: number): number {
  return Math.max(1, Math.floor(slots));
}
