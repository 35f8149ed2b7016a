/**
 * What a handler asks of upstreams: ctx.next(), bindings, fetch. Each becomes a Subrequest of the proxy stage; its head
 * comes back as an event, its body is pulled piece by piece or handed on without entering the arena.
 *
 * Owner: one request's handler. Bound: `limits.subrequests` in all, each with the proxy stage's fixed buffer; a body that
 * the handler sends in one piece is at most PIECE_BYTES (larger ones are streamed, one piece at a time).
 */
import type { Exchange } from "../accept/exchange.ts";
import { EVENT_BYTES_MAX } from "../arena/letters.ts";
import { GatewayError } from "../errors.ts";
import type { Generation, Route } from "../generation.ts";
import { totalWeight, weighted } from "../proxy/balance.ts";
import type { BodySource, BodyWriter, UpstreamRequest } from "../proxy/engine.ts";
import { FedBody } from "../proxy/fed-body.ts";
import { hostFor, requestHeaders } from "../proxy/headers.ts";
import { Subrequest, type SubrequestHead } from "../proxy/subrequest.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { EVENT, PIECE_BYTES } from "./abi.ts";
import { RequestFault, askedRequest } from "./asked-request.ts";
import type { TurnEvent } from "./run.ts";

/** A body as a handler gives it: nothing, bytes (copied; null: too many), a body the host holds, or a stream to come. */
export type GivenBody =
  | { kind: "none" }
  | { kind: "bytes"; bytes: Buffer | null }
  | { kind: "host"; id: number }
  | { kind: "stream" };

interface Entry {
  subrequest: Subrequest;
  /** Set while the handler streams the request's body. */
  fed: FedBody | undefined;
  /** A piece was written and there was no room for more yet. */
  writing: boolean;
}

export class Subrequests {
  /** Events that are on their way: heads, chunks, room for writes. */
  outstanding = 0;
  /** How many were sent: whether the handler had an outside effect. */
  sent = 0;
  readonly #exchange: Exchange;
  readonly #route: Route;
  readonly #generation: Generation;
  readonly #deliver: (event: TurnEvent) => void;
  readonly #entries = new Map<number, Entry>();
  /** Of ctx.next() alone: why the route's upstream did not answer. */
  readonly #failures = new Map<number, GatewayError>();

  constructor(exchange: Exchange, route: Route, generation: Generation, deliver: (event: TurnEvent) => void) {
    this.#exchange = exchange;
    this.#route = route;
    this.#generation = generation;
    this.#deliver = deliver;
  }

  /** Sends one; whatever is wrong with it comes back as EVENT.subrequestFailed. */
  send(id: number, target: string, head: string, body: GivenBody): void {
    try {
      if (this.#entries.has(id)) throw new RequestFault("this id is in use");
      this.#send(id, target, head, body);
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
      this.#deliver({ event: EVENT.subrequestFailed, id, text: error.message });
    }
  }

  /** Why this ctx.next() failed, if it did. */
  failureOf(id: number): GatewayError | undefined {
    return this.#failures.get(id);
  }

  get(id: number): Subrequest | undefined {
    return this.#entries.get(id)?.subrequest;
  }

  /** Takes it out of our hands: its body goes to the client. */
  handOver(id: number): Subrequest | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry?.subrequest;
  }

  pull(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return this.#deliver({ event: EVENT.bodyFailed, id, text: "there is no such body" });
    this.outstanding++;
    entry.subrequest.read(EVENT_BYTES_MAX).then(
      (chunk) =>
        this.#arrived(chunk ? { event: EVENT.bodyChunk, id, data: chunk } : { event: EVENT.bodyEnd, id }),
      (error: unknown) => this.#arrived({ event: EVENT.bodyFailed, id, text: wordsFor(error) }),
    );
  }

  /** A piece of a streamed request body (null: too large); the handler hears when there is room for the next. */
  write(id: number, chunk: Uint8Array | null): void {
    const entry = this.#entries.get(id);
    if (!chunk || !entry?.fed || entry.writing) return this.#deliver({ event: EVENT.writeFailed, id });
    entry.writing = true;
    this.outstanding++;
    if (entry.fed.write(chunk)) this.#hasRoom(id);
  }

  writeEnd(id: number): void {
    this.#entries.get(id)?.fed?.end();
  }

  writeAbort(id: number): void {
    this.#entries
      .get(id)
      ?.fed?.fail(new GatewayError("HANDLE_THREW", "the handler's request body broke off"));
  }

  abort(id: number): void {
    this.#entries.get(id)?.subrequest.cancel();
    this.#entries.delete(id);
  }

  /** The run is over: whatever is not handed over is given up. */
  close(): void {
    for (const { subrequest } of this.#entries.values()) subrequest.cancel();
    this.#entries.clear();
  }

  #send(id: number, target: string, head: string, body: GivenBody): void {
    const { limits } = this.#route.config;
    if (this.sent >= limits.subrequests) {
      throw new RequestFault(
        `more than ${limits.subrequests} subrequests; raise limits.subrequests of this route`,
      );
    }
    const { method, url, headers } = askedRequest(head, this.#exchange);
    const upstream = this.#upstreamFor(target, url);
    let fed: FedBody | undefined;
    if (body.kind === "stream") fed = this.#feed(id);
    const request = this.#request(target, method, url, headers, upstream, fed ?? this.#sourceOf(body));
    this.sent++;
    this.outstanding++;
    const timeouts = this.#route.ways.get(upstream)!.timeouts;
    const subrequest = new Subrequest(upstream, request, { timeouts });
    this.#entries.set(id, { subrequest, fed, writing: false });
    subrequest.head.then(
      (answer) => this.#answered(id, url.href, answer),
      (error: unknown) => {
        if (target === "next" && isUpstreams(error)) this.#failures.set(id, error);
        this.#arrived({ event: EVENT.subrequestFailed, id, text: wordsFor(error) });
      },
    );
  }

  #upstreamFor(target: string, url: URL): Upstream {
    if (target === "next") return this.#next();
    if (target.startsWith("binding ")) {
      const name = target.slice("binding ".length);
      const bound = this.#route.bindings.get(name);
      if (bound) return bound;
      throw new RequestFault(`there is no binding ${name}; add it under this route's bindings`);
    }
    const declared = this.#generation.upstreamOf(url);
    if (declared) return declared;
    throw new RequestFault(`${url.origin} is not declared; add it as a target under upstreams`);
  }

