/**
 * What a reload cannot change: the sockets that are open and the memory that is committed. The schema marks these keys
 * (`restart`), a test keeps the two lists equal.
 */
import type { GatewayConfig, Named } from "./types.ts";

const FIXED_AT_START: Readonly<Record<string, (config: GatewayConfig) => unknown>> = {
  "listen": ({ listen }) => listen,
  "admin": ({ admin }) => admin,
  "limits.connections": ({ limits }) => limits.connections,
  "limits.headBytes": ({ limits }) => limits.headBytes,
  "pools.NAME.slots": ({ pools }) => eachOf(pools, ({ slots }) => slots),
  "pools.NAME.arena": ({ pools }) => eachOf(pools, ({ arenaBytes }) => arenaBytes),
  "proxy.slots": ({ proxy }) => proxy.slots,
  "proxy.bufferBytes": ({ proxy }) => proxy.bufferBytes,
  "upgrades.slots": ({ upgrades }) => upgrades.slots,
  "threads": ({ threads }) => threads,
  "images": ({ imagesBytes }) => imagesBytes,
  "prefault": ({ prefault }) => prefault,
  "memory.limit": ({ memory }) => memory.limitBytes,
  "memory.headroom": ({ memory }) => memory.headroomBytes,
};

export const fixedKeys: readonly string[] = Object.keys(FIXED_AT_START);

/** The keys that differ and need a restart, by their names in the file; empty when a reload can take `after` whole. */
export function changesThatNeedRestart(before: GatewayConfig, after: GatewayConfig): string[] {
  const differs = ([, pick]: [string, (config: GatewayConfig) => unknown]) =>
    JSON.stringify(pick(before)) !== JSON.stringify(pick(after));
  return Object.entries(FIXED_AT_START)
    .filter(differs)
    .map(([key]) => key);
}

/** Sorted: the order in which pools are written down is no difference. */
function eachOf<T>(named: Named<T>, pick: (value: T) => unknown): unknown {
  return Object.keys(named)
    .sort()
    .map((name) => [name, pick(named[name] as T)]);
}
