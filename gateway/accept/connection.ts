/**
 * One client connection: its bytes become requests, one at a time, and each is handed on as an exchange.
 *
 *   idle --bytes--> head --complete--> busy --answered--> idle
 *                     |                  |---- before its body was read --> rest --> idle
 *                     +-- faulty ------> ending <-- the last one -----------+
 *
 * Owner: the listener. Bound: one of these at a time: an unfinished head (`headBytes`), the beginning of a body that
 * nobody reads yet, or what came behind a request that is being answered (CLIENT_READ_BYTES each). While there is more the
 * socket is not read, which is all that pipelining takes: one connection cannot hold many slots, and a client that sends
 * ahead waits in its own buffers.
 */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { GatewayError } from "../errors.ts";
import {
  HEAD_TOO_LARGE,
  MessageParser,
  NO_BODY,
  type Framing,
  type MessageEvents,
} from "../shared/message-parser.ts";
import { rawRefusal } from "../reply/refuse.ts";
import { ReplyWriter } from "../reply/reply-writer.ts";
import { RequestBody, type BodyOrigin } from "./body.ts";
import { plainAddress, type TrustedProxies } from "./client-address.ts";
import { ClientStream } from "./client-stream.ts";
import { Exchange, UpgradeExchange } from "./exchange.ts";
import { Field, fieldOf } from "./field.ts";
import { framingOf, isHeadStart, NO_HEAD, readHead, type RequestHead } from "./head.ts";
import type { ListenerOptions } from "./listener.ts";
import { randomHex } from "./random-hex.ts";

/** What a connection asks of its listener. */
export interface ConnectionOwner {
  readonly options: ListenerOptions;
  readonly proxies: TrustedProxies;
  /** What an answer says about the connection if it is kept: field lines. */
  readonly keepAliveFields: string;
  /** Every answer is its connection's last. */
  readonly draining: boolean;
  /** Connections end as soon as nothing is under way. */
  readonly closing: boolean;
  readonly handlers: ConnectionHandlers;
}

/** Who takes what arrives. */
export interface ConnectionHandlers {
  /** Every request that has a head, also one with a `fault`. */
  onExchange(exchange: Exchange): void;
  /** An upgrade that `allowsUpgrade` let through. */
  onUpgrade(upgrade: UpgradeExchange): void;
  /** Only for GET with `Upgrade: websocket`; false: the field is ignored, as RFC 9110 section 7.8 allows. */
  allowsUpgrade(head: RequestHead): boolean;
  /** Bytes that never became a request; already answered. */
  onBroken(error: GatewayError, requestId: string): void;
}

type Phase = "idle" | "head" | "busy" | "rest" | "ending" | "upgraded";

export class Connection implements MessageEvents, BodyOrigin {
  readonly socket: Socket;
  readonly peerAddress: string;
  readonly scheme: "http" | "https";
  /** The peer is a proxy whose forwarding headers are believed. */
  readonly peerTrusted: boolean;
  /** What was wrong with its bytes. Nothing after it on this connection can be trusted. */
  brokenBy: GatewayError | null = null;
  active: Exchange | null = null;
  readonly #owner: ConnectionOwner;
  /** Why all it gets is one refusal: it is beyond the cap. */
  readonly #refusal: GatewayError | null;
  readonly #parser: MessageParser;
  #phase: Phase = "idle";
  /** When the phase began, or for a head its first byte came. */
  #sinceMs = performance.now();
  /** Requests begun on it. */
  #requests = 0;
  /** Every byte of the request has arrived. */
  #complete = true;
  /** What arrived behind it. */
  #early: Buffer | null = null;
  #paused = false;
  /** Of a body that nobody wants, once its request is answered. */
  #restBytes = 0;
  #stream: ClientStream | null = null;

