/**
 * The JSON that the admin port answers with, by path. An answer is made at most once in FRESH_MS, however many ask: the
 * I/O thread has requests to serve. Bound: the last answer of each path.
 */
import { liveView } from "./views/live-view.ts";
import { overflowsView } from "./views/overflows-view.ts";
import { planView } from "./views/plan-view.ts";
import { slotsView } from "./views/slots-view.ts";
import type { Sources } from "./sources.ts";

const FRESH_MS = 200;

type View = (sources: Sources) => unknown;

const VIEWS: Readonly<Record<string, View>> = {
  "/api/slots": slotsView,
  "/api/overflows": ({ figures }) => overflowsView(figures.failures),
  "/api/plan": planView,
  "/api/fleet": ({ fleet }) => ({ fleet: fleet?.view() ?? null }),
};

interface Made {
  readonly body: Buffer;
  readonly atMs: number;
}

export class Api {
  readonly #sources: Sources;
  readonly #made = new Map<string, Made>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Undefined: there is no such path. */
  answer(path: string): Buffer | undefined {
    const [, id] = /^\/api\/overflows\/(\d{1,15})$/.exec(path) ?? [];
    if (id !== undefined) return this.#sources.figures.failures.captureOf(Number(id));
    const view = Object.hasOwn(VIEWS, path) ? VIEWS[path] : undefined;
    return view && this.#fresh(path, view);
  }

  live(): string {
    return JSON.stringify(liveView(this.#sources));
  }

  #fresh(path: string, view: View): Buffer {
    const nowMs = performance.now();
    const known = this.#made.get(path);
    if (known && nowMs - known.atMs < FRESH_MS) return known.body;
    const body = Buffer.from(`${JSON.stringify(view(this.#sources))}\n`);
    this.#made.set(path, { body, atMs: nowMs });
    return body;
  }
}
