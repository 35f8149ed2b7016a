// The listening socket and everything node's HTTP server does for us. Owner: the gateway. Bounds: `connections`
// open sockets that are served, `overflow` more that are answered 503 and closed, the kernel's backlog behind
// those; per connection one head of `headBytes`, one exchange, and buffers of `bufferBytes` each way.
// Released by `close()`. Watched through `connections` and `refusedConnections`.
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { GatewayError } from "../errors.ts";
import type { Deadlines } from "../proxy/deadlines.ts";
import { endStream, rawRefusal } from "../reply/refuse.ts";
import { discardRest } from "../reply/rest.ts";
import { createServer as createHttp } from "../shared/node-http.ts";
import { ParserFaults } from "./parser-faults.ts";
import { TrustedProxies } from "./client-address.ts";
import { Connection, EarlyRequests } from "./connection.ts";
import { Exchange, UpgradeExchange } from "./exchange.ts";
import { headOfRefused, readHead, type HeadLimits } from "./head.ts";
import type { Certificate } from "./certificate.ts";

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Served at the same time; one more gets a 503. */
  readonly connections: number;
  /** How many may be getting that 503 at the same time; beyond, the kernel's connection is closed unread. */
  readonly overflow: number;
  readonly headBytes: number;
  readonly head: HeadLimits;
  /** From the first byte of a head to its end. */
  readonly headMs: number;
  /** From the first byte of a head to the end of the body; 0: bodies are timed by their progress alone. */
  readonly requestMs: number;
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

export interface ListenerHandlers {
  /** Every request that has a head, also one with a `fault`. */
  onExchange(exchange: Exchange): void;
  /** An upgrade that `allowsUpgrade` let through. */
  onUpgrade(upgrade: UpgradeExchange): void;
  /** Only for GET with `Upgrade: websocket`; false: the field is ignored, as RFC 9110 section 7.8 allows. */
  allowsUpgrade(req: IncomingMessage): boolean;
  /** Bytes that never became a request; already answered. */
  onBroken(error: GatewayError, requestId: string, connection: Connection): void;
}

