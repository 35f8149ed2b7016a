/**
 * The upstream of the proxy benchmarks, a process of its own on the load's processors: raw sockets and answers made
 * beforehand, so that it is no slower than what it is used to measure. Takes requests without bodies only. Prints
 * its port.
 *
 * GET /1k, /1m, /100m: that many bytes. An upgrade: a WebSocket that echoes frames (RFC 6455).
 */
import { type AddressInfo, type Socket, createServer } from "node:net";
import { acceptKey, unmaskFrames } from "./load/websocket-frames.ts";

const MIB = 1024 * 1024;
const SIZES: Readonly<Record<string, number>> = { "1k": 1024, "1m": MIB, "100m": 100 * MIB };
const CHUNK = Buffer.alloc(256 * 1024, "origin. ");
const HEAD_END = "\r\n\r\n";
const MOST_HEAD_CHARACTERS = 16_384;

class Connection {
  readonly #socket: Socket;
  #text = "";
  /** Requests wait here while a large answer is under way. */
  #busy = false;
  #frames: Buffer | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  #take(chunk: Buffer): void {
    if (this.#frames) return this.#echo(chunk);
    this.#text += chunk.toString("latin1");
    if (this.#text.length > MOST_HEAD_CHARACTERS) this.#socket.destroy();
    else this.#next();
  }

  #next(): void {
    while (!this.#busy) {
      const end = this.#text.indexOf(HEAD_END);
      if (end === -1) return;
      const head = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + HEAD_END.length);
      const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1];
      if (key !== undefined) return this.#upgrade(key);
      this.#answer(SIZES[/^GET \/([^? ]*)/.exec(head)?.[1] ?? ""] ?? 0);
    }
  }

  #answer(bytes: number): void {
    const head = `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${bytes}${HEAD_END}`;
    if (bytes <= CHUNK.length) {
      this.#socket.write(Buffer.concat([Buffer.from(head), CHUNK.subarray(0, bytes)]));
      return;
    }
    this.#busy = true;
    this.#socket.write(head);
    this.#send(bytes);
  }

  #send(left: number): void {
    for (; left > 0; left -= CHUNK.length) {
      const part = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      if (this.#socket.write(part)) continue;
      const rest = left - part.length;
      this.#socket.once("drain", () => this.#send(rest));
      return;
    }
    this.#busy = false;
    this.#next();
  }

  #upgrade(key: string): void {
    this.#frames = Buffer.alloc(0);
    this.#socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n" +
        `sec-websocket-accept: ${acceptKey(key)}${HEAD_END}`,
    );
  }

  #echo(chunk: Buffer): void {
    const { echoed, rest } = unmaskFrames(Buffer.concat([this.#frames!, chunk]));
    this.#frames = rest;
    if (echoed.length > 0) this.#socket.write(echoed);
  }
}

const server = createServer((socket) => void new Connection(socket)).listen(0, "127.0.0.1", () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
});
