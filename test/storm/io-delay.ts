// How late the gateway's I/O thread came to its work, as the gateway itself says (nea_io_delay_*), looked at all along.
import type { GatewayProcess } from "../support/gateway-process.ts";
import { metricsOf } from "./standing.ts";

/** The gateway's figures are of the last ten seconds; looked at twice in that time, none is missed. */
const EVERY_MS = 5000;

export class IoDelay {
  readonly p99Ms: number[] = [];
  readonly maxMs: number[] = [];
  readonly #gateway: GatewayProcess;
  readonly #timer: NodeJS.Timeout;

  constructor(gateway: GatewayProcess) {
    this.#gateway = gateway;
    this.#timer = setInterval(() => void this.#look(), EVERY_MS).unref();
  }

  async #look(): Promise<void> {
    const metrics = await metricsOf(this.#gateway).catch(() => undefined);
    if (!metrics) return;
    this.p99Ms.push(metrics.value("nea_io_delay_p99_seconds") * 1000);
    this.maxMs.push(metrics.value("nea_io_delay_max_seconds") * 1000);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#look();
  }
}