  constructor(socket: Socket, owner: ConnectionOwner, refusal: GatewayError | null) {
    this.socket = socket;
    this.#owner = owner;
    this.#refusal = refusal;
    this.scheme = (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
    this.peerAddress = plainAddress(socket.remoteAddress);
    this.peerTrusted = owner.proxies.trusts(this.peerAddress);
    this.#parser = new MessageParser(owner.options.headBytes, this);
    this.#parser.expect();
    socket.on("drain", () => this.active?.reply.onDrain?.());
    // Whatever it is, the close that follows says enough.
    socket.on("error", () => {});
    socket.on("end", () => this.#onEnd());
    socket.on("close", () => this.#onClose());
  }

  clientOf(forwardedFor: string | null): string {
    if (!this.peerTrusted || forwardedFor === null) return this.peerAddress;
    return this.#owner.proxies.clientOf(this.peerAddress, forwardedFor);
  }

  /** Takes bytes off the wire; a view that is gone when the call returns. False: no more until `resume()`. */
  read(bytes: Buffer): boolean {
    if (this.#phase === "upgraded") {
      if (this.#stream?.arrived(bytes) === false) this.#pause();
    } else if (this.#phase !== "ending") {
      if (this.#phase === "busy" && this.#complete) this.#keep(bytes);
      else this.#parse(bytes);
    }
    return !this.#paused;
  }

  resume(): void {
    if (!this.#paused || this.#early !== null) return;
    this.#paused = false;
    this.socket.resume();
  }

  sendContinue(): void {
    if (this.active?.reply.headSent === false && !this.socket.destroyed) {
      this.socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    }
  }

  /** From now on its answer is its last. */
  drain(): void {
    const reply = this.active?.reply;
    if (reply !== undefined && !reply.headSent) reply.keepAlive = false;
  }

  /** Ends it unless something is under way. */
  closeIfIdle(): void {
    if (this.#phase === "idle" || this.#phase === "head") this.socket.destroySoon();
  }

  /** Looks at its own timeouts. */
  check(nowMs: number): void {
    const { headMs, keepAliveMs, restMs } = this.#owner.options;
    const forMs = nowMs - this.#sinceMs;
    switch (this.#phase) {
      case "idle":
        // One that never said anything is not told anything either: an answer to no request could be taken for the
        // answer to the first.
        if (forMs >= (this.#requests === 0 ? headMs : keepAliveMs)) this.socket.destroySoon();
        return;
      case "head":
        if (forMs >= headMs) this.#break(new GatewayError("ACCEPT_HEAD_TIMED_OUT", `after ${headMs} ms`));
        return;
      case "rest":
      case "ending":
        if (forMs >= restMs) this.socket.destroy();
    }
  }

  // MessageEvents ------------------------------------------------------------------------------------------------

  isStart(part: string): boolean {
    return isHeadStart(part);
  }

  onHead(text: string): Framing {
    // RFC 9112 section 2.2: some clients send empty lines behind a body.
    if (text === "") return NO_HEAD;
    const head = readHead(text, this.#owner.options.head);
    const fault = this.#refusal ?? head.fault;
    if (fault === null && this.#takesUpgrade(head)) return this.#upgrade(head);
    this.#begin(head, fault);
    if (fault === null) return framingOf(head);
    // Where the head could not be trusted, neither can the place where the next one would start.
    this.#parser.stop();
    return NO_BODY;
  }

  onData(chunk: Buffer): void {
    if (this.#phase === "busy") {
      if (this.active?.body?.push(chunk) === false) this.#pause();
    } else {
      this.#restBytes += chunk.length;
      if (this.#restBytes > this.#owner.options.restBytes) this.socket.destroy();
    }
  }

  // Request trailers end here; those that would change the framing are no trailers (RFC 9110 section 6.5.1).
  onTrailers(fields: readonly string[]): string | null {
    for (let i = 0; i < fields.length; i += 2) {
      const field = fieldOf(fields[i] as string);
      if (field === Field.contentLength || field === Field.transferEncoding)
        return "framing field in the trailers";
    }
    return null;
  }

  // A request ----------------------------------------------------------------------------------------------------

  #parse(bytes: Buffer): void {
    const taken = this.#parser.feed(bytes);
    if (typeof taken === "string") {
      return this.#break(
        new GatewayError(taken === HEAD_TOO_LARGE ? "ACCEPT_HEAD_TOO_LARGE" : "ACCEPT_BAD_REQUEST", taken),
      );
    }
    if (this.#phase === "idle" && this.#parser.partBytes > 2) this.#enter("head");
    if (this.#parser.takeEnd() !== null) this.#completed();
    if (taken === bytes.length) return;
    if (this.#phase === "upgraded") this.#stream?.arrived(bytes.subarray(taken));
    else if (this.#phase === "idle") this.#parse(bytes.subarray(taken));
    else if (this.#phase === "busy" && this.#complete) this.#keep(bytes.subarray(taken));
  }

  #begin(head: RequestHead, fault: GatewayError | null): void {
    const { options, draining } = this.#owner;
    this.#enter("busy");
    this.#requests += 1;
    this.#complete = false;
    const most = options.requestsPerConnection;
    const isLast = fault !== null || draining || (most > 0 && this.#requests >= most);
    const reply = new ReplyWriter(
      this.socket,
      {
        version: head.version,
        headOnly: head.method === "HEAD",
        keepAlive: head.keepAlive && !isLast,
        keepAliveFields: this.#owner.keepAliveFields,
      },
      () => this.#over(),
    );
    const hasBody = head.bodyBytes !== 0 && fault === null;
    const body = hasBody
      ? new RequestBody(this, head.bodyBytes, head.expectsContinue, options.bufferBytes)
      : null;
    this.active = new Exchange(this, head, fault, reply, body);
    this.#owner.handlers.onExchange(this.active);
  }

  /** The last byte of the request has arrived. */
  #completed(): void {
    this.#complete = true;
    if (this.#phase === "rest") this.#next();
    else this.active?.body?.complete();
  }

  /** The answer has left, or cannot. */
  #over(): void {
    const exchange = this.active;
    if (exchange === null) return;
    this.active = null;
    exchange.end();
    if (this.socket.destroyed || this.#phase !== "busy") return;
    // An answer whose head went out before the drain promised to keep the connection: a client may be sending its next
    // request already, and that one is told to close. Only when there is no more time is the promise broken.
    if (!exchange.reply.keepAlive || this.#owner.closing) this.#finish();
    else if (this.#complete) this.#next();
    else this.#discardRest();
  }

  #next(): void {
    this.#enter("idle");
    this.#parser.expect();
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.#parse(early);
    this.resume();
  }

  /** A little is read and dropped, so that the connection can be used again; for a lot it is cut. */
  #discardRest(): void {
    this.#enter("rest");
    this.#restBytes = 0;
    this.resume();
  }

  #keep(bytes: Buffer): void {
    this.#early = this.#early === null ? Buffer.from(bytes) : Buffer.concat([this.#early, bytes]);
    this.#pause();
  }

  // How it ends --------------------------------------------------------------------------------------------------

  /** Last words were written. What still arrives is read and dropped: unread, it would make a reset of the close, which can overtake them. */
  #finish(): void {
    if (this.#complete && this.#early === null) return this.socket.destroySoon();
    this.#enter("ending");
    this.#parser.stop();
    this.#early = null;
    this.socket.end();
    this.resume();
  }

  /** Bytes that are no HTTP, or do not come. */
  #break(error: GatewayError): void {
    const { active, socket } = this;
    this.brokenBy = error;
    const requestId = active?.requestId ?? randomHex(10);
    if (active === null) this.#owner.handlers.onBroken(error, requestId);
    if (active?.reply.headSent) return void socket.destroy();
    this.#complete = false;
    socket.write(rawRefusal(error, requestId));
    this.#finish();
    this.active = null;
    active?.end();
    active?.body?.break(error);
  }

  // A client that has closed its side does not wait for an answer any more, whatever TCP would permit: nginx sees it so too,
  // and nobody could tell it from one that is gone. Only a request that it cut off within its head is still refused.
  #onEnd(): void {
    if (this.#phase === "head") this.#break(new GatewayError("ACCEPT_BAD_REQUEST", "ended within its head"));
    else if (this.#phase === "upgraded") this.#stream?.ended();
    else this.socket.end();
  }

  #onClose(): void {
    this.#stream?.destroy();
    this.active?.body?.break(this.brokenBy ?? new GatewayError("REPLY_CLIENT_GONE", "in the request body"));
    this.#over();
  }

  // Leaving HTTP -------------------------------------------------------------------------------------------------

  #takesUpgrade(head: RequestHead): boolean {
    // With a body, the new protocol would start who knows where.
    if (head.method !== "GET" || head.bodyBytes !== 0) return false;
    return head.upgrade?.toLowerCase() === "websocket" && this.#owner.handlers.allowsUpgrade(head);
  }

  #upgrade(head: RequestHead): Framing {
    this.#enter("upgraded");
    this.#parser.stop();
    const stream = new ClientStream(this.socket, () => this.resume());
    this.#stream = stream;
    this.#owner.handlers.onUpgrade(new UpgradeExchange(this, head, stream));
    return NO_BODY;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#sinceMs = performance.now();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }
}
