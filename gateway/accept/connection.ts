// One client connection. Owner: the listener. Bound: one exchange at a time, and behind it at most
// MAX_PIPELINED requests that arrived early; one more is answered 503 and the connection is closed after it. Over all
// connections PIPELINED_REQUESTS may be held; past that, or past as many ignored ones, the connection is cut at once,
// because node keeps whatever it has parsed until the socket closes, and 64 KiB hold 2400 requests of 4 KiB of objects.
//
// node hands out pipelined requests as soon as they are parsed. Serving them one after the other (as nginx does)
// keeps a single connection from taking many slots, and spares every later stage the case of a response that has
// no socket yet.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { GatewayError } from "../errors.ts";
import { PIPELINED_REQUESTS } from "../limits.ts";
import { plainAddress, type TrustedProxies } from "./client-address.ts";
import type { Exchange } from "./exchange.ts";

export const MAX_PIPELINED = 16;

interface Waiting {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The one that found the line full: its turn is to be refused. */
  readonly oneTooMany: boolean;
}

/** Requests of all connections that are parsed and not begun. One per listener. */
export class EarlyRequests {
  held = 0;
}

const kConnection = Symbol("connection");
type Marked = Socket & { [kConnection]?: Connection };

export class Connection {
  readonly socket: Socket;
  readonly peerAddress: string;
  readonly scheme: "http" | "https";
  /** The peer is a proxy whose forwarding headers are believed. */
  readonly peerTrusted: boolean;
  /** Beyond the connection cap: gets one 503 and is closed. */
  readonly overCap: boolean;
  /** What the parser found wrong. Nothing after it on this connection can be trusted. */
  brokenBy: GatewayError | null = null;
  active: Exchange | null = null;
  /** It left HTTP: whoever took the stream ends it. */
  upgraded = false;
  /** Requests begun on it. */
  requests = 0;
  #busy = false;
  #closing = false;
  readonly #waiting: Waiting[] = [];
  readonly #proxies: TrustedProxies;
  readonly #early: EarlyRequests;
  /** Of `#early`, those of this connection: the waiting, and those nobody will look at. */
  #held = 0;

  constructor(socket: Socket, proxies: TrustedProxies, early: EarlyRequests, overCap: boolean) {
    this.socket = socket;
    this.scheme = (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
    this.peerAddress = plainAddress(socket.remoteAddress);
    this.#proxies = proxies;
    this.#early = early;
    this.peerTrusted = proxies.trusts(this.peerAddress);
    this.overCap = overCap;
    (socket as Marked)[kConnection] = this;
  }

  static of(socket: Socket): Connection | undefined {
    return (socket as Marked)[kConnection];
  }

  get busy(): boolean {
    return this.#busy;
  }

  clientOf(forwardedFor: string | null): string {
    if (!this.peerTrusted || forwardedFor === null) return this.peerAddress;
    return this.#proxies.clientOf(this.peerAddress, forwardedFor);
  }

  /** True if the request may start now; otherwise it waits its turn, or nobody will look at it. */
  enter(req: IncomingMessage, res: ServerResponse): boolean {
    if (!this.#busy && !this.#closing) {
      this.#busy = true;
      return true;
    }
    if (!this.#hold() || this.#closing) return false;
    const oneTooMany = this.#waiting.length === MAX_PIPELINED;
    this.#waiting.push({ req, res, oneTooMany });
    this.#closing = oneTooMany;
    return false;
  }

  /** False: there is no room for it, and the connection is cut. */
  #hold(): boolean {
    if (this.socket.destroyed) return false;
    if (this.#held === 2 * MAX_PIPELINED || this.#early.held === PIPELINED_REQUESTS) {
      this.brokenBy = new GatewayError("ACCEPT_TOO_MANY_CONNECTIONS", "pipelined requests");
      this.socket.destroy();
      return false;
    }
    this.#held++;
    this.#early.held++;
    return true;
  }

  #letGo(requests: number): void {
    this.#held -= requests;
    this.#early.held -= requests;
  }

  /** The socket is closed. */
  closed(): void {
    this.#letGo(this.#held);
  }

  /** Whatever else arrives on it is not looked at: the answer under way is its last. */
  shut(): void {
    this.#closing = true;
    this.#waiting.length = 0;
  }

  /** The running exchange is over: the next one in line, if the connection still stands. */
  leave(): Waiting | null {
    this.active = null;
    const next = this.socket.destroyed ? undefined : this.#waiting.shift();
    this.#busy = next !== undefined;
    if (next !== undefined) this.#letGo(1);
    return next ?? null;
  }
}
