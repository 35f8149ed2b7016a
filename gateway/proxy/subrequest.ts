// A request that a handler makes: ctx.next(), a binding, fetch. Goes through the same upstreams as everything
// else; its answer is pulled piece by piece into the arena, or handed on to the client without entering it.
// Owner: the handler's run, which must read it to its end, hand it over, or cancel it. Bound: `bufferBytes` of
// unread body plus the chunk that crossed the line (64 KiB); then the upstream waits.
import type { Exchange } from "../accept/exchange.ts";
import { fieldOf, Field } from "../accept/field.ts";
import { GatewayError } from "../errors.ts";
import type { Call, CallTimeouts } from "./call.ts";
import { Delivery, type DeliveryOptions, type Outcome } from "./delivery.ts";
import type { ResponseSink, UpstreamRequest } from "./engine.ts";
import type { Upstream } from "./upstream.ts";

export interface SubrequestOptions {
  readonly bufferBytes?: number;
  readonly timeouts?: CallTimeouts | undefined;
  readonly stickyKey?: string | null;
}

export interface SubrequestHead {
  readonly status: number;
  readonly reason: string;
  /** Raw, as the upstream sent them. */
  readonly headers: string[];
}

export interface HandOver extends DeliveryOptions {
  readonly status: number;
  readonly reason?: string | undefined;
  /** What the handler made of the head. Its Content-Length is ignored: the body's own length stands. */
  readonly headers: readonly string[];
}

const BUFFER_BYTES = 64 * 1024;

type Reader = {
  readonly maxBytes: number;
  resolve(chunk: Uint8Array | null): void;
  reject(error: GatewayError): void;
};

export class Subrequest implements ResponseSink {
  /** The answer's head, or a GatewayError why there is none. */
  readonly head: Promise<SubrequestHead>;
  readonly call: Call;
  readonly #bufferBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #buffered = 0;
  #paused = false;
  #reader: Reader | null = null;
  #end: string[] | GatewayError | null = null;
  #length: string | null = null;
  #handed = false;
  #resolveHead: (head: SubrequestHead) => void = () => {};
  #rejectHead: (error: GatewayError) => void = () => {};

  constructor(upstream: Upstream, request: UpstreamRequest, options: SubrequestOptions = {}) {
    this.#bufferBytes = options.bufferBytes ?? BUFFER_BYTES;
    this.head = new Promise((resolve, reject) => {
      this.#resolveHead = resolve;
      this.#rejectHead = reject;
    });
    this.head.catch(() => {}); // Cancelled before anyone asked: not an unhandled rejection.
    this.call = upstream.send(request, this, options);
  }

  /** The next piece of the body, at most `maxBytes`; null at its end. Rejects with a GatewayError. One at a time. */
  read(maxBytes: number): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      this.#reader = { maxBytes, resolve, reject };
      this.#serve();
    });
  }

  /** Nobody wants the rest. Harmless when it is over already or was handed over. */
  cancel(reason = new GatewayError("REPLY_CLIENT_GONE", "subrequest cancelled")): void {
    if (this.#handed) return;
    this.#chunks.length = this.#buffered = 0;
    this.call.abort(reason);
  }

  /** Sends this answer, as far as it is unread, to the client; from here on it is the delivery's. */
  handOver(exchange: Exchange, how: HandOver, done: (outcome: Outcome) => void): Delivery {
    this.#handed = true;
    const delivery = new Delivery(exchange, how, done);
    delivery.attach(this.call);
    this.call.sink = delivery;
    delivery.onHead(how.status, how.reason ?? "", withLength(how.headers, this.#length));
    const takesMore = this.#chunks.map((chunk) => delivery.onData(chunk)).at(-1) ?? true;
    this.#chunks.length = this.#buffered = 0;
    if (this.#end instanceof GatewayError) delivery.onError(this.#end);
    else if (this.#end !== null) delivery.onEnd(this.#end);
    else if (takesMore) this.call.resume();
    return delivery;
  }

  onSent(): void {}

  // Early hints of a subrequest concern the handler's answer as little as those of any other request.
  onInformation(): void {}

  onHead(status: number, reason: string, headers: string[]): void {
    for (let i = 0; i < headers.length; i += 2) {
      if (fieldOf(headers[i] as string) === Field.contentLength) this.#length = headers[i + 1] as string;
    }
    this.#resolveHead({ status, reason, headers });
  }

  onData(chunk: Uint8Array): boolean {
    this.#chunks.push(Uint8Array.from(chunk));
    this.#buffered += chunk.length;
    this.#serve();
    this.#paused = this.#buffered >= this.#bufferBytes;
    return !this.#paused;
  }

  onEnd(trailers: string[]): void {
    this.#end = trailers;
    this.#serve();
  }

  onError(error: GatewayError): void {
    this.#end = error;
    this.#rejectHead(error);
    this.#serve();
  }

  // Refills last: the engine may deliver the next chunk from within `resume()`, and that comes back here.
  #serve(): void {
    const reader = this.#reader;
    if (reader === null) return;
    const chunk = this.#take(reader.maxBytes);
    if (chunk === null && this.#end === null) return;
    this.#reader = null;
    if (chunk !== null) reader.resolve(chunk);
    else if (this.#end instanceof GatewayError) reader.reject(this.#end);
    else reader.resolve(null);
    this.#refill();
  }

  #take(maxBytes: number): Uint8Array | null {
    const first = this.#chunks[0];
    if (first === undefined) return null;
    const piece = first.subarray(0, maxBytes);
    if (piece.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(maxBytes);
    this.#buffered -= piece.length;
    return piece;
  }

  #refill(): void {
    if (!this.#paused || this.#buffered >= this.#bufferBytes) return;
    this.#paused = false;
    this.call.resume();
  }
}

// A handler may rewrite the head of an answer it passes on, but not where its body ends.
function withLength(headers: readonly string[], length: string | null): string[] {
  const out: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (fieldOf(name) !== Field.contentLength) out.push(name, headers[i + 1] as string);
  }
  if (length !== null) out.push("content-length", length);
  return out;
}
