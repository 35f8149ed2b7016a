/**
 * The admin port: what probes, Prometheus and operators ask. It needs no slot, so it answers while every slot is taken.
 * Owner: the process. Bound: bounds.ts (connections, streams, bytes of answers); when full, idle connections are
 * closed first, then new ones are not accepted. Watched by nea_admin_*.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostPort } from "../config/types.ts";
import { createServer } from "../shared/node-http.ts";
import type { Api } from "./api.ts";
import { ADMIN_CONNECTIONS, ADMIN_HEAD_BYTES, ADMIN_SCRAPES } from "./bounds.ts";
import type { Family } from "./exposition.ts";
import { LiveStreams, liveEvent } from "./live-streams.ts";
import type { AdminCounters } from "./metrics/admin.ts";
import type { Page } from "./page.ts";
import { Replies } from "./replies.ts";
import { writeMetrics } from "./scrape.ts";

/** For a request to arrive, and for an answer to move. */
const TIMEOUT_MS = 5000;
/** node looks for requests that take too long this often. */
const CHECK_INTERVAL_MS = 1000;
/** From here on idle connections are closed, so that a probe always gets in. */
const CROWDED = ADMIN_CONNECTIONS - 16;

/** What the port shows once the gateway is there. */
export interface Shown {
  readonly api: Api;
  readonly page: Page;
  families(): readonly Family[];
}

export class AdminServer implements AdminCounters {
  readonly #server: Server;
  readonly #address: HostPort;
  readonly #streams = new LiveStreams();
  readonly #replies = new Replies();
  #connections = 0;
  #scrapes = 0;
  #dropped = 0;
  #shown: Shown | undefined;
  #ready: () => boolean = () => false;
  #note: () => string | null = () => null;

  constructor(address: HostPort) {
    this.#address = address;
    const timeouts = { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS, keepAliveTimeout: TIMEOUT_MS };
    const options = {
      ...timeouts,
      maxHeaderSize: ADMIN_HEAD_BYTES,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    };
    this.#server = createServer(options, (req, res) => this.#answer(req, res));
    this.#server.maxConnections = ADMIN_CONNECTIONS;
    this.#server.setTimeout(2 * TIMEOUT_MS);
    this.#server.on("connection", (socket) => {
      this.#connections++;
      socket.once("close", () => this.#connections--);
      if (this.#connections > CROWDED) this.#server.closeIdleConnections();
    });
    this.#server.on("drop", () => this.#dropped++);
  }

  get connections(): number {
    return this.#connections;
  }

  get streams(): number {
    return this.#streams.count;
  }

  get refused(): number {
    return this.#replies.refused + this.#dropped;
  }

  /** `note`: what a person should know who looks at a gateway that is ready. */
  setReady(ready: () => boolean, note: () => string | null): void {
    this.#ready = ready;
    this.#note = note;
  }

  show(shown: Shown): void {
    this.#shown = shown;
  }

  listen(): Promise<AddressInfo> {
    const { host, port } = this.#address;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => resolve(this.#server.address() as AddressInfo));
    });
  }

  /** Tells all open pages how things are; made only if there is one. */
  pushLive(): void {
    if (this.#shown && this.#streams.count > 0) this.#streams.push(liveEvent(this.#shown.api.live()));
  }

  close(): Promise<void> {
    this.#streams.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    return closed;
  }

  #answer({ method, url = "/" }: IncomingMessage, res: ServerResponse): void {
    const replies = this.#replies;
    if (method !== "GET" && method !== "HEAD") {
      return replies.text(res, 405, "GET only\n", { allow: "GET, HEAD", connection: "close" });
    }
    const path = url.split("?", 1)[0]!;
    if (path === "/livez") return replies.text(res, 200, "ok\n");
    if (path === "/readyz") return this.#readiness(res);
    const shown = this.#shown;
    if (!shown) return replies.refuse(res, "starting\n");
    if (path === "/metrics") return this.#metrics(res, shown);
    if (path === "/api/live") return this.#live(res, shown);
    const asset = shown.page.get(path);
    if (asset) return replies.send(res, 200, asset.type, asset.body);
    const json = shown.api.answer(path);
    if (json) return replies.send(res, 200, "application/json; charset=utf-8", json);
    replies.text(res, 404, "not found\n");
  }

  #readiness(res: ServerResponse): void {
    const note = this.#note();
    const more = note === null ? "" : `${note}\n`;
    if (this.#ready()) this.#replies.text(res, 200, `ready\n${more}`);
    else this.#replies.text(res, 503, `not ready\n${more}`);
  }

  #metrics(res: ServerResponse, { families }: Shown): void {
    if (this.#scrapes >= ADMIN_SCRAPES) return this.#replies.refuse(res, "busy with other scrapes\n");
    this.#scrapes++;
    void writeMetrics(res, families()).finally(() => this.#scrapes--);
  }

  #live(res: ServerResponse, { api }: Shown): void {
    if (this.#streams.full) return this.#replies.refuse(res, "too many open pages\n");
    this.#streams.add(res, liveEvent(api.live()));
  }
}
