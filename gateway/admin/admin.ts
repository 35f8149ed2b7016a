/**
 * The admin side as one thing: the figures that the gateway fills, what is made of them once a second, the fleet, and the
 * port that shows it all. Owner: the process. Bound: bounds.ts.
 */
import type { AddressInfo } from "node:net";
import type { FleetConfig, GatewayConfig } from "../config/types.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { OwnFigures } from "../fleet/replica.ts";
import type { Plan } from "../plan.ts";
import type { Log } from "../shared/log.ts";
import type { MemoryLimit } from "../shared/memory-limit.ts";
import { Api } from "./api.ts";
import { Figures } from "./figures.ts";
import { identityOf } from "./identity.ts";
import { allFamilies } from "./metrics/families.ts";
import { ownFigures } from "./own-figures.ts";
import type { Page } from "./page.ts";
import { ProcessMemory } from "./process-memory.ts";
import { Pulse } from "./pulse.ts";
import { AdminServer } from "./server.ts";
import type { Sources, Watched } from "./sources.ts";

export interface AdminParts {
  readonly config: GatewayConfig;
  readonly plan: Plan;
  readonly limit: MemoryLimit | undefined;
  readonly log: Log;
  readonly page: Page;
}

/** The client for Redis and the schema of reports: 80 ms and 20 MiB, for those who have a fleet. */
const loadFleet = () => import("../fleet/fleet.ts");

export class Admin {
  readonly figures: Figures;
  readonly #parts: AdminParts;
  readonly #server: AdminServer;
  readonly #memory = new ProcessMemory();
  readonly #identity = identityOf();
  #sources: Sources | undefined;
  #fleet: Fleet | null = null;
  #fleetConfig: FleetConfig | null = null;
  #pulse: Pulse | undefined;

  constructor(parts: AdminParts) {
    this.#parts = parts;
    this.#server = new AdminServer(parts.config.admin);
    this.figures = new Figures(parts.config);
  }

  /** /livez answers from here on; everything else when `watch` has been called. */
  async listen(): Promise<AddressInfo> {
    // Not when the first requests are there.
    if (this.#parts.config.fleet) await loadFleet();
    return this.#server.listen();
  }

  watch(watched: Watched): void {
    const pulse = new Pulse(this.figures, watched.gateway.gates, () => this.#tick());
    const { plan, limit, log, page } = this.#parts;
    const fleet = () => this.#fleet;
    const sources: Sources = {
      ...watched,
      identity: this.#identity,
      figures: this.figures,
      pulse,
      memory: this.#memory,
      log,
      plan,
      limit,
      get fleet() {
        return fleet();
      },
    };
    this.#pulse = pulse;
    this.#sources = sources;
    this.#server.setReady(watched.ready, () => watched.pressure.note);
    this.#server.show({ api: new Api(sources), page, families: () => allFamilies(sources, this.#server) });
    void this.#useFleet(watched.gateway.generation.config.fleet);
  }

  #tick(): void {
    void this.#useFleet(this.#sources!.gateway.generation.config.fleet);
    this.#server.pushLive();
  }

  async close(): Promise<void> {
    this.#pulse?.stop();
    this.#fleetConfig = null;
    await Promise.all([this.#server.close(), this.#fleet?.stop()]);
  }

  /** Joins, leaves or changes the fleet as the configuration says. */
  async #useFleet(config: FleetConfig | null): Promise<void> {
    if (config === this.#fleetConfig || JSON.stringify(config) === JSON.stringify(this.#fleetConfig)) return;
    this.#fleetConfig = config;
    void this.#fleet?.stop();
    this.#fleet = null;
    if (config === null) return;
    const { Fleet } = await loadFleet();
    if (this.#fleetConfig !== config) return;
    this.#fleet = new Fleet(config, () => this.#ownFigures(), this.#parts.log.logger);
    this.#fleet.start();
  }

  #ownFigures(): OwnFigures {
    return ownFigures(this.#sources!);
  }
}
