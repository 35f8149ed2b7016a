// A TCP relay that can stop relaying: what a hung server, a full pipe or a lost route looks like from the client.
import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

export class TroubledLink {
  /** While true, bytes go nowhere; connections are still accepted. */
  stalled = false;
  /** Open connections of clients, and how many there ever were. */
  open = 0;
  accepted = 0;
  port = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, target));
  }

  static async start(target: number): Promise<TroubledLink> {
    const link = new TroubledLink(target);
    link.#server.listen(0, "127.0.0.1");
    await once(link.#server, "listening");
    link.port = (link.#server.address() as AddressInfo).port;
    return link;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket, target: number): void {
    this.open++;
    this.accepted++;
    client.once("close", () => this.open--);
    const server = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (chunk) => void (this.stalled || to.write(chunk)));
      from.on("error", () => {});
      from.once("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
