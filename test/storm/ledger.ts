// The gateway's counters as its own log says they must be: read line by line, in order, with the changes of configuration
// in between (a route that is gone is forgotten by the counters as well).
import type { LogLine } from "../support/gateway-process.ts";

/** Of a route's counters: they live as long as the route keeps its name, handler and pool. */
export interface CountedRoute {
  readonly name: string;
  readonly handler?: string | undefined;
  readonly pool?: string | undefined;
}

export const NO_ROUTE = "(none)";

export class Ledger {
  /** By `route class`. */
  requests = new Map<string, number>();
  /** By code. */
  readonly errors = new Map<string, number>();
  /** By `route cause`. */
  failures = new Map<string, number>();
  /** Lines that say the gateway itself made a mistake. */
  readonly faults: string[] = [];
  lines = 0;
  reloads = 0;
  failedReloads = 0;
  #routes: ReadonlyMap<string, string>;
  #next: readonly CountedRoute[] | undefined;

  constructor(routes: readonly CountedRoute[]) {
    this.#routes = keysOf(routes);
  }

  /** What the next "reloaded" stands for. */
  expect(routes: readonly CountedRoute[]): void {
    this.#next = routes;
  }

  read(line: LogLine): void {
    this.lines++;
    if (line.msg === "request") this.#request(line);
    else if (line.msg === "broken") count(this.errors, String(line["code"]));
    else if (line.msg === "reloaded") this.#adopt();
    else if (line.msg?.startsWith("reload failed")) this.failedReloads++;
    else if ("cause" in line) this.#failure(line);
    if (line["code"] === "GATEWAY_FAULT" || line["level"] === FATAL) this.faults.push(JSON.stringify(line));
  }

  #request({ route, status, code }: LogLine): void {
    const known = typeof route === "string" && this.#routes.has(route) ? route : NO_ROUTE;
    count(this.requests, `${known} ${classOf(Number(status))}`);
    if (typeof code === "string") count(this.errors, code);
  }

  #failure({ route, cause }: LogLine): void {
    if (typeof route === "string" && this.#routes.has(route))
      count(this.failures, `${route} ${String(cause)}`);
  }

  #adopt(): void {
    this.reloads++;
    if (this.#next === undefined) return;
    const [before, now] = [this.#routes, keysOf(this.#next)];
    const stays = (key: string) => {
      const route = key.slice(0, key.lastIndexOf(" "));
      return route === NO_ROUTE || (before.has(route) && before.get(route) === now.get(route));
    };
    this.requests = new Map([...this.requests].filter(([key]) => stays(key)));
    this.failures = new Map([...this.failures].filter(([key]) => stays(key)));
    this.#routes = now;
    this.#next = undefined;
  }
}

/** pino's figure. */
const FATAL = 60;

function keysOf(routes: readonly CountedRoute[]): Map<string, string> {
  return new Map(routes.map(({ name, handler, pool }) => [name, `${handler} ${pool}`]));
}

function classOf(status: number): string {
  return status >= 100 && status < 600 ? `${Math.trunc(status / 100)}xx` : "none";
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
