/**
 * Hot reload: when a file that the running generation was made from changes, everything is loaded anew and checked whole;
 * only then does the new generation take over, between two requests. The old one finishes its requests in the same
 * slots. A faulty change leaves the old generation running; what is wrong is logged and kept in `last`.
 *
 * Directories are watched, not files: editors replace files, and Kubernetes swaps a symbolic link (`..data`) in the
 * directory of a mounted ConfigMap.
 */
import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import type { Arenas } from "./arena/arenas.ts";
import { ConfigError } from "./config/faults.ts";
import { loadConfigAside } from "./config/load-aside.ts";
import { changesThatNeedRestart } from "./config/restart.ts";
import type { Gateway } from "./gateway.ts";
import { Generation, signatureOf } from "./generation.ts";
import { HandlerLoadError } from "./handle/handler-set.ts";
import { WorkbenchThread } from "./handle/workshop-thread.ts";
import { Workshop } from "./handle/workshop.ts";
import type { Deadlines } from "./proxy/deadlines.ts";
import type { Logger } from "./shared/log.ts";

export interface ReloadParts {
  gateway: Gateway;
  arenas: Arenas;
  deadlines: Deadlines;
  logger: Logger;
}

export interface ReloadResult {
  ok: boolean;
  /** ISO 8601. */
  at: string;
  /** What is wrong, with file:line:column; "" if nothing is. */
  problem: string;
}

/** Several files change at a time (a ConfigMap, an editor's save): look this long after the first. */
const SETTLE_MS = 200;

export class Reloader {
  /** The last attempt since the start; undefined before the first. */
  last: ReloadResult | undefined;
  /** Counts generations: 1 is the one the gateway started with. */
  generation = 1;
  /** Attempts that left the old generation running. */
  failures = 0;
  readonly #parts: ReloadParts;
  #watchers: FSWatcher[] = [];
  /** The state of the files that was tried last and found faulty: tried again only when it changes. */
  #tried = "";
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /** Watches the files of the running generation, if its configuration says so. */
  start(): void {
    const { generation } = this.#parts.gateway;
    this.stop();
    if (!generation.config.watch) return;
    const directories = new Set(generation.files.map((file) => dirname(file)));
    for (const directory of directories) this.#watch(directory);
    // What changed while the generation was being made is not in it.
    this.#changed();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#changed());
      watcher.on("error", () => {});
      this.#watchers.push(watcher);
    } catch (error) {
      this.#parts.logger.warn({ directory, error: String(error) }, "cannot watch for changes");
    }
  }

  #changed(): void {
    // Not started anew by each event: something else in the directory (a log) may change all the time.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { files, signature } = this.#parts.gateway.generation;
      const now = signatureOf(files);
      if (now === signature || now === this.#tried) return;
      this.#tried = now;
      void this.reload();
    }, SETTLE_MS);
    this.#timer.unref();
  }

  /** Loads everything anew. One at a time; a change that comes meanwhile leads to another one. */
  async reload(): Promise<void> {
    while (this.#running) await this.#running;
    this.#running = this.#reload();
    await this.#running;
    this.#running = undefined;
  }

  async #reload(): Promise<void> {
    const { gateway, arenas, deadlines, logger } = this.#parts;
    try {
      const readAtMs = Date.now();
      const config = await loadConfigAside(gateway.generation.config.file);
      const fixed = changesThatNeedRestart(gateway.generation.config, config);
      if (fixed.length > 0) throw new RestartNeeded(`a restart is needed to change ${fixed.join(", ")}`);
      const generation = await Generation.open({ config, readAtMs }, arenas, deadlines, {
        before: gateway.generation,
        workshop: new Workshop(new WorkbenchThread()),
      });
      generation.tell(logger);
      gateway.adopt(generation);
      this.generation++;
      this.#report(true, "");
      this.start();
    } catch (error) {
      const expected = [ConfigError, HandlerLoadError, RestartNeeded].some((kind) => error instanceof kind);
      this.#report(false, expected ? (error as Error).message : String((error as Error).stack));
    }
  }

  #report(ok: boolean, problem: string): void {
    this.last = { ok, at: new Date().toISOString(), problem };
    if (!ok) this.failures++;
    const { logger } = this.#parts;
    if (ok) logger.info({ generation: this.generation }, "reloaded");
    else logger.error({ generation: this.generation, problem }, "reload failed, the old configuration stays");
  }
}

class RestartNeeded extends Error {}
