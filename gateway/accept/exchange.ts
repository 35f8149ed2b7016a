// A request as the later stages see it. Owner: the connection it came in on; there is at most one per connection
// at a time. Released when its response (or its upgraded stream) has closed.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { GatewayError } from "../errors.ts";
import { RequestBody } from "./body.ts";
import type { Connection } from "./connection.ts";
import { hostName } from "./host.ts";
import type { RequestHead } from "./head.ts";
import { requestIdFrom } from "./request-id.ts";
import { isTraceparent, startTraceparent } from "./traceparent.ts";

/** What an ordinary request and an upgrade have in common: everything about the request itself. */
export class Arrival {
  readonly req: IncomingMessage;
  readonly connection: Connection;
  readonly head: RequestHead;
  readonly requestId: string;
  readonly acceptedAtMs: number = performance.now();
  #clientAddress: string | null = null;
  #traceparent: string | null = null;

  constructor(connection: Connection, req: IncomingMessage, head: RequestHead) {
    this.connection = connection;
    this.req = req;
    this.head = head;
    this.requestId = requestIdFrom(head.requestId);
  }

  get method(): string {
    return this.head.method;
  }

  /** Path and query as sent. */
  get target(): string {
    return this.head.target;
  }

  /** Host without port, lower case; "" when an HTTP/1.0 client sent none. */
  get hostName(): string {
    return this.head.host === null ? "" : hostName(this.head.host);
  }

  /** The client as far as it can be believed (see client-address.ts). */
  get clientAddress(): string {
    return (this.#clientAddress ??= this.connection.clientOf(this.head.forwardedFor));
  }

  /** The client's trace if it sent one we can parse, otherwise a new one. */
  get traceparent(): string {
    if (this.#traceparent === null) {
      const sent = this.head.traceparent;
      this.#traceparent = sent !== null && isTraceparent(sent) ? sent : startTraceparent();
    }
    return this.#traceparent;
  }

  get traceId(): string {
    return this.traceparent.slice(3, 35);
  }

  /** The client cannot hear us any more. */
  get gone(): boolean {
    return this.connection.socket.destroyed;
  }
}

/** Told once when the response is over: complete, or the connection lost. */
export interface ResponseWatcher {
  responseClosed(): void;
}

export class Exchange extends Arrival {
  readonly res: ServerResponse;
  /** Why it must not be served; the gateway answers with it and does nothing else. */
  readonly fault: GatewayError | null;
  /** null: the request has no body. */
  readonly body: RequestBody | null;
  /** Whoever streams the response; spares a listener per request. */
  watcher: ResponseWatcher | null = null;
  /** The response is over, or nobody is left to hear it. */
  closed = false;

  constructor(
    connection: Connection,
    req: IncomingMessage,
    res: ServerResponse,
    head: RequestHead,
    fault: GatewayError | null,
  ) {
    super(connection, req, head);
    this.res = res;
    this.fault = fault;
    const hasBody = head.bodyBytes !== 0 && fault === null;
    this.body = hasBody ? new RequestBody(req, head.bodyBytes, head.expectsContinue ? res : null) : null;
  }

  /** Answers `Expect: 100-continue`. Reading the body does it too; never called before admission. */
  continueBody(): void {
    this.body?.continue();
  }
}

/** A request to leave HTTP. There is no response object: whoever takes it speaks on the stream. */
export class UpgradeExchange extends Arrival {
  readonly stream: Duplex;
  /** Bytes of the new protocol that came with the head. */
  readonly firstBytes: Buffer;

  constructor(
    connection: Connection,
    req: IncomingMessage,
    head: RequestHead,
    stream: Duplex,
    firstBytes: Buffer,
  ) {
    super(connection, req, head);
    this.stream = stream;
    this.firstBytes = firstBytes;
  }
}
