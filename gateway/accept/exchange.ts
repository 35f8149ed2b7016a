// One request on its way through the gateway: what was asked, by whom, and where the answer goes. Owner: its
// connection, which has at most one. Bound: its head, and the body's buffer while somebody reads it.
import type { GatewayError } from "../errors.ts";
import type { ReplyWriter } from "../reply/reply-writer.ts";
import type { RequestBody } from "./body.ts";
import type { ClientStream } from "./client-stream.ts";
import type { Connection } from "./connection.ts";
import type { RequestHead } from "./head.ts";
import { hostName } from "./host.ts";
import { requestIdFrom } from "./request-id.ts";
import { isTraceparent, startTraceparent } from "./traceparent.ts";

/** What every request has, an upgrade too. */
export class Arrival {
  readonly connection: Connection;
  readonly head: RequestHead;
  readonly requestId: string;
  readonly acceptedAtMs: number = performance.now();
  #clientAddress: string | null = null;
  #traceparent: string | null = null;

  constructor(connection: Connection, head: RequestHead) {
    this.connection = connection;
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
  readonly reply: ReplyWriter;
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
    head: RequestHead,
    fault: GatewayError | null,
    reply: ReplyWriter,
    body: RequestBody | null,
  ) {
    super(connection, head);
    this.fault = fault;
    this.reply = reply;
    this.body = body;
  }

  /** For its connection to say. */
  end(): void {
    this.closed = true;
    this.watcher?.responseClosed();
  }
}

/** A request to leave HTTP. There is no reply to write: whoever takes it speaks on the stream. */
export class UpgradeExchange extends Arrival {
  readonly stream: ClientStream;

  constructor(connection: Connection, head: RequestHead, stream: ClientStream) {
    super(connection, head);
    this.stream = stream;
  }
}
