// The gateway in the storm. A part of the hostile handlers is loaded at a time; each good reload brings the next part, so
// that all of them have their turn, and images of two generations share the room for images.
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseConfig } from "../../gateway/config.ts";
import { planOf } from "../../gateway/plan.ts";
import { MemoryCgroup } from "../chart/memory-cgroup.ts";
import { HANDLER_NAMES } from "../hostile/hostile-gateway.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import type { Random } from "../support/random.ts";
import { Book } from "./book.ts";
import { Ledger } from "./ledger.ts";
import { LogReader } from "./log-reader.ts";
import { type Upstreams, faultyConfigs, routesOf, stormConfig } from "./storm-config.ts";

/** Hostile handlers loaded at once. */
const PART = 20;
const PAGE_BYTES = 4096;
const LOOK_MS = 20;
/** A reload makes some thirty images beside everything else that goes on. */
const RELOAD_MS = 60_000;

export interface StartOptions {
  /** Run it in a memory cgroup as large as its plan. */
  readonly cgroup: boolean;
  readonly log: object;
}

export class StormGateway {
  readonly process: GatewayProcess;
  readonly cgroup: MemoryCgroup | undefined;
  readonly book = new Book();
  readonly ledger: Ledger;
  readonly log: LogReader;
  readonly #configOf: (part: number) => ReturnType<typeof stormConfig>;
  readonly #order: readonly string[];
  /** Of the configuration that serves. */
  #part = 0;

  private constructor(upstreams: Upstreams, random: Random, { cgroup, log }: StartOptions) {
    this.#order = shuffled(HANDLER_NAMES, random);
    this.#configOf = (part) => stormConfig(upstreams, this.#namesOf(part), log);
    const config = this.#configOf(0);
    this.cgroup = cgroup ? cgroupFor(config) : undefined;
    this.process = GatewayProcess.spawn(config);
    // It replaces itself before it has allocated anything worth counting; from then on everything is counted here.
    if (this.cgroup) writeFileSync(`${this.cgroup.directory}/cgroup.procs`, String(this.process.pid));
    this.ledger = new Ledger(config.routes);
    this.log = new LogReader(this.process, this.book, this.ledger);
  }

  static async start(upstreams: Upstreams, random: Random, options: StartOptions): Promise<StormGateway> {
    const gateway = new StormGateway(upstreams, random, options);
    const { process } = gateway;
    try {
      await process.until(() => process.port !== 0 && process.adminPort !== 0);
      return gateway;
    } catch (error) {
      await gateway.remove();
      throw error;
    }
  }

  /** Paths of the hostile handlers that are loaded. */
  get hostilePaths(): readonly string[] {
    return this.#namesOf(this.#part).map((name) => `/hostile/${name}`);
  }

  /** Brings the next part of the hostile handlers. */
  async loadNext(): Promise<void> {
    await this.#load((this.#part + PART) % this.#order.length);
  }

  /** Brings back the part that it was started with. */
  async loadFirst(): Promise<void> {
    await this.#load(0);
  }

  async loadFaulty(random: Random): Promise<void> {
    writeFileSync(this.process.configFile, random.pick(faultyConfigs(this.#configOf(this.#part))));
    await this.#reload();
  }

  async #load(part: number): Promise<void> {
    writeFileSync(this.process.configFile, JSON.stringify(this.#configOf(part)));
    this.ledger.expect(routesOf(this.#namesOf(part)));
    await this.#reload();
    this.#part = part;
  }

  /** Nothing of it stays, however the storm went. */
  async remove(): Promise<void> {
    this.log.stop();
    await this.process.stop("SIGKILL");
    this.cgroup?.remove();
  }

  /** Until the log says what became of it. */
  async #reload(): Promise<void> {
    const tried = () => this.ledger.reloads + this.ledger.failedReloads;
    const before = tried();
    this.process.child.kill("SIGHUP");
    const untilMs = performance.now() + RELOAD_MS;
    while (tried() === before) {
      await sleep(LOOK_MS);
      this.#checkAlive();
      if (performance.now() > untilMs)
        throw new Error("the gateway was told to reload, and the log has no end of it");
    }
  }

  #checkAlive(): void {
    const { child, errorText } = this.process;
    if (child.exitCode === null && child.signalCode === null) return;
    const kills = this.cgroup === undefined ? "" : `; processes killed for memory: ${this.cgroup.kills}`;
    throw new Error(`the gateway ended: ${child.exitCode ?? child.signalCode}${kills}\n${errorText}`);
  }

  #namesOf(part: number): readonly string[] {
    return [...this.#order, ...this.#order].slice(part, part + PART);
  }
}

function cgroupFor(config: object): MemoryCgroup | undefined {
  const { totalBytes } = planOf(parseConfig(JSON.stringify(config), inRepository("storm.yaml"), {}));
  // The kernel counts whole pages.
  const limitBytes = Math.ceil(totalBytes / PAGE_BYTES) * PAGE_BYTES;
  return MemoryCgroup.create(`nea-storm-${process.pid}`, limitBytes);
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const list = [...values];
  for (let last = list.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}
