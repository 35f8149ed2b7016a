// The listening socket. Owner: the gateway. Bounds: `connections` open sockets that are served, `overflow` more that are
// answered 503 and closed, further ones closed unread, the kernel's backlog behind those; what a connection may hold
// stands in connection.ts. Released by `close()`. Watched through `connections` and `refusedConnections`.
import { createServer as createPlain, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";
import { GatewayError } from "../errors.ts";
import type { Certificate } from "./certificate.ts";
import { TrustedProxies } from "./client-address.ts";
import { Connection, type ConnectionHandlers, type ConnectionOwner } from "./connection.ts";
import type { HeadLimits } from "./head.ts";
import { readByShared } from "./shared-read.ts";

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Served at the same time; one more gets a 503. */
  readonly connections: number;
  /** How many may be getting that 503 at the same time; beyond, the connection is closed unread. */
  readonly overflow: number;
  readonly headBytes: number;
  readonly head: HeadLimits;
  /** From the first byte of a head to its end. */
  readonly headMs: number;
  readonly keepAliveMs: number;
  /** 0: no limit. */
  readonly requestsPerConnection: number;
  readonly bufferBytes: number;
  readonly backlog: number;
  readonly trustedProxies: readonly string[];
  /** What is read and dropped of a request body after its answer, before the connection is cut. */
  readonly restBytes: number;
  readonly restMs: number;
  readonly certificate?: Certificate | undefined;
}

/** How often connections look at their timeouts, which are late by that at most. */
const CHECK_INTERVAL_MS = 1000;

export class Listener implements ConnectionOwner {
  readonly options: ListenerOptions;
  readonly proxies: TrustedProxies;
  readonly keepAliveFields: string;
  readonly handlers: ConnectionHandlers;
  readonly #server: Server;
  readonly #open = new Set<Connection>();
  /** Sockets, those in a TLS handshake included. */
  #sockets = 0;
  #timer: NodeJS.Timeout | null = null;
  #onEmpty: (() => void) | null = null;
  draining = false;
  closing = false;
  refusedConnections = 0;

  constructor(options: ListenerOptions, handlers: ConnectionHandlers) {
    this.options = options;
    this.handlers = handlers;
    this.proxies = new TrustedProxies(options.trustedProxies);
    const keepAliveS = Math.floor(options.keepAliveMs / 1000);
    this.keepAliveFields = `connection: keep-alive\r\nkeep-alive: timeout=${keepAliveS}\r\n`;
    this.#server = this.#create();
    // Accepting can fail (no file descriptors left) and succeed again; the process must outlive it.
    this.#server.on("error", () => void (this.refusedConnections += 1));
  }

  /** Open connections, those being refused included. */
  get connections(): number {
    return this.#sockets;
  }

  listen(): Promise<AddressInfo> {
    const { host, port, backlog } = this.options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, backlog }, () => {
        this.#server.off("error", reject);
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /** From now on every answer closes its connection. New connections are still accepted. */
  drain(): void {
    this.draining = true;
    for (const connection of this.#open) connection.drain();
  }

  /** Accepts nothing more, closes idle connections, and resolves when the last one, upgraded ones too, is closed. */
  close(): Promise<void> {
    this.drain();
    this.closing = true;
    this.#server.close();
    for (const connection of this.#open) connection.closeIfIdle();
    if (this.#sockets === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#onEmpty = resolve));
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const connection of this.#open) connection.socket.destroy();
  }

  #create(): Server {
    const { certificate, bufferBytes, headMs } = this.options;
    const tcp = { allowHalfOpen: true, noDelay: true, highWaterMark: bufferBytes };
    if (certificate === undefined) {
      return createPlain({ ...tcp, pauseOnConnect: true }, (accepted) => this.#acceptPlain(accepted));
    }
    const server = createTls({ ...tcp, ...certificate.tlsOptions(), handshakeTimeout: headMs });
    server.on("connection", (socket: Socket) => void (this.#hasRoom(socket) && this.#count(socket)));
    server.on("secureConnection", (socket) => this.#serveTls(socket));
    server.on("tlsClientError", (_, socket) => void socket.destroy());
    certificate.attach(server);
    return server;
  }

  #acceptPlain(accepted: Socket): void {
    if (!this.#hasRoom(accepted)) return;
    let connection: Connection | undefined;
    const socket = readByShared(accepted, this.options.bufferBytes, (bytes) => connection!.read(bytes));
    this.#count(socket);
    connection = this.#welcome(socket);
  }

  #serveTls(socket: Socket): void {
    if (socket.destroyed) return;
    const connection = this.#welcome(socket);
    socket.on("data", (bytes: Buffer) => void connection.read(bytes));
  }

  /** False: there is none, and the socket is closed. */
  #hasRoom(socket: Socket): boolean {
    const { connections, overflow } = this.options;
    if (this.#sockets < connections + overflow) return true;
    this.refusedConnections += 1;
    socket.destroy();
    return false;
  }

  #count(socket: Socket): void {
    this.#sockets += 1;
    socket.once("close", () => {
      this.#sockets -= 1;
      if (this.#sockets === 0) this.#onEmpty?.();
    });
  }

  #welcome(socket: Socket): Connection {
    const overCap = this.#sockets > this.options.connections;
    if (overCap) this.refusedConnections += 1;
    const refusal = overCap ? new GatewayError("ACCEPT_TOO_MANY_CONNECTIONS", `${this.#sockets} open`) : null;
    const connection = new Connection(socket, this, refusal);
    this.#open.add(connection);
    socket.once("close", () => this.#open.delete(connection));
    this.#timer ??= setInterval(() => this.#check(), CHECK_INTERVAL_MS).unref();
    return connection;
  }

  #check(): void {
    if (this.#open.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    const nowMs = performance.now();
    for (const connection of this.#open) connection.check(nowMs);
  }
}
