// One request to an upstream, from the first attempt to the last byte: picks a target, watches the deadlines,
// tries once more where that is safe, and passes everything else straight on to its sink. Owner: whoever holds
// the sink. Released when the sink has heard its last; until then it counts in its target's bound.
import { GatewayError } from "../errors.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import type { EngineCall, ResponseSink, UpstreamRequest } from "./engine.ts";
import { MeteredBody } from "./metered-body.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { WaitingCall, type Target } from "./target.ts";

export interface CallTimeouts {
  /** From the request being sent (its last byte, if it has a body) to the head of the answer. */
  readonly headMs: number;
  /** Longest pause between two pieces of the answer, or while the upstream takes none of the request. */
  readonly idleMs: number;
  /** Longest pause between two pieces of a request body that the client is sending. */
  readonly bodyIdleMs: number;
  /** Everything together; 0: no limit (long polls, event streams). */
  readonly totalMs: number;
}

/** What a call needs of its upstream. */
export interface Dispatching {
  readonly name: string;
  readonly deadlines: Deadlines;
  readonly retryBudget: RetryBudget;
  /** Longest wait in line for a connection; connecting itself is timed by the engine. */
  readonly lineMs: number;
  readonly retries: number;
  pick(stickyKey: string | null, not: Target | null): Target | GatewayError;
  failed(target: Target): void;
  readonly headTimes: { observe(seconds: number): void };
}

// RFC 9110 section 9.2.2. Only these may be sent twice when it is unknown whether the first one had its effect.
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);
const TARGETS_FAULT = new Set([
  "PROXY_CONNECT_FAILED",
  "PROXY_TLS_FAILED",
  "PROXY_RESET",
  "PROXY_BAD_RESPONSE",
  "PROXY_TRUNCATED",
  "PROXY_TIMED_OUT",
]);

export class Call implements ResponseSink, Timed {
  place = -1;
  /** May be replaced while the answer is paused: a handler's unread body is handed to the client this way. */
  sink: ResponseSink;
  readonly request: UpstreamRequest;
  readonly startedMs: number = performance.now();
  attempts = 0;
  /** When the request was sent and when its head came; 0 until then. */
  sentMs = 0;
  headMs = 0;
  /** Bytes of the answer's body. */
  bytesReceived = 0;
  target: Target | null = null;
  readonly #upstream: Dispatching;
  readonly #timeouts: CallTimeouts;
  readonly #stickyKey: string | null;
  readonly #body: MeteredBody | null;
  #engineCall: EngineCall | null = null;
  #answered = false;
  #aborted = false;
  #over = false;
  #paused = false;
  #movedMs = 0;

  constructor(
    upstream: Dispatching,
    request: UpstreamRequest,
    timeouts: CallTimeouts,
    sink: ResponseSink,
    key: string | null,
  ) {
    this.#upstream = upstream;
    this.#timeouts = timeouts;
    this.#stickyKey = key;
    this.sink = sink;
    const body = request.body;
    this.#body = body === null || body instanceof Uint8Array ? null : new MeteredBody(body);
    this.request = this.#body === null ? request : { ...request, body: this.#body };
    upstream.deadlines.add(this);
    this.#attempt(null);
  }