  #next(): Upstream {
    const { upstreams } = this.#route;
    const choice = weighted(upstreams, Math.random() * totalWeight(upstreams));
    if (!choice) throw new RequestFault("this route has no upstream; add upstream to the route");
    return choice.upstream;
  }

  #request(
    target: string,
    method: string,
    url: URL,
    headers: string[],
    upstream: Upstream,
    body: UpstreamRequest["body"],
  ): UpstreamRequest {
    const { policy } = this.#route.ways.get(upstream)!;
    const path = url.pathname + url.search;
    // Only ctx.next() carries the client's request on; other subrequests are the handler's own.
    if (target === "next") {
      const host = hostFor(this.#exchange, policy);
      return {
        method,
        path: this.#rewritten(path),
        host,
        headers: requestHeaders(this.#exchange, policy, headers),
        body,
      };
    }
    const { requestId, traceparent } = this.#exchange;
    const own = withoutFraming(headers);
    own.push("x-request-id", requestId, "traceparent", traceparent);
    return { method, path, host: target === "url" ? url.host : null, headers: own, body };
  }

  #rewritten(path: string): string {
    return rewrite(path, this.#route);
  }

  #sourceOf(body: GivenBody): UpstreamRequest["body"] {
    if (body.kind === "bytes") {
      if (body.bytes) return body.bytes;
      throw new RequestFault(`a body of more than ${PIECE_BYTES} bytes must be a stream`);
    }
    if (body.kind !== "host") return null;
    if (body.id === 0) return this.#exchange.body;
    const from = this.handOver(body.id);
    if (!from) throw new RequestFault("the body is used already");
    return new Relay(from);
  }

  #feed(id: number): FedBody {
    return new FedBody(
      null,
      () => this.#hasRoom(id),
      () => this.#deliver({ event: EVENT.writeFailed, id }),
    );
  }

  #hasRoom(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry?.writing) return;
    entry.writing = false;
    this.#arrived({ event: EVENT.writable, id });
  }

  #answered(id: number, url: string, { status, headers }: SubrequestHead): void {
    const lines = [String(status), url];
    headers.forEach((part, index) => lines.push(index % 2 === 0 ? part.toLowerCase() : part));
    const text = lines.join("\n");
    if (Buffer.byteLength(text) > EVENT_BYTES_MAX) {
      this.abort(id);
      return this.#arrived({ event: EVENT.subrequestFailed, id, text: "the response head is too large" });
    }
    const bodyless = status === 204 || status === 205 || status === 304;
    this.#arrived({ event: EVENT.subrequestHead, id, text, flag: bodyless ? 0 : 1 });
  }

  #arrived(event: TurnEvent): void {
    this.outstanding--;
    this.#deliver(event);
  }
}

/** A subrequest's answer as another one's body, one piece at a time. */
class Relay implements BodySource {
  readonly lengthBytes = null;
  readonly #from: Subrequest;
  #writer: BodyWriter | undefined;
  #waiting = false;

  constructor(from: Subrequest) {
    this.#from = from;
  }

  start(writer: BodyWriter): void {
    this.#writer = writer;
    void this.#pump();
  }

  resume(): void {
    if (this.#waiting) void this.#pump();
  }

  stop(): void {
    this.#writer = undefined;
    this.#from.cancel();
  }

  async #pump(): Promise<void> {
    this.#waiting = false;
    try {
      for (;;) {
        const chunk = await this.#from.read(EVENT_BYTES_MAX);
        if (chunk === null) return this.#writer?.end();
        if (this.#writer?.write(chunk)) continue;
        this.#waiting = true;
        return;
      }
    } catch (error) {
      this.#writer?.fail(
        error instanceof GatewayError ? error : new GatewayError("PROXY_RESET", String(error)),
      );
    }
  }
}

const FRAMING = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "host",
  "keep-alive",
  "upgrade",
  "te",
]);

function withoutFraming(headers: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (!FRAMING.has(headers[i]!.toLowerCase())) out.push(headers[i]!, headers[i + 1]!);
  }
  return out;
}

/** The path for the upstream: the matched prefix replaced, if the route says so (HTTPRoute's ReplacePrefixMatch). */
export function rewrite(target: string, { config }: Route): string {
  if (!config.rewrite || config.match.path.kind !== "prefix") return target;
  const rest = target.slice(config.match.path.value.length);
  const path = config.rewrite.prefix.replace(/\/$/, "") + rest;
  return path.startsWith("/") ? path : `/${path}`;
}

/** Whether it is the upstream's: what the handler or the client broke off is not. */
function isUpstreams(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code.startsWith("PROXY_");
}

/** What an author is told of an upstream's failure: what happened, no addresses. */
function wordsFor(error: unknown): string {
  return error instanceof GatewayError ? `${error.code}: ${error.title}` : "the request failed";
}
