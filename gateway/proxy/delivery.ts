// Streams an answer into a client's response as it arrives. Owner: the exchange. Bound: what has been read and the
// client has not yet taken: one chunk (64 KiB) beyond the socket's buffer, because the source is told to wait as
// soon as the client falls behind. Released when the response has closed; `done` hears the outcome exactly once,
// after which nothing of it is left.
//
// Client slow: the source waits. Client gone: the source is aborted. Source failed before the head: nothing was
// written, the caller answers. Source failed within the body: the client's connection is cut at once, because an
// answer that ends short must not look complete.
import type { Exchange, ResponseWatcher } from "../accept/exchange.ts";
import { Field, fieldOf } from "../accept/field.ts";
import { GatewayError } from "../errors.ts";
import type { Call } from "./call.ts";
import { asLatin1 } from "../shared/latin1.ts";
import { mayHaveBody, ONE_WRITE_BYTES } from "../reply/reply-writer.ts";
import { assert } from "../shared/assert.ts";
import { STATUS_CODES } from "../shared/node-http.ts";
import { writeLent } from "./chunk-pool.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import type { ResponseSink } from "./engine.ts";
import { responseHeaders, type HeaderRules } from "./headers.ts";
import { trailersFor } from "./trailers.ts";

/** Where the answer comes from: an upstream call, or a handler that streams. */
export interface AnswerSource {
  resume(): void;
  /** Must lead to `onError` unless the last word was spoken already. */
  abort(error: GatewayError): void;
}

export interface DeliveryOptions {
  readonly deadlines: Deadlines;
  /** Longest time without the client taking a byte of the answer; 0: no limit. */
  readonly replyIdleMs: number;
  readonly rules: HeaderRules | null;
}

export interface Outcome {
  /** null: the client has the whole answer. */
  readonly error: GatewayError | null;
  /** Something was written to the client, so nothing else may be. */
  readonly replied: boolean;
  /** Status the client got; 0 if none. */
  readonly status: number;
  /** Request and answer body bytes. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Where it went; null if it never left. */
  readonly target: string | null;
  readonly attempts: number;
  /** From the call to the request being sent, to the head, to the end; 0 where it did not get so far. */
  readonly sentAfterMs: number;
  readonly headAfterMs: number;
  readonly durationMs: number;
}

export class Delivery implements ResponseSink, ResponseWatcher, Timed, Outcome {
  place = -1;
  /** Set before the first event; null: nobody to hold back or to stop. */
  source: AnswerSource | null = null;
  /** The upstream call behind it, if there is one: for the outcome. */
  call: Call | null = null;
  error: GatewayError | null = null;
  replied = false;
  status = 0;
  bytesOut = 0;
  #endedMs = 0;
  // Negative when no length was announced: it never comes down to zero then.
  #leftBytes = -1;
  /** The client has been given everything, whatever still happens upstream. */
  #whole = false;
  #blocked = false;
  #blockedSinceMs = 0;
  /** Chunks that the socket has not taken yet; one read of an answer in chunks can bring two. */
  #lent = 0;
  #sourceOver = false;
  #responseClosed = false;
  #done: ((outcome: Outcome) => void) | null;
  readonly #exchange: Exchange;
  readonly #options: DeliveryOptions;

  constructor(exchange: Exchange, options: DeliveryOptions, done: (outcome: Outcome) => void) {
    this.#exchange = exchange;
    this.#options = options;
    this.#done = done;
    exchange.watcher = this;
    // Left between two stages (a permit came just then): nobody else will say so.
    if (exchange.closed) queueMicrotask(() => this.responseClosed());
  }

  get bytesIn(): number {
    return this.#exchange.body?.receivedBytes ?? 0;
  }

  get target(): string | null {
    return this.call?.target?.label ?? null;
  }

  get attempts(): number {
    return this.call?.attempts ?? 0;
  }

  get sentAfterMs(): number {
    return since(this.call, this.call?.sentMs ?? 0);
  }

  get headAfterMs(): number {
    return since(this.call, this.call?.headMs ?? 0);
  }

