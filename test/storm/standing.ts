// What the gateway holds at one moment: slots, permits, connections, threads, descriptors. Read from its admin port and
// from the kernel.
import { readdirSync } from "node:fs";
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { PoolView, SlotsView } from "../../gateway/admin/views/shapes.ts";
import { ask } from "../support/client.ts";
import { Exposition } from "../support/exposition.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";

export interface Standing {
  /** "hostile 3 running", ... */
  readonly slotsTaken: readonly string[];
  /** By gate: permits that are out, and requests that wait. */
  readonly permits: number;
  readonly waiting: number;
  readonly requests: number;
  readonly connections: number;
  readonly upstreamRequests: number;
  readonly upgrades: number;
  readonly imagesBytes: number;
  readonly threads: number;
  /** Open files that are not connections kept to upstreams. */
  readonly descriptors: number;
}

/** Over connections of their own: a kept one may be closed just when it is used again. */
async function read({ adminUrl }: GatewayProcess, path: string): Promise<string> {
  const { status, body, error } = await ask(`${adminUrl}${path}`, { agent: new Agent() });
  if (status !== 200) throw new Error(`${path} answers ${status} ${error}`);
  return body;
}

export async function metricsOf(gateway: GatewayProcess): Promise<Exposition> {
  return new Exposition(await read(gateway, "/metrics"));
}

export async function standingOf(gateway: GatewayProcess): Promise<Standing> {
  const { pools, gates } = JSON.parse(await read(gateway, "/api/slots")) as SlotsView;
  const metrics = await metricsOf(gateway);
  const all = [...pools, ...gates];
  return {
    slotsTaken: pools.flatMap(takenOf),
    permits: all.reduce((sum, { inUse }) => sum + inUse, 0),
    waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
    requests: metrics.value("nea_requests_in_flight"),
    connections: metrics.value("nea_connections"),
    upstreamRequests:
      metrics.value("nea_upstream_requests_in_flight") + metrics.value("nea_upstream_requests_waiting"),
    upgrades: metrics.value("nea_upstream_upgrades"),
    imagesBytes: metrics.value("nea_images_used_bytes"),
    threads: readdirSync(`/proc/${gateway.pid}/task`).length,
    descriptors: readdirSync(`/proc/${gateway.pid}/fd`).length - metrics.value("nea_upstream_connections"),
  };
}

/** A condemned slot that nobody holds is wiped when it is next taken: it is not lost. */
function takenOf({ name, slotList }: PoolView): string[] {
  return slotList
    .filter(({ state, requestId }) => state === "running" || state === "resetting" || requestId !== null)
    .map(({ index, state, requestId }) => `${name} ${index} ${state} ${requestId ?? ""}`);
}

const LOOK_MS = 100;

/** The standing once `over` holds of it, or after `patienceMs`: what is held then is lost. */
export async function standingWhen(
  over: (standing: Standing) => boolean,
  gateway: GatewayProcess,
  patienceMs: number,
): Promise<Standing> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    const standing = await standingOf(gateway);
    if (over(standing) || performance.now() >= untilMs) return standing;
    await sleep(LOOK_MS);
  }
}
