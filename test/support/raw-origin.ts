// An upstream made of a bare socket: it reads strictly (wire.ts), keeps what it read, and answers with whatever
// bytes the test wants, or by hand.
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Cut, readRequest, Wire, type Message } from "./wire.ts";

export interface OriginConnection {
  readonly socket: Socket;
  readonly wire: Wire;
  readonly number: number;
}

/** Bytes to answer with; null: the function did it itself. */
export type Answer = (request: Message, connection: OriginConnection) => string | Buffer | null;

export const ok: Answer = () => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

export class RawOrigin {
  /** Every request read to its end. */
  readonly requests: Message[] = [];
  /** What could not be read as HTTP by the letter. */
  readonly faults: Error[] = [];
  /** Requests that broke off: seen as such, never as complete. */
  cut = 0;
  /** Every byte of every connection, in order of arrival. */
  readonly received: string[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  answer: Answer;
  /** Takes the next connections over entirely: nothing is read or answered here. */
  onConnection: ((socket: Socket) => void) | null = null;
  readonly #server: Server;
  #waiters: (() => void)[] = [];

  private constructor(answer: Answer) {
    this.answer = answer;
    this.#server = createServer({ noDelay: true }, (socket) => void this.#serve(socket));
  }

  static async start(
    answer: Answer = ok,
    where: { port: number; host?: string } | { path: string } = { port: 0, host: "127.0.0.1" },
  ): Promise<RawOrigin> {
    const origin = new RawOrigin(answer);
    await new Promise<void>((resolve) => origin.#server.listen(where, resolve));
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when `done()` holds; asked again after everything that happens here. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async request(n = 0): Promise<Message> {
    await this.until(() => this.requests.length > n || this.faults.length > 0);
    if (this.faults[0] !== undefined) throw this.faults[0];
    return this.requests[n] as Message;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Stops accepting, and cuts what is open, so that connecting fails. */
  vanish(): Promise<void> {
    return this.stop();
  }

  async #serve(socket: Socket): Promise<void> {
    const number = this.connections++;
    this.received[number] = "";
    this.sockets.add(socket);
    if (this.onConnection !== null) {
      socket.on("error", () => {}).on("close", () => this.#forget(socket));
      this.#signal();
      return this.onConnection(socket);
    }
    const wire = new Wire();
    socket.on("data", (chunk: Buffer) => {
      this.received[number] += chunk.toString("latin1");
      wire.push(chunk);
      this.#signal();
    });
    socket.on("error", () => {});
    socket.on("end", () => wire.end());
    socket.on("close", () => {
      wire.end();
      this.#forget(socket);
    });
    this.#signal();
    await this.#answerAll({ socket, wire, number });
  }

  async #answerAll(connection: OriginConnection): Promise<void> {
    try {
      while (await connection.wire.more()) {
        const request = await readRequest(connection.wire);
        this.requests.push(request);
        const bytes = this.answer(request, connection);
        if (bytes !== null) connection.socket.write(bytes);
        this.#signal();
      }
    } catch (fault) {
      if (fault instanceof Cut) this.cut += 1;
      else this.faults.push(fault as Error);
      this.#signal();
    }
  }

  #forget(socket: Socket): void {
    this.sockets.delete(socket);
    this.#signal();
  }

  #signal(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
