/**
 * Open pages: each gets the same event once a second. Owner: the admin server. Bound: ADMIN_STREAMS clients; one event
 * under way to each (a client that has not taken the last one misses the next). Released when its connection closes.
 *
 * Source: HTML Living Standard, section 9.2 (Server-sent events).
 */
import type { ServerResponse } from "node:http";
import { ADMIN_STREAMS } from "./bounds.ts";
import { head } from "./replies.ts";

/** Longer than a tick, so that a page which lost its connection is back before anybody worries. */
const RETRY_MS = 2000;

export class LiveStreams {
  readonly #clients = new Set<ServerResponse>();

  get count(): number {
    return this.#clients.size;
  }

  get full(): boolean {
    return this.#clients.size >= ADMIN_STREAMS;
  }

  add(res: ServerResponse, first: Buffer): void {
    this.#clients.add(res);
    res.once("close", () => this.#clients.delete(res));
    head(res, 200, "text/event-stream; charset=utf-8", { "x-accel-buffering": "no" });
    res.write(`retry: ${RETRY_MS}\n\n`);
    res.write(first);
  }

  push(event: Buffer): void {
    for (const res of this.#clients) {
      if (res.writableLength === 0) res.write(event);
    }
  }

  close(): void {
    for (const res of this.#clients) res.end();
  }
}

/** JSON has no line breaks, so one line of data it is. */
export function liveEvent(json: string): Buffer {
  return Buffer.from(`data: ${json}\n\n`);
}
