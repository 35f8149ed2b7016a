/**
 * The handlers' part of `nea check`: every handler of a configuration is bundled, evaluated and warmed as the gateway would
 * do it, in arenas of this process, and what came of it is told: faults, what each image takes of its arena, and what is
 * close to going wrong.
 */
import { Arenas } from "../../arena/arenas.ts";
import { loadEngine } from "../../arena/engine.ts";
import { IMAGE_HEADER_BYTES } from "../../arena/image.ts";
import { DATA_START, MAILBOX_BYTES, PAGE_BYTES } from "../../arena/layout.ts";
import { arenaWorkerCode } from "../../arena/worker-code.ts";
import type { GatewayConfig } from "../../config.ts";
import type { HandlerFault } from "../../handle/bundle.ts";
import {
  HandlerLoadError,
  type LoadedHandler,
  type LoadedHandlers,
  loadHandlers,
} from "../../handle/handler-set.ts";
import { warmFailures } from "../../handle/warm-failures.ts";
import { size } from "../../plan/table.ts";

export interface CheckedHandler {
  readonly name: string;
  readonly pool: string;
  /** What a reset copies, and what the images memory holds. */
  readonly imageBytes: number;
  /** What a request of this handler can use before it outgrows its arena. */
  readonly freeBytes: number;
  readonly arenaBytes: number;
}

export interface CheckedHandlers {
  readonly faults: readonly HandlerFault[];
  readonly handlers: readonly CheckedHandler[];
  /** Of all images together, of the room for them. */
  readonly imagesBytes: number;
  readonly warnings: readonly string[];
}

/** Below this part of its arena a request has little to itself, and larger arenas cost less than aborts. */
const LITTLE = 0.25;

export async function checkHandlers(config: GatewayConfig): Promise<CheckedHandlers> {
  const arenas = new Arenas({
    engine: loadEngine(),
    workerCode: await arenaWorkerCode(),
    // Images are made in the scratch arena; no request will run.
    pools: [],
    threads: 1,
    imagesBytes: config.imagesBytes,
    prefault: false,
    onLost: (error) => {
      throw error ?? new Error("an arena thread was lost");
    },
  });
  await arenas.ready();
  try {
    return report(config, await loadHandlers(config.routes, config.pools, arenas));
  } catch (error) {
    if (!(error instanceof HandlerLoadError)) throw error;
    return { faults: error.faults, handlers: [], imagesBytes: 0, warnings: [] };
  } finally {
    await arenas.close();
  }
}

function report(config: GatewayConfig, loaded: LoadedHandlers): CheckedHandlers {
  const handlers = new Map<string, CheckedHandler>();
  const images = new Map<LoadedHandler["image"], number>();
  const warnings: string[] = [];
  for (const { name: route, handler } of config.routes) {
    if (handler === null) continue;
    const known = loaded.get(route)!;
    images.set(known.image, known.image.bytes + IMAGE_HEADER_BYTES);
    const checked = describe(known, handler.pool, config.pools[handler.pool]!.arenaBytes);
    if (!handlers.has(`${checked.name} ${handler.pool}`)) warnings.push(...warningsOf(checked));
    handlers.set(`${checked.name} ${handler.pool}`, checked);
  }
  for (const { route, request, outcome } of warmFailures(config.routes, loaded)) {
    warnings.push(`route ${route}: warm request ${request}: ${outcome}`);
  }
  const imagesBytes = [...images.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (2 * imagesBytes > config.imagesBytes) {
    const needed = size(2 * imagesBytes);
    warnings.push(
      `images is ${size(config.imagesBytes)}: a reload keeps two generations, which takes up to ${needed}`,
    );
  }
  return { faults: [], handlers: [...handlers.values()], imagesBytes, warnings };
}

function describe({ name, image }: LoadedHandler, pool: string, arenaBytes: number): CheckedHandler {
  const freeBytes = arenaBytes - MAILBOX_BYTES - image.topPages * PAGE_BYTES;
  return { name, pool, imageBytes: image.bytes, freeBytes, arenaBytes };
}

function warningsOf({ name, pool, freeBytes, arenaBytes }: CheckedHandler): string[] {
  if (freeBytes >= (arenaBytes - DATA_START) * LITTLE) return [];
  return [
    `${name}: its image leaves ${size(Math.max(0, freeBytes))} of an arena of pool ${pool} (${size(arenaBytes)}) to a request`,
  ];
}
