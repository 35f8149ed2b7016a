// The upstream end of a WebSocket, as far as the tests need it (RFC 6455): the handshake, and frames in and out.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo, Socket } from "node:net";

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export function encode(opcode: number, payload: Buffer | string): Buffer {
  const data = Buffer.from(payload);
  const head =
    data.length < 126
      ? Buffer.from([0x80 | opcode, data.length])
      : Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0, ...lengthBytes(data.length)]);
  return Buffer.concat([head, data]);
}

function lengthBytes(length: number): number[] {
  return [length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
}

/** Takes whole frames off the front; returns them and what is left. */
export function decode(bytes: Buffer): { frames: Frame[]; rest: Buffer } {
  const frames: Frame[] = [];
  for (;;) {
    const frame = first(bytes);
    if (frame === null) return { frames, rest: bytes };
    frames.push(frame);
    bytes = bytes.subarray(frame.bytes);
  }
}

function first(bytes: Buffer): (Frame & { bytes: number }) | null {
  if (bytes.length < 2) return null;
  const short = (bytes[1] as number) & 127;
  const masked = (bytes[1] as number) > 127;
  const at = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < at) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? bytes.readUInt32BE(6) : short;
  const start = at + (masked ? 4 : 0);
  if (bytes.length < start + length) return null;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  if (masked)
    for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ (bytes[at + (i % 4)] as number);
  return { opcode: (bytes[0] as number) & 15, payload, bytes: start + length };
}

export interface WebSocketOriginTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Clients must have a certificate of this authority. */
  readonly ca?: Buffer;
  readonly requestCert?: boolean;
}

type OnFrame = (frame: Frame, socket: Socket) => void;

/** Echoes messages, answers pings and closes, unless told otherwise. */
export const echo: OnFrame = ({ opcode, payload }, socket) => {
  if (opcode === PING) socket.write(encode(PONG, payload));
  else if (opcode === CLOSE) socket.end(encode(CLOSE, payload));
  else socket.write(encode(opcode, payload));
};

export class WebSocketOrigin {
  readonly upgrades: IncomingMessage[] = [];
  readonly sockets: Socket[] = [];
  onFrame: OnFrame = echo;
  /** Instead of the handshake. */
  onUpgrade: ((req: IncomingMessage, socket: Socket) => void) | null = null;
  readonly #server: Server;
  #waiters: (() => void)[] = [];

  readonly #scheme: "http" | "https";

  private constructor(tls?: WebSocketOriginTls) {
    this.#scheme = tls === undefined ? "http" : "https";
    const plain = (_req: IncomingMessage, res: { end(text: string): unknown }): void => void res.end("plain");
    this.#server = tls === undefined ? createServer(plain) : createTls(tls, plain);
    this.#server.on("upgrade", (req, socket, head) => this.#upgrade(req, socket as Socket, head));
  }

  static async start(tls?: WebSocketOriginTls): Promise<WebSocketOrigin> {
    const origin = new WebSocketOrigin(tls);
    await new Promise<void>((resolve) => origin.#server.listen(0, "127.0.0.1", resolve));
    return origin;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #upgrade(req: IncomingMessage, socket: Socket, head: Buffer): void {
    this.upgrades.push(req);
    this.sockets.push(socket);
    socket.on("error", () => {}).on("close", () => this.#signal());
    socket.on("end", () => socket.end());
    if (this.onUpgrade !== null) this.onUpgrade(req, socket);
    else this.#join(req, socket, head);
    this.#signal();
  }

  #join(req: IncomingMessage, socket: Socket, head: Buffer): void {
    const key = createHash("sha1").update(
      `${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    );
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade, X-Secret\r\nX-Secret: s\r\nX-Kept: k\r\n" +
        `Sec-WebSocket-Accept: ${key.digest("base64")}\r\n\r\n`,
    );
    let rest = head;
    const take = (chunk: Buffer): void => {
      const decoded = decode(Buffer.concat([rest, chunk]));
      rest = decoded.rest;
      for (const frame of decoded.frames) this.onFrame(frame, socket);
    };
    socket.on("data", take);
    take(Buffer.alloc(0));
  }

  #signal(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
