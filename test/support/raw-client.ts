// A client that sends exactly the bytes it is given.
import { connect, type Socket } from "node:net";
import { readResponse, Wire, type Message } from "./wire.ts";

export class RawClient {
  readonly socket: Socket;
  readonly wire = new Wire();
  /** Resolves when the connection is gone: "end" after an orderly close, "reset" otherwise. */
  readonly closed: Promise<"end" | "reset">;
  bytes = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    let error: Error | null = null;
    let ended = false;
    socket.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.wire.push(chunk);
    });
    socket.on("error", (cause) => (error = cause));
    socket.on("end", () => {
      ended = true;
      this.wire.end();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.wire.end(error);
        resolve(ended && error === null ? "end" : "reset");
      });
    });
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true }, () =>
        resolve(new RawClient(socket)),
      );
      socket.once("error", reject);
    });
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  response(method = "GET"): Promise<Message> {
    return readResponse(this.wire, method);
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** One connection, one request, one answer. */
export async function ask(port: number, bytes: string, method = "GET"): Promise<Message> {
  const client = await RawClient.connect(port);
  client.send(bytes);
  try {
    return await client.response(method);
  } finally {
    client.destroy();
  }
}
