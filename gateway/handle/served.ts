/**
 * An exchange served by a handler: the bridge between the client's side (request body, response) and the run in the
 * arena. Turns what the handler asks for into replies, reads, and subrequests, and everything that happens outside into
 * events for the handler.
 *
 * Owner: the gateway. Bound: the run's slot, the subrequests' buffers, one chunk of the response under way. Over when the
 * arena is clean and the response has closed; `done` hears it exactly once.
 */
import type { Exchange, ResponseWatcher } from "../accept/exchange.ts";
import type { SlotHolder } from "../arena/arenas.ts";
import { EVENT_BYTES_MAX, type Effect, effectBody, effectText } from "../arena/letters.ts";
import { type Code, GatewayError } from "../errors.ts";
import type { Generation, Route } from "../generation.ts";
import type { ForwardedRequest } from "../proxy/forward.ts";
import { faultOfFields } from "../proxy/headers.ts";
import { refuse } from "../reply/refuse.ts";
import { ONE_WRITE_BYTES } from "../reply/reply-writer.ts";
import { sendReply } from "../reply/send.ts";
import { BODY_KIND, EFFECT, EVENT, PIECE_BYTES } from "./abi.ts";
import { Answer, type AnswerOwner } from "./answer.ts";
import { abortWords } from "./abort-words.ts";
import { RequestFault, askedRequest } from "./asked-request.ts";
import { consoleText } from "./console-text.ts";
import { type Culprit, culpritOf, culpritOfStack } from "./culprit.ts";
import type { LoadedHandler } from "./handler-set.ts";
import { explainMissing } from "./missing-globals.ts";
import { requestHead } from "./request-head.ts";
import { type AbortCause, HandlerRun, type RunEnd, type RunOwner, type RunPlace } from "./run.ts";
import { type GivenBody, Subrequests, rewrite } from "./subrequests.ts";

/** What the gateway wants to know of a handler's work, for logs and metrics. */
export interface Served {
  error: GatewayError | null;
  status: number;
  bytesOut: number;
  arenaPeakBytes: number;
  /** From the start of the handler to the end of its last turn. */
  handlerMs: number;
  cpuUs: number;
  subrequests: number;
  culprit: Culprit | null;
  cause: AbortCause | null;
  askedBytes: number;
  logsDropped: number;
}

export interface ServeOptions {
  place: RunPlace;
  route: Route;
  handler: LoadedHandler;
  generation: Generation;
  replyIdleMs: number;
  /** A line that the handler wrote to its console. */
  log(level: number, text: string): void;
  /** The slot is clean and given back, and the response is over: the permit may go back as well. */
  freed(): void;
  /**
   * The handler failed before anything of its work could be seen outside: no answer begun, no request sent, the body as
   * it was. True: somebody else answers, and neither `done` nor an answer comes from here.
   */
  takeOver(failed: Served): boolean;
  /** The handler has answered with what the upstream will answer to this. Neither `done` nor an answer comes from here. */
  passOn(request: ForwardedRequest, served: Served): void;
  /** Slot and response are over. */
  done(served: Served): void;
}

const CODE_OF: Record<AbortCause, Code> = {
  memory: "ARENA_MEMORY_EXCEEDED",
  cpu: "HANDLE_CPU_EXCEEDED",
  wall: "HANDLE_TIMED_OUT",
  stuck: "HANDLE_TIMED_OUT",
  effects: "HANDLE_THREW",
  trapped: "ARENA_TRAPPED",
};