  get durationMs(): number {
    return since(this.call, this.#endedMs);
  }

  /** From now on the call's answer is this one's. */
  attach(call: Call): void {
    this.call = this.source = call;
  }

  /** Ends it from outside (drain deadline, a killed handler). */
  abort(error: GatewayError): void {
    this.error ??= error;
    if (!this.#sourceOver) this.source?.abort(error);
    else this.#exchange.reply.cut();
  }

  onSent(): void {}

  onInformation(status: number, headers: string[]): void {
    const { head, reply } = this.#exchange;
    // RFC 9110 section 15.2: never to an HTTP/1.0 client.
    if (status === 100 || head.version === "1.0") return;
    const fields = responseHeaders(headers, this.#exchange, status, null);
    reply.writeInformation(status, STATUS_CODES[status] ?? "", fields);
  }

  onHead(status: number, reason: string, headers: string[]): void {
    const { reply, method } = this.#exchange;
    if (reply.closed) return;
    const fields = responseHeaders(headers, this.#exchange, status, this.#options.rules);
    // The engine's parser and the checks of what handlers say let nothing through that cannot be written.
    assert(
      reply.writeHead(status, reason || (STATUS_CODES[status] ?? ""), fields),
      "an answer's head can be written",
    );
    this.status = status;
    this.replied = true;
    this.#leftBytes = lengthIn(headers);
    // RFC 9110 section 6.4.1: whatever the fields say, there is no body. Engines stumble over lengths that are true
    // of the GET or 200 that was not sent; by then the client has its answer.
    this.#whole = method === "HEAD" || !mayHaveBody(status);
    if (this.#whole) reply.end();
    else reply.flushSoon();
  }

  onData(chunk: Uint8Array): boolean {
    const { reply } = this.#exchange;
    // Whole already: an answer without a body (HEAD), or more than was announced.
    if (reply.closed || this.#whole) return true;
    if (this.#leftBytes >= 0 && chunk.length > this.#leftBytes) return this.#belie("more");
    this.bytesOut += chunk.length;
    this.#leftBytes -= chunk.length;
    if (this.#leftBytes === 0) return this.#last(chunk);
    if (chunk.length > ONE_WRITE_BYTES) return this.#lend(chunk);
    if (reply.writeText(asLatin1(chunk))) return true;
    this.#block();
    return false;
  }

  onEnd(trailers: string[]): void {
    this.#sourceOver = true;
    const { reply } = this.#exchange;
    if (this.#responseClosed) return this.#finish();
    if (this.#leftBytes > 0 && !this.#whole) return void this.#belie("fewer");
    reply.trailers = trailersFor(trailers);
    if (!this.#whole) reply.end();
    if (reply.unsentBytes > 0) this.#block();
  }

  onError(error: GatewayError): void {
    if (this.#whole && this.error === null) return this.onEnd([]);
    this.#sourceOver = true;
    this.error ??= this.#exchange.connection.brokenBy ?? error;
    if (this.#responseClosed) this.#finish();
    else if (this.replied) this.#exchange.reply.cut();
    else this.#finish();
  }

  responseClosed(): void {
    this.#responseClosed = true;
    if (!this.#exchange.reply.finished) this.#clientGone();
    if (this.#sourceOver) this.#finish();
  }

  checkDeadline(nowMs: number): void {
    const limitMs = this.#options.replyIdleMs;
    if (!this.#blocked || limitMs === 0 || nowMs - this.#blockedSinceMs < limitMs) return;
    this.error ??= new GatewayError("REPLY_TIMED_OUT", `nothing taken for ${limitMs} ms`);
    this.#exchange.reply.cut();
  }

  // A handler may announce any length. What does not keep to it would be taken for the next answer on the connection.
  #belie(what: "more" | "fewer"): boolean {
    this.abort(
      new GatewayError("HANDLE_BAD_RESPONSE", `its body has ${what} bytes than its content-length says`),
    );
    return true;
  }

  // One large chunk at a time: the source waits until the socket has taken it, which a client that keeps up does at
  // once. The buffer then serves the next one.
  #lend(bytes: Uint8Array): boolean {
    this.#lent += 1;
    this.#block();
    writeLent(this.#exchange.reply, bytes, () => {
      this.#lent -= 1;
      this.#unblock();
    });
    return false;
  }

  // The last bytes of an announced length: a short answer leaves with its head in one write.
  #last(chunk: Uint8Array): boolean {
    const { reply } = this.#exchange;
    this.#whole = true;
    if (chunk.length <= ONE_WRITE_BYTES) reply.end(asLatin1(chunk));
    else {
      writeLent(reply, chunk);
      reply.end();
    }
    return true;
  }

  #block(): void {
    if (this.#blockedSinceMs === 0) {
      this.#options.deadlines.add(this);
      this.#exchange.reply.onDrain = () => this.#unblock();
    }
    this.#blocked = true;
    this.#blockedSinceMs = performance.now();
  }

  // The client took something, which the deadline counts from; it is behind for as long as something is lent.
  #unblock(): void {
    this.#blockedSinceMs = performance.now();
    if (this.#lent > 0) return;
    this.#blocked = false;
    this.source?.resume();
  }

  #clientGone(): void {
    this.error ??= this.#exchange.connection.brokenBy ?? new GatewayError("REPLY_CLIENT_GONE");
    if (!this.#sourceOver) this.source?.abort(this.error);
  }

  #finish(): void {
    const done = this.#done;
    if (done === null) return;
    this.#done = null;
    this.#endedMs = performance.now();
    this.#options.deadlines.delete(this);
    done(this);
  }
}

function lengthIn(headers: readonly string[]): number {
  for (let i = 0; i < headers.length; i += 2) {
    if (fieldOf(headers[i] as string) === Field.contentLength) return Number(headers[i + 1]);
  }
  return -1;
}

function since(call: Call | null, momentMs: number): number {
  return call === null || momentMs === 0 ? 0 : momentMs - call.startedMs;
}