// node looks for heads and bodies that take too long this often; its default of 30 s makes every timeout 30 s late.
const CHECK_INTERVAL_MS = 1000;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #handlers: ListenerHandlers;
  readonly #deadlines: Deadlines;
  readonly #server: Server;
  readonly #proxies: TrustedProxies;
  readonly #open = new Set<Connection>();
  readonly #early = new EarlyRequests();
  #raw = 0;
  #draining = false;
  #closing = false;
  refusedConnections = 0;
  /** One function for all responses; called with the response as `this`. */
  readonly #onResponseClose: (this: ServerResponse) => void;

  constructor(options: ListenerOptions, handlers: ListenerHandlers, deadlines: Deadlines) {
    this.#options = options;
    this.#handlers = handlers;
    this.#deadlines = deadlines;
    this.#proxies = new TrustedProxies(options.trustedProxies);
    const over = (exchange: Exchange | null | undefined): void => void (exchange && this.#over(exchange));
    this.#onResponseClose = function () {
      over(Connection.of(this.req.socket)?.active);
    };
    this.#server = this.#create();
    this.#wire();
  }

  /** Open connections, those being refused included. */
  get connections(): number {
    return this.#raw;
  }

  get draining(): boolean {
    return this.#draining;
  }

  listen(): Promise<AddressInfo> {
    const { host, port, backlog } = this.#options;
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
    this.#draining = true;
    for (const connection of this.#open) {
      const res = connection.active?.res;
      if (res !== undefined && !res.headersSent) res.shouldKeepAlive = false;
    }
  }

  /** Accepts nothing more, closes idle connections, and resolves when the last one, upgraded ones too, is closed. */
  close(): Promise<void> {
    this.drain();
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#open) {
      if (!connection.busy && !connection.upgraded) connection.socket.destroySoon();
    }
    return closed;
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const connection of this.#open) connection.socket.destroy();
  }

  #create(): Server {
    const options = this.#options;
    const http: ServerOptions = {
      maxHeaderSize: options.headBytes,
      headersTimeout: options.headMs,
      requestTimeout: options.requestMs,
      keepAliveTimeout: options.keepAliveMs,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      insecureHTTPParser: false,
      // Ours says the same with a problem document (head.ts).
      requireHostHeader: false,
      // Duplicates must stay visible: joining them is how two parsers come to different ends.
      joinDuplicateHeaders: false,
      noDelay: true,
      highWaterMark: options.bufferBytes,
      // A request without a body needs no stream.
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: (req) => this.#takesUpgrade(req),
    };
    if (options.certificate === undefined) return createHttp(http);
    return createHttps({ ...http, ...options.certificate.tlsOptions(), handshakeTimeout: options.headMs });
  }

  #wire(): void {
    const server = this.#server;
    const { connections, overflow, certificate } = this.#options;
    server.maxConnections = connections + overflow;
    // Counted by readHead: node would drop the excess without a word, framing fields included.
    server.maxHeadersCount = 0;
    const faults = new ParserFaults(this.#deadlines, this.#options.restMs, this.#handlers.onBroken);
    server.on("connection", (socket: Socket) => this.#count(socket));
    server.on(certificate === undefined ? "connection" : "secureConnection", (socket: Socket) =>
      this.#welcome(socket),
    );
    server.on("request", (req, res) => this.#onRequest(req, res));
    server.on("checkContinue", (req, res) => this.#onRequest(req, res));
    server.on("checkExpectation", (req, res) => this.#onRequest(req, res));
    server.on("upgrade", (req, stream, head) => this.#onUpgrade(req, stream, head));
    server.on("connect", (_, stream) =>
      refuseStream(stream, new GatewayError("ACCEPT_METHOD_REFUSED", "CONNECT")),
    );
    server.on("clientError", (error, stream) => faults.onFault(error, stream as Socket));
    server.on("drop", () => void (this.refusedConnections += 1));
    // Accepting can fail (no file descriptors left) and succeed again; the process must outlive it.
    server.on("error", () => void (this.refusedConnections += 1));
    certificate?.attach(server);
  }

  #count(socket: Socket): void {
    this.#raw += 1;
    socket.once("close", () => void (this.#raw -= 1));
  }

  #welcome(socket: Socket): void {
    const overCap = this.#raw > this.#options.connections;
    if (overCap) this.refusedConnections += 1;
    const connection = new Connection(socket, this.#proxies, this.#early, overCap);
    this.#open.add(connection);
    socket.once("close", () => {
      this.#open.delete(connection);
      connection.closed();
    });
  }

  #onRequest(req: IncomingMessage, res: ServerResponse): void {
    const connection = Connection.of(req.socket);
    if (connection === undefined || connection.brokenBy !== null) return;
    if (connection.enter(req, res)) this.#begin(connection, req, res, false);
  }

  #begin(connection: Connection, req: IncomingMessage, res: ServerResponse, oneTooMany: boolean): void {
    const head =
      connection.overCap || oneTooMany
        ? new GatewayError(
            "ACCEPT_TOO_MANY_CONNECTIONS",
            oneTooMany ? "pipelined requests" : `${this.#raw} open`,
          )
        : readHead(req, this.#options.head);
    if (head instanceof GatewayError) this.#hand(connection, req, res, headOfRefused(req), head);
    else this.#hand(connection, req, res, head, null);
  }

  #hand(
    connection: Connection,
    req: IncomingMessage,
    res: ServerResponse,
    head: Exchange["head"],
    fault: GatewayError | null,
  ): void {
    const exchange = new Exchange(connection, req, res, head, fault);
    connection.active = exchange;
    // Where the head could not be trusted, neither can the place where the next one would start.
    if (fault !== null) connection.shut();
    if (fault !== null || this.#draining || this.#isLast(connection)) res.shouldKeepAlive = false;
    res.on("close", this.#onResponseClose);
    this.#handlers.onExchange(exchange);
  }

  // Counted here because node, which can count too, announces the close and then leaves it to the client.
  #isLast(connection: Connection): boolean {
    connection.requests += 1;
    const most = this.#options.requestsPerConnection;
    return most > 0 && connection.requests >= most;
  }

  #over(exchange: Exchange): void {
    const { connection, req } = exchange;
    exchange.closed = true;
    exchange.watcher?.responseClosed();
    const next = connection.leave();
    if (next !== null) return this.#begin(connection, next.req, next.res, next.oneTooMany);
    if (connection.socket.destroyed) return;
    // An answer whose head went out before the drain promised to keep the connection: a client may be sending its next
    // request already, and that one is told to close. Only when there is no more time is the promise broken.
    if (connection.brokenBy !== null || this.#closing) connection.socket.destroySoon();
    else if (!req.complete) discardRest(req, this.#options.restBytes, this.#options.restMs, this.#deadlines);
  }

  #takesUpgrade(req: IncomingMessage): boolean {
    const connection = Connection.of(req.socket);
    // Behind a running exchange there is no stream to give away; with a body, the stream starts who knows where.
    if (connection === undefined || connection.busy || connection.overCap) return false;
    const { upgrade, "content-length": length, "transfer-encoding": coding } = req.headers;
    if (req.method !== "GET" || upgrade?.toLowerCase() !== "websocket") return false;
    if ((length ?? "0") !== "0" || coding !== undefined) return false;
    return this.#handlers.allowsUpgrade(req);
  }

  #onUpgrade(req: IncomingMessage, stream: Duplex, firstBytes: Buffer): void {
    const connection = Connection.of(req.socket);
    const head = readHead(req, this.#options.head);
    if (connection === undefined || head instanceof GatewayError) {
      return refuseStream(stream, head instanceof GatewayError ? head : new GatewayError("GATEWAY_FAULT"));
    }
    connection.upgraded = true;
    // node's server has let go of the socket. Until somebody else holds it (it may have to wait for a slot), a reset
    // would be an error event that nobody hears, and end the process.
    stream.on("error", () => {});
    this.#handlers.onUpgrade(new UpgradeExchange(connection, req, head, stream, firstBytes));
  }
}

function refuseStream(stream: Duplex, error: GatewayError): void {
  endStream(stream, rawRefusal(error, null));
}