export class HandlerExchange implements RunOwner, AnswerOwner, ResponseWatcher, Served {
  error: GatewayError | null = null;
  status = 0;
  bytesOut = 0;
  culprit: Culprit | null = null;
  cause: AbortCause | null = null;
  askedBytes = 0;
  handlerMs = 0;
  #startedMs = 0;
  readonly #exchange: Exchange;
  readonly #options: ServeOptions;
  readonly #run: HandlerRun;
  readonly #subrequests: Subrequests;
  /** Of an answer that is not written at once. */
  #answer: Answer | null = null;
  /** Reads of the request's body that will become events. */
  #outstanding = 0;
  /** Of console output so far, and lines that were too many. */
  #logBytes = 0;
  #logsCut = 0;
  /** The record of a subrequest whose target is in the next record. */
  #pendingSubrequest: Effect | null = null;
  /** What goes on to the upstream in place of the client's request. */
  #passedOn: ForwardedRequest | null = null;
  #answered = false;
  /** The answer has left the arena, which need not wait for the client to take it. */
  #copied = false;
  #takenOver = false;
  #closed = false;
  #runOver = false;
  #finished = false;

  constructor(exchange: Exchange, options: ServeOptions) {
    this.#exchange = exchange;
    this.#options = options;
    const { limits } = options.route.config;
    this.#run = new HandlerRun(options.place, limits, this, () => this.#runFreed());
    this.#subrequests = new Subrequests(exchange, options.route, options.generation, (event) =>
      this.#run.deliver(event),
    );
    exchange.watcher = this;
  }

  get arenaPeakBytes(): number {
    return this.#run.peakBytes;
  }

  get holder(): SlotHolder {
    const { requestId, acceptedAtMs } = this.#exchange;
    return { requestId, route: this.#options.route.config.name, sinceMs: acceptedAtMs };
  }

  get cpuUs(): number {
    return this.#run.cpuUs;
  }

  get subrequests(): number {
    return this.#subrequests.sent;
  }

  get logsDropped(): number {
    return this.#run.logsDropped + this.#logsCut;
  }

  get awaited(): boolean {
    return this.#outstanding + this.#subrequests.outstanding > 0 || this.#answer?.isWriting === true;
  }

  start(): void {
    this.#startedMs = performance.now();
    this.#run.start(requestHead(this.#exchange), this.#exchange.body !== null);
    // The client left between two stages: nobody else will say so.
    if (this.#exchange.closed) queueMicrotask(() => this.responseClosed());
  }

  /** Ends it from outside: the drain's deadline. */
  abort(error: GatewayError): void {
    this.error ??= error;
    this.#run.abort("wall");
  }

  // What the handler asks for ------------------------------------------------------------------------------------

  effect(effect: Effect, stays: boolean): void {
    if (this.#takenOver) return;
    switch (effect.effect) {
      case EFFECT.respond:
        return this.#respond(effect, stays);
      case EFFECT.write:
        return effect.a === 0 ? this.#write(effect) : this.#subrequests.write(effect.a, this.#copy(effect));
      case EFFECT.writeEnd:
        return effect.a === 0 ? this.#answer?.end() : this.#subrequests.writeEnd(effect.a);
      case EFFECT.writeAbort:
        return effect.a === 0 ? this.#breakOff() : this.#subrequests.writeAbort(effect.a);
      case EFFECT.subrequest:
        this.#pendingSubrequest = effect;
        return;
      case 0:
        return this.#subrequest(effect);
      case EFFECT.passOn:
        return this.#passOnRequest(effect);
      case EFFECT.abort:
        return effect.a === 0 ? undefined : this.#subrequests.abort(effect.a);
      case EFFECT.pull:
        return effect.a === 0 ? this.#pull() : this.#subrequests.pull(effect.a);
      case EFFECT.log:
        return this.#log(effect);
      case EFFECT.threw:
        return this.#threw(effect);
      case EFFECT.badResponse:
        return this.#fail(new GatewayError("HANDLE_BAD_RESPONSE", this.#text(effect, STACK_BYTES)));
    }
  }

  #respond(effect: Effect, stays: boolean): void {
    if (this.#answered) return;
    if (effect.textBytes > HEAD_BYTES) {
      const why = `a head of ${effect.textBytes} bytes; at most ${HEAD_BYTES} are sent`;
      return this.#fail(new GatewayError("HANDLE_BAD_RESPONSE", why));
    }
    const headers = effect.textBytes === 0 ? [] : this.#text(effect).split("\n");
    const status = effect.a;
    const fault =
      faultOfFields(headers) ??
      faultOfLength(headers) ??
      (status >= 200 && status <= 599 ? null : `status ${status}`);
    if (fault) return this.#fail(new GatewayError("HANDLE_BAD_RESPONSE", fault));
    this.#answered = true;
    this.status = status;
    if (effect.b === BODY_KIND.host) return this.#passOn(effect.bodyPointer, status, headers);
    if (effect.b === BODY_KIND.stream) return this.#newAnswer().stream(status, headers);
    const body = effectBody(effect.bytes, effect.bodyPointer, effect.bodyBytes);
    this.bytesOut = body.length;
    // Only a complete run's arena stays as it is until the client has everything; otherwise the handler goes on.
    if (body.length > PIECE_BYTES) return this.#sendFromArena(status, headers, body, stays);
    this.#copied = !stays || body.length <= ONE_WRITE_BYTES;
    const stable = stays || body.length <= ONE_WRITE_BYTES ? body : Buffer.from(body);
    if (!sendReply(this.#exchange, { status, headers, body: stable }, this.#options.route.responseRules)) {
      this.error ??= new GatewayError("REPLY_CLIENT_GONE");
    }
  }

  /** A large answer leaves the arena piece by piece. */
  #sendFromArena(status: number, headers: string[], body: Buffer, stays: boolean): void {
    if (stays) return this.#newAnswer().sendPieces(status, headers, body);
    this.#fail(new GatewayError("HANDLE_BAD_RESPONSE", "a piece of more than PIECE_BYTES"));
  }

  /** The answer's body comes from elsewhere and does not enter the arena. */
  #passOn(id: number, status: number, headers: string[]): void {
    if (id === 0) return this.#newAnswer().echo(status, headers);
    const subrequest = this.#subrequests.handOver(id);
    if (!subrequest) return this.#fail(new GatewayError("HANDLE_BAD_RESPONSE", "its body was used already"));
    this.#newAnswer().passOn(subrequest, status, headers);
  }

  #newAnswer(): Answer {
    const { place, replyIdleMs, route } = this.#options;
    const options = { deadlines: place.deadlines, replyIdleMs, rules: route.responseRules };
    return (this.#answer = new Answer(this.#exchange, options, this));
  }

  #write(effect: Effect): void {
    const piece = this.#answer?.hasRoom ? this.#copy(effect) : null;
    if (!piece) return this.#run.deliver({ event: EVENT.writeFailed, id: 0 });
    this.bytesOut += piece.length;
    this.#answer!.write(piece);
  }

  /** The handler may write on. */
  answerWritten(): void {
    this.#run.deliver({ event: EVENT.writable, id: 0 });
  }

  #breakOff(): void {
    const error = new GatewayError("HANDLE_THREW", "the response's stream broke off");
    this.error ??= error;
    this.#answer?.fail(error);
  }

  #subrequest({ bytes, textPointer, textBytes }: Effect): void {
    const record = this.#pendingSubrequest;
    this.#pendingSubrequest = null;
    if (!record) return;
    if (Math.max(record.textBytes, textBytes) > HEAD_BYTES) {
      return this.#run.deliver({ event: EVENT.subrequestFailed, id: record.a, text: HEAD_TOO_LARGE });
    }
    const target = effectText(bytes, textPointer, textBytes);
    this.#subrequests.send(record.a, target, this.#text(record), this.#given(record));
  }

  /** What it sends on is what the upstream gets of the client's request; the answer is none of the handler's business. */
  #passOnRequest(effect: Effect): void {
    if (effect.textBytes > HEAD_BYTES) return this.#cannotPassOn(HEAD_TOO_LARGE);
    try {
      const { method, url, headers } = askedRequest(this.#text(effect), this.#exchange);
      if (method !== this.#exchange.method)
        throw new RequestFault(`the method is not ${this.#exchange.method}`);
      const path = rewrite(url.pathname + url.search, this.#options.route);
      const body = effect.b === BODY_KIND.none ? null : this.#exchange.body;
      this.#passedOn = { path, headers, body };
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
      this.#cannotPassOn(error.message);
    }
  }

  /** As the handler would have thrown it, had it still been there to hear of it: where, nobody knows. */
  #cannotPassOn(why: string): void {
    this.culprit = culpritOf([], this.#options.handler.positions);
    this.#fail(new GatewayError("HANDLE_THREW", `TypeError: fetch failed: ${why}`));
  }

  #given(effect: Effect): GivenBody {
    switch (effect.b) {
      case BODY_KIND.string:
      case BODY_KIND.bytes:
        return { kind: "bytes", bytes: this.#copy(effect) };
      case BODY_KIND.host:
        return { kind: "host", id: effect.bodyPointer };
      case BODY_KIND.stream:
        return { kind: "stream" };
      default:
        return { kind: "none" };
    }
  }

  #pull(): void {
    const { body } = this.#exchange;
    if (!body) return this.#run.deliver({ event: EVENT.bodyEnd, id: 0 });
    this.#outstanding++;
    body.read(EVENT_BYTES_MAX).then(
      (chunk) => this.#pulled(chunk),
      (error: unknown) => this.#pullFailed(error),
    );
  }

  #pulled(chunk: Uint8Array | null): void {
    this.#outstanding--;
    this.#run.deliver(
      chunk ? { event: EVENT.bodyChunk, id: 0, data: chunk } : { event: EVENT.bodyEnd, id: 0 },
    );
  }

  #pullFailed(error: unknown): void {
    this.#outstanding--;
    const known =
      error instanceof GatewayError ? error : new GatewayError("REPLY_CLIENT_GONE", String(error));
    // A body that is too large is the client's fault and has its own answer, whatever the handler makes of it.
    this.error ??= known;
    this.#run.deliver({ event: EVENT.bodyFailed, id: 0, text: known.title });
  }

  /** Up to `limits.console`: the log is everybody's, and while it is full it takes no access lines either. */
  #log({ a: level, b: fullBytes, bytes, textPointer, textBytes }: Effect): void {
    this.#logBytes += textBytes + LOG_LINE_BYTES;
    if (this.#logBytes > this.#options.route.config.limits.consoleBytes) {
      this.#logsCut++;
      return;
    }
    const text = effectText(bytes, textPointer, textBytes);
    this.#options.log(level, fullBytes > textBytes ? `${text}... (${fullBytes} bytes)` : text);
  }

  /** A handler that lets ctx.next() fail answers as the route would without it. */
  #threw(effect: Effect): void {
    const upstreamFailure = this.#subrequests.failureOf(effect.a);
    if (upstreamFailure) return this.#fail(upstreamFailure);
    const stack = effectText(effect.bytes, effect.bodyPointer, Math.min(effect.bodyBytes, STACK_BYTES));
    this.culprit = culpritOfStack(stack, this.#options.handler.positions);
    const text = this.#text(effect, STACK_BYTES);
    const description = consoleText(text, this.#options.handler.positions).text;
    this.#fail(new GatewayError("HANDLE_THREW", explainMissing(description)));
  }

  #fail(error: GatewayError): void {
    this.error ??= error;
    if (this.#answered) return this.#answer?.fail(error);
    this.#answered = true;
    if (this.#unseen && this.#options.takeOver(this)) return this.#retire();
    this.status = this.error.status;
    this.#copied = true;
    refuse(this.#exchange, this.error);
  }

  /** Nobody outside can tell that the handler ran. */
  get #unseen(): boolean {
    const { body, closed, gone } = this.#exchange;
    return this.#subrequests.sent === 0 && (body?.rewindable ?? true) && !closed && !gone;
  }

  /** From now on the exchange is somebody else's; what is left of the run ends without a word. */
  #retire(): void {
    this.#takenOver = this.#closed = true;
    queueMicrotask(() => this.#run.abort("wall"));
  }

  /** The arena is free; the request is not answered yet. */
  #goOn(passedOn: ForwardedRequest): void {
    this.#takenOver = this.#closed = true;
    this.#options.passOn(passedOn, this);
  }

  #text({ bytes, textPointer, textBytes }: Effect, limitBytes = textBytes): string {
    return effectText(bytes, textPointer, Math.min(textBytes, limitBytes));
  }

  /** Out of the arena: whoever gets it may keep it beyond the next turn. Null: larger than a piece may be. */
  #copy({ bytes, bodyPointer, bodyBytes }: Effect): Buffer | null {
    if (bodyBytes > PIECE_BYTES) return null;
    return Buffer.from(effectBody(bytes, bodyPointer, bodyBytes));
  }

  // How it ends --------------------------------------------------------------------------------------------------

  ended(end: RunEnd): void {
    this.handlerMs = performance.now() - this.#startedMs;
    this.#subrequests.close();
    if (this.#passedOn && !this.#closed) this.#goOn(this.#passedOn);
    if (this.#takenOver) return this.#run.release();
    if (end.kind === "aborted") this.#aborted(end.cause, end);
    else if (!this.#answered)
      this.#fail(new GatewayError("HANDLE_BAD_RESPONSE", "it ended without a response"));
    if (this.#closed || this.#copied) this.#run.release();
  }

  #aborted(cause: AbortCause, { frames, askedBytes }: Extract<RunEnd, { kind: "aborted" }>): void {
    this.cause = cause;
    this.askedBytes = askedBytes;
    this.culprit = culpritOf(frames, this.#options.handler.positions);
    const { place, route } = this.#options;
    const { name, arenaBytes } = place.pool;
    const figures = { limits: route.config.limits, pool: name, arenaBytes, askedBytes };
    this.#fail(new GatewayError(CODE_OF[cause], abortWords(cause, figures)));
  }

  /** The client is gone while we stream to it: the handler hears that nobody reads. */
  answerAborted(error: GatewayError): void {
    this.error ??= error;
    this.#run.deliver({ event: EVENT.writeFailed, id: 0 });
    this.#run.deliver({ event: EVENT.clientGone, id: 0 });
  }

  answerOver(error: GatewayError | null): void {
    if (error) this.error ??= error;
    this.bytesOut = Math.max(this.bytesOut, this.#answer?.bytesOut ?? 0);
    this.#responseOver();
  }

  responseClosed(): void {
    if (!this.#exchange.reply.finished) {
      this.error ??= this.#exchange.connection.brokenBy ?? new GatewayError("REPLY_CLIENT_GONE");
      this.#run.deliver({ event: EVENT.clientGone, id: 0 });
    }
    this.#responseOver();
  }

  #responseOver(): void {
    this.#closed = true;
    this.#run.release();
    this.#finish();
  }

  #runFreed(): void {
    this.#runOver = true;
    this.#finish();
  }

  #finish(): void {
    if (this.#finished || !this.#runOver || !this.#closed) return;
    this.#finished = true;
    this.#options.freed();
    if (!this.#takenOver) this.#options.done(this);
  }
}

const STACK_BYTES = 16_384;
/** What the log adds to a console line, about: time, request id, route, handler. An empty line is no free line. */
const LOG_LINE_BYTES = 128;
/** Heads become strings and lists of strings on the I/O thread, which has no arena around it. */
const HEAD_BYTES = 65_536;
const HEAD_TOO_LARGE = `the head of a request may have ${HEAD_BYTES} bytes`;

/** A length that a handler announces for a body that is still to come: at most one, and a number (RFC 9110 section 8.6). */
function faultOfLength(headers: readonly string[]): string | null {
  const lengths = headers.filter(
    (_, index) => index % 2 === 1 && headers[index - 1]!.toLowerCase() === "content-length",
  );
  return lengths.length === 0 || (lengths.length === 1 && /^\d{1,15}$/.test(lengths[0]!))
    ? null
    : `content-length ${lengths.join(", ").slice(0, 64)}`;
}
