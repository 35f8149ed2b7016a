/**
 * Handlers while they are bundled: each file once, and the next one while an image is made of the last. Needs no arenas, so it may
 * begin before there are any.
 */
import type { RouteConfig } from "../config/types.ts";
import { type Bundle, bundle, stopBundler } from "./bundle.ts";
import { type Platform, featuresFor, namesOf, platformOf, platformScript } from "./platform.ts";

/** What becomes of a handler's file. */
export interface Prepared {
  readonly bundle: Bundle;
  readonly platform: Platform;
}

/** Where it is done: in this thread, or in one of its own (workshop-thread.ts). */
export interface Workbench {
  /** A handler's bundle, and the names of the platform's features that it asks for. Throws BundleError. */
  bundle(file: string): Promise<{ bundle: Bundle; features: readonly string[] }>;
  /** The platform's script with these features. */
  script(features: readonly string[]): Promise<string>;
  /** Nothing more is to be done here; resolves when esbuild's process is gone. */
  close(): Promise<void>;
}

export const workbenchHere: Workbench = {
  async bundle(file) {
    const made = await bundle(file);
    return { bundle: made, features: namesOf(await featuresFor(made.code)) };
  },
  script: platformScript,
  close: stopBundler,
};

export class Workshop {
  readonly #prepared = new Map<string, Promise<Prepared>>();
  readonly #bench: Workbench;

  constructor(bench = workbenchHere) {
    this.#bench = bench;
  }

  /** One at a time: the plan's term for esbuild holds for one. */
  begin(route: RouteConfig | undefined): void {
    if (!route?.handler) return;
    // Whoever waits for it hears of its faults.
    this.prepare(route.handler.file).catch(() => {});
  }

  prepare(file: string): Promise<Prepared> {
    let prepared = this.#prepared.get(file);
    if (!prepared) this.#prepared.set(file, (prepared = this.#prepare(file)));
    return prepared;
  }

  close(): Promise<void> {
    return this.#bench.close();
  }

  async #prepare(file: string): Promise<Prepared> {
    const { bundle, features } = await this.#bench.bundle(file);
    return { bundle, platform: await platformOf(features, (names) => this.#bench.script(names)) };
  }
}
