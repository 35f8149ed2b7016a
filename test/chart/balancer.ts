/**
 * A TCP balancer as a Service is one: a new connection goes to the next pod that is ready, and nothing is tried again.
 * Like the endpoints of a Service, the list of ready pods is a little behind the truth.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { LocalPod } from "./local-pod.ts";

const LOOK_MS = 100;

export class Balancer {
  readonly #server: Server;
  readonly #pods = new Set<LocalPod>();
  readonly #sockets = new Set<Socket>();
  #ready: readonly LocalPod[] = [];
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#join(client));
  }

  static async start(pods: readonly LocalPod[]): Promise<Balancer> {
    const balancer = new Balancer();
    for (const pod of pods) balancer.#pods.add(pod);
    await balancer.#look();
    balancer.#server.listen(0, "127.0.0.1");
    await once(balancer.#server, "listening");
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when it gets connections. */
  async add(pod: LocalPod): Promise<void> {
    this.#pods.add(pod);
    await this.#look();
  }

  remove(pod: LocalPod): void {
    this.#pods.delete(pod);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    const states = await Promise.all([...this.#pods].map(async (pod) => ({ pod, ready: await pod.ready() })));
    this.#ready = states.filter(({ ready }) => ready).map(({ pod }) => pod);
    if (!this.#closing.signal.aborted) this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  #join(client: Socket): void {
    const pod = this.#ready[this.#next++ % this.#ready.length];
    if (pod === undefined) return void client.destroy();
    const server = connect({ host: "127.0.0.1", port: pod.http, allowHalfOpen: true, noDelay: true });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroySoon();
      });
    }
  }
}
