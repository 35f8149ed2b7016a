/**
 * Handlers while they are bundled, in esbuild's process: needs no arenas, so it may begin before there are any. While requests are
 * served it gives way to them, as the reading of the configuration does.
 */
import type { RouteConfig } from "../config/types.ts";
import { ASIDE_NICE, childrenGiveWay } from "../shared/give-way.ts";
import { type Bundle, bundle } from "./bundle.ts";
import { type Platform, platformFor } from "./platform.ts";

/** What esbuild makes of a handler's file. */
export interface Prepared {
  readonly bundle: Bundle;
  readonly platform: Platform;
}

export class Workshop {
  readonly #prepared = new Map<string, Promise<Prepared>>();
  readonly #givesWay: boolean;

  constructor({ givesWay }: { givesWay: boolean }) {
    this.#givesWay = givesWay;
  }

  /** One at a time: the plan's term for esbuild holds for one. */
  begin(route: RouteConfig | undefined): void {
    if (!route?.handler) return;
    // Whoever waits for it hears of its faults.
    this.prepare(route.handler.file).catch(() => {});
  }

  prepare(file: string): Promise<Prepared> {
    let prepared = this.#prepared.get(file);
    if (!prepared) {
      this.#prepared.set(file, (prepared = prepare(file)));
      if (this.#givesWay) childrenGiveWay(ASIDE_NICE);
    }
    return prepared;
  }
}

async function prepare(file: string): Promise<Prepared> {
  const bundled = await bundle(file);
  return { bundle: bundled, platform: await platformFor(bundled.code) };
}
