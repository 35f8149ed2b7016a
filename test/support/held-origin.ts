// An upstream that keeps every request until the test lets it go.
import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export class HeldOrigin {
  port = 0;
  /** The requests that came, in order. */
  readonly requests: IncomingMessage[] = [];
  #held: ServerResponse[] = [];
  #open = false;
  readonly #server: Server;
  #arrivals: (() => void)[] = [];

  private constructor() {
    this.#server = createServer((req, res) => {
      this.requests.push(req);
      if (this.#open) res.end("released");
      else this.#held.push(res);
      for (const wake of this.#arrivals.splice(0)) wake();
    });
  }

  static async start(): Promise<HeldOrigin> {
    const origin = new HeldOrigin();
    origin.#server.listen(0, "127.0.0.1");
    await once(origin.#server, "listening");
    origin.port = (origin.#server.address() as AddressInfo).port;
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when so many requests have come. */
  async arrived(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#arrivals.push(resolve));
  }

  /** From now on requests are held again, and counted anew. */
  hold(): void {
    this.#open = false;
    this.requests.length = 0;
  }

  /** Answers what is held and whatever comes from now on. */
  release(): void {
    this.#open = true;
    for (const res of this.#held.splice(0)) res.end("released");
  }

  async stop(): Promise<void> {
    this.release();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}