  /** Bytes of the request's body that were taken from its source. */
  get bytesSent(): number {
    const body = this.request.body;
    if (this.#body !== null) return this.#body.bytes;
    return body instanceof Uint8Array && this.sentMs !== 0 ? body.length : 0;
  }

  /** The request body was read to its end (or there was none). */
  get requestEnded(): boolean {
    return this.#body === null || this.#body.ended;
  }

  resume(): void {
    if (!this.#paused || this.#over) return;
    this.#paused = false;
    this.#movedMs = performance.now();
    this.#engineCall?.resume();
  }

  abort(error: GatewayError): void {
    if (this.#over) return;
    this.#aborted = true;
    if (this.#engineCall !== null) this.#engineCall.abort(error);
    else this.onError(error);
  }

  onSent(): void {
    this.sentMs = this.#movedMs = performance.now();
    this.sink.onSent();
  }

  onInformation(status: number, headers: string[]): void {
    this.#answered = true;
    this.sink.onInformation(status, headers);
  }

  onHead(status: number, reason: string, headers: string[]): void {
    this.#answered = true;
    this.headMs = this.#movedMs = performance.now();
    this.#upstream.headTimes.observe((this.headMs - (this.sentMs || this.startedMs)) / 1000);
    this.target?.health.succeeded();
    this.sink.onHead(status, reason, headers);
  }

  onData(chunk: Uint8Array): boolean {
    this.bytesReceived += chunk.length;
    this.#movedMs = performance.now();
    // Not set back here: one read can bring several pieces, and a source that was told to wait waits for `resume()`.
    if (!this.sink.onData(chunk)) this.#paused = true;
    return !this.#paused;
  }

  onEnd(trailers: string[]): void {
    this.#settle();
    this.sink.onEnd(trailers);
  }

  onError(error: GatewayError): void {
    if (this.#over) return;
    this.#judge(error);
    if (this.#mayRetry(error)) {
      this.#attempt(error);
      return;
    }
    this.#settle();
    this.sink.onError(error);
  }

  checkDeadline(nowMs: number): void {
    const totalMs = this.#timeouts.totalMs;
    if (totalMs > 0 && nowMs - this.startedMs > totalMs) this.abort(timedOut(this.#label, "total", totalMs));
    else if (this.sentMs === 0) this.#checkLine(nowMs);
    else if (this.#body !== null && this.#body.started && !this.#body.ended)
      this.#checkUpload(nowMs, this.#body);
    else if (this.headMs === 0) this.#checkHead(nowMs);
    else if (!this.#paused) this.#checkIdle(nowMs);
  }

  get #label(): string {
    return this.target?.label ?? this.#upstream.name;
  }

  // `failure` is why there is another attempt; it stays the answer if there is nowhere else to go.
  #attempt(failure: GatewayError | null): void {
    this.attempts += 1;
    const target = this.#upstream.pick(this.#stickyKey, this.target);
    this.sentMs = 0;
    this.#engineCall = null;
    if (target instanceof GatewayError) {
      this.target = null;
      queueMicrotask(() => this.abort(failure ?? target));
      return;
    }
    this.target = target;
    this.#engineCall = target.send(this.request, this);
  }

  #judge(error: GatewayError): void {
    const target = this.target;
    if (target === null) return;
    if (TARGETS_FAULT.has(error.code)) this.#upstream.failed(target);
    else target.health.abandoned();
  }

  #mayRetry(error: GatewayError): boolean {
    const target = this.target;
    if (this.#aborted || this.#answered || target === null) return false;
    if (this.attempts > this.#upstream.retries || this.#body?.started === true) return false;
    const unsent = this.sentMs === 0;
    const repeatable = error.code === "PROXY_RESET" && IDEMPOTENT.has(this.request.method);
    if (!(unsent && TARGETS_FAULT.has(error.code)) && !repeatable) return false;
    if (!this.#upstream.retryBudget.take()) return false;
    target.finished();
    return true;
  }

  #settle(): void {
    this.#over = true;
    this.#upstream.deadlines.delete(this);
    this.target?.finished();
  }

  // Connecting itself has a timer of its own (connect.ts), which knows what went wrong.
  #checkLine(nowMs: number): void {
    if (!(this.#engineCall instanceof WaitingCall) || !this.#engineCall.inLine) return;
    if (nowMs - this.startedMs < this.#upstream.lineMs * this.attempts) return;
    this.abort(new GatewayError("PROXY_TARGETS_BUSY", `${this.#label}: no connection free in time`));
  }

  #checkUpload(nowMs: number, body: MeteredBody): void {
    const limitMs = body.blocked ? this.#timeouts.idleMs : this.#timeouts.bodyIdleMs;
    // An answer that streams while the request does (both ways open) counts as movement.
    if (limitMs === 0 || nowMs - Math.max(body.lastMoveMs, this.#movedMs) < limitMs) return;
    if (body.blocked) this.abort(timedOut(this.#label, "idle", limitMs));
    else this.abort(new GatewayError("ACCEPT_BODY_TIMED_OUT", `nothing for ${limitMs} ms`));
  }

  #checkHead(nowMs: number): void {
    const sinceMs = Math.max(this.sentMs, this.#body?.lastMoveMs ?? 0);
    const limitMs = this.#timeouts.headMs;
    if (limitMs > 0 && nowMs - sinceMs > limitMs) this.abort(timedOut(this.#label, "head", limitMs));
  }

  #checkIdle(nowMs: number): void {
    const limitMs = this.#timeouts.idleMs;
    if (limitMs > 0 && nowMs - this.#movedMs > limitMs) this.abort(timedOut(this.#label, "idle", limitMs));
  }
}

function timedOut(label: string, what: string, ms: number): GatewayError {
  return new GatewayError("PROXY_TIMED_OUT", `${label}: ${what} timeout of ${ms} ms`);
}
