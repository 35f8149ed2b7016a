/** The admin port: what probes and operators ask. It answers while every slot is taken, as it needs none. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostPort } from "../config/types.ts";

const MAX_CONNECTIONS = 64;
const TIMEOUT_MS = 5000;

export class AdminServer {
  readonly #server: Server;
  readonly #address: HostPort;
  #ready: () => boolean = () => false;

  constructor(address: HostPort) {
    this.#address = address;
    this.#server = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS }, (req, res) =>
      this.#answer(req, res),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  setReady(ready: () => boolean): void {
    this.#ready = ready;
  }

  listen(): Promise<AddressInfo> {
    const { host, port } = this.#address;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => resolve(this.#server.address() as AddressInfo));
    });
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer({ url = "/" }: IncomingMessage, res: ServerResponse): void {
    const path = url.split("?", 1)[0];
    if (path === "/livez") return plain(res, 200, "ok\n");
    if (path === "/readyz") return this.#ready() ? plain(res, 200, "ready\n") : plain(res, 503, "not ready\n");
    plain(res, 404, "not found\n");
  }
}

function plain(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  res.end(text);
}
