/**
 * How the gateway stops. On the first SIGTERM or SIGINT: not ready, accept on for `drain.delay` (load balancers need that
 * long to notice), then no new connections, and what is in flight finishes; exit 0. At `drain.deadline`, or on a second
 * signal: the rest is cut off; exit 0 if nothing was lost, otherwise 1.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "./admin/admin.ts";
import type { Arenas } from "./arena/arenas.ts";
import type { DrainConfig } from "./config/types.ts";
import type { Gateway } from "./gateway.ts";
import type { Logger } from "./shared/log.ts";
import { SIGNALS } from "./signals.ts";

export interface ShutdownParts {
  gateway: Gateway;
  admin: Admin;
  arenas: Arenas;
  logger: Logger;
  drain: DrainConfig;
}

export class Shutdown {
  ready = true;
  /** Resolves with the exit code. */
  readonly finished: Promise<number>;
  readonly #parts: ShutdownParts;
  #finish!: (code: number) => void;
  #signals = 0;
  readonly #hurry = new AbortController();

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#signals++;
    this.#parts.logger.info({ signal }, this.#signals === 1 ? "draining" : "stopping at once");
    if (this.#signals === 1) void this.#drain();
    else this.#hurry.abort();
  };

  async #drain(): Promise<void> {
    const { gateway, drain } = this.#parts;
    const startedMs = performance.now();
    this.ready = false;
    gateway.listener.drain();
    await this.#pause(Math.min(drain.delayMs, drain.deadlineMs));
    void gateway.listener.close();
    const leftMs = Math.max(0, drain.deadlineMs - (performance.now() - startedMs));
    await Promise.race([gateway.idle(), this.#pause(leftMs)]);
    gateway.endUpgrades();
    await this.#stop(gateway.active === 0 ? 0 : 1);
  }

  /** Cut short by a second signal. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#hurry.signal, ref: false }).catch(() => {});
  }

  async #stop(code: number): Promise<void> {
    const { gateway, admin, arenas, logger } = this.#parts;
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    gateway.listener.destroy();
    gateway.generation.destroy();
    await Promise.all([admin.close(), arenas.close()]);
    logger.info({ cutOff: gateway.active }, "stopped");
    this.#finish(code);
  }
}
