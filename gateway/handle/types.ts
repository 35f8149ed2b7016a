/**
 * What an author imports: `import type { Handler } from "nea-gateway"`. Types only, nothing runs. Request, Response
 * and the rest are those of the author's own TypeScript library ("lib": ["dom"] or @types/node).
 */

/** A binding (`env.NAME`): an upstream that is reached without its address. */
export interface Fetcher {
  /** A path is enough; of a URL, only path and query count. Redirects are handed back, not followed. */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>;
}

/** The memory that a request runs in. */
export interface ArenaUsage {
  /** All of it, in bytes: the pool's `arena`. */
  readonly bytes: number;
  /** What is in use now, the image included, in steps of 64 KiB. Never falls during a request. */
  readonly usedBytes: number;
}

export interface Context {
  /**
   * Continues to the route's upstream, with this request or another, and resolves to its answer. Bodies that are not
   * read pass by the arena. Redirects are handed back, not followed. Rejects with a TypeError when there is no answer; a
   * handler that lets this very error pass answers as the route would without it (502, 503 or 504 with a PROXY_ code),
   * any other is its own failure (500).
   *
   * `return ctx.next()`, not awaited and with the client's method, gives the arena back at once, unless something else
   * is under way in it (a timer, a request, `waitUntil`): the request goes on as if the route had no handler, as one of
   * `proxy.slots`, and the upstream's `timeouts` hold for it instead of `limits.wall`.
   */
  next(request?: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** Keeps the arena until the promise has settled, even after the response was sent; `limits.wall` is the bound. */
  waitUntil(promise: Promise<unknown>): void;
  readonly arena: ArenaUsage;
}

/** Without a type argument a value of `env` may be used as the text or as the binding that the config says it is. */
export type EnvValue = string & Fetcher;

/** A module's default export: `export default { fetch(request, env, ctx) { ... } } satisfies Handler<Env>`. */
export interface Handler<Env = Record<string, EnvValue>> {
  fetch(request: Request, env: Env, ctx: Context): Response | Promise<Response>;
}

/** The other form: a function as the default export. */
export type HandlerFunction<Env = Record<string, EnvValue>> = Handler<Env>["fetch"];
