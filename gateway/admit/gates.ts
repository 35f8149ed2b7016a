/** Every gate by whose it is: one per pool, one for what no handler claims, one for upgraded connections. */
import type { GatewayConfig, RouteConfig } from "../config/types.ts";
import { Gate, type GateOptions, type Share } from "./gate.ts";

/** Names of the gates that are no pool's. No pool may have them. */
export const PROXY_GATE = "proxy";
export const UPGRADE_GATE = "upgrades";

export class Gates {
  readonly #byName: ReadonlyMap<string, Gate>;

  constructor(config: GatewayConfig) {
    this.#byName = new Map(
      Object.entries(optionsOf(config)).map(([name, options]) => [name, new Gate(options)]),
    );
  }

  /** `name` is a pool's or one of the above; a reload changes none of them. */
  of(name: string): Gate {
    return this.#byName.get(name)!;
  }

  reconfigure(config: GatewayConfig): void {
    for (const [name, options] of Object.entries(optionsOf(config))) this.of(name).reconfigure(options);
  }

  [Symbol.iterator](): IterableIterator<[name: string, gate: Gate]> {
    return this.#byName.entries();
  }
}

/** Of all gates that there are with this configuration. */
export function gateNamesOf(config: GatewayConfig): string[] {
  return Object.keys(optionsOf(config));
}

function optionsOf({ pools, proxy, upgrades, routes }: GatewayConfig): Record<string, GateOptions> {
  const withShares = (gate: string, options: Omit<GateOptions, "shares">): [string, GateOptions] => {
    const shares = routes.flatMap((route): [string, Share][] => {
      const share = shareOf(route, gate);
      return share ? [[route.name, share]] : [];
    });
    return [gate, { ...options, shares: Object.fromEntries(shares) }];
  };
  return Object.fromEntries([
    ...Object.values(pools).map((pool) => withShares(pool.name, pool)),
    withShares(PROXY_GATE, proxy),
    // No queue: a client of a long-lived connection can come again.
    withShares(UPGRADE_GATE, { slots: upgrades.slots, queueLength: 0, queueWaitMs: 0 }),
  ]);
}

/** What a handler passes on is proxied: its route's cap holds there as well; a reserve is of the pool alone. */
function shareOf({ slots, handler, upgrade }: RouteConfig, gate: string): Share | null {
  if (slots === null) return null;
  const own = upgrade ? UPGRADE_GATE : (handler?.pool ?? PROXY_GATE);
  if (gate === own) return slots;
  return gate === PROXY_GATE && handler ? { reserve: 0, cap: slots.cap } : null;
}
