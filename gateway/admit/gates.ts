/** Every gate by whose it is: one per pool, one for what no handler claims, one for upgraded connections. */
import type { GatewayConfig, RouteConfig } from "../config/types.ts";
import { Gate, type GateOptions } from "./gate.ts";

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

function optionsOf({ pools, proxy, upgrades, routes }: GatewayConfig): Record<string, GateOptions> {
  const withShares = (name: string, options: Omit<GateOptions, "shares">): [string, GateOptions] => {
    const own = routes.filter(({ slots, ...route }) => slots !== null && gateNameOf(route) === name);
    return [name, { ...options, shares: Object.fromEntries(own.map((route) => [route.name, route.slots!])) }];
  };
  return Object.fromEntries([
    ...Object.values(pools).map((pool) => withShares(pool.name, pool)),
    withShares(PROXY_GATE, proxy),
    // No queue: a client of a long-lived connection can come again.
    withShares(UPGRADE_GATE, { slots: upgrades.slots, queueLength: 0, queueWaitMs: 0 }),
  ]);
}

function gateNameOf({ handler, upgrade }: Pick<RouteConfig, "handler" | "upgrade">): string {
  return upgrade ? UPGRADE_GATE : (handler?.pool ?? PROXY_GATE);
}
