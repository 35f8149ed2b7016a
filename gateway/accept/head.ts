// What a request head must look like to be served. Everything two parsers could read differently is refused
// here, before the request is routed or a byte of it reaches an upstream: the parser in front of us and the one
// behind us never get to disagree about where a message ends or whom it is for.
//
// node's parser already refuses most malformed bytes; these checks do not rely on it, and every case is proved
// with raw bytes in test/integration/framing.test.ts.
import type { IncomingMessage } from "node:http";
import { GatewayError } from "../errors.ts";
import { Field, fieldOf } from "./field.ts";
import { isHost } from "./host.ts";

export interface HeadLimits {
  /** Bytes of the request target; longer is 414. */
  readonly targetBytes: number;
  /** Header fields per request; more is 431. */
  readonly headerCount: number;
}

/** The facts of a head that later stages ask for, gathered in one walk over the raw headers. */
export interface RequestHead {
  readonly method: string;
  /** Origin-form: path and query exactly as the client wrote them. */
  readonly target: string;
  /** Host as sent (with port); null only for HTTP/1.0 without one. */
  readonly host: string | null;
  /** 0: no body. null: chunked, so unknown. */
  readonly bodyBytes: number | null;
  readonly expectsContinue: boolean;
  readonly requestId: string | null;
  readonly forwardedFor: string | null;
  readonly traceparent: string | null;
  /** Fields named by Connection that must not be passed on (RFC 9110 section 7.6.1), lower case. */
  readonly connectionNames: readonly string[] | null;
}

// RFC 9112 section 3.2: visible ASCII only. A fragment is never sent, and a server that gets one may cut there.
const TARGET = /^[!-"$-~]+$/;
const VALUE_CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const DIGITS = /^[0-9]{1,15}$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const bad = (detail: string): GatewayError => new GatewayError("ACCEPT_BAD_REQUEST", detail);

/** What is known of a request that is refused for its head: enough to answer and to log. */
export function headOfRefused(req: IncomingMessage): RequestHead {
  return {
    method: req.method ?? "",
    target: req.url ?? "",
    host: null,
    bodyBytes: 0,
    expectsContinue: false,
    requestId: null,
    forwardedFor: null,
    traceparent: null,
    connectionNames: null,
  };
}

/** The head's facts, or why the request is refused. */
export function readHead(req: IncomingMessage, limits: HeadLimits): RequestHead | GatewayError {
  const method = req.method ?? "";
  const fault = faultOfRequestLine(req, method, limits);
  if (fault !== null) return fault;
  const raw = req.rawHeaders;
  if (raw.length > limits.headerCount * 2) {
    return new GatewayError("ACCEPT_HEAD_TOO_LARGE", `${raw.length / 2} header fields`);
  }
  const walk = new HeadWalk();
  for (let i = 0; i < raw.length; i += 2) {
    const problem = walk.take(raw[i] as string, raw[i + 1] as string);
    if (problem !== null) return problem;
  }
  return finish(req, method, walk);
}

function faultOfRequestLine(req: IncomingMessage, method: string, limits: HeadLimits): GatewayError | null {
  // TRACE would echo credentials back to a script; CONNECT would make an open proxy of us.
  if (method === "TRACE" || method === "CONNECT") return new GatewayError("ACCEPT_METHOD_REFUSED", method);
  if (req.httpVersion !== "1.1" && req.httpVersion !== "1.0") {
    return new GatewayError("ACCEPT_VERSION_UNSUPPORTED", req.httpVersion);
  }
  const target = req.url ?? "";
  if (target.length > limits.targetBytes) {
    return new GatewayError("ACCEPT_TARGET_TOO_LONG", `${target.length} bytes`);
  }
  return TARGET.test(target) ? null : bad("request target with control, space, non-ASCII or #");
}

class HeadWalk {
  host: string | null = null;
  contentLength: string | null = null;
  chunked = false;
  expectsContinue = false;
  requestId: string | null = null;
  forwardedFor: string | null = null;
  traceparent: string | null = null;
  connectionNames: string[] | null = null;

  /** Takes one header field; returns what is wrong with it, if anything. */
  take(name: string, value: string): GatewayError | null {
    if (VALUE_CONTROL.test(value)) return bad(`control character in ${name}`);
    switch (fieldOf(name)) {
      case Field.host:
        return this.#takeHost(value);
      case Field.contentLength:
        return this.#takeContentLength(value);
      case Field.transferEncoding:
        return this.#takeTransferEncoding(value);
      case Field.connection:
        return this.#takeConnection(value);
      case Field.expect:
        this.expectsContinue = value.toLowerCase() === "100-continue";
        return this.expectsContinue ? null : new GatewayError("ACCEPT_EXPECTATION_FAILED", value);
      case Field.requestId:
        this.requestId ??= value;
        return null;
      case Field.forwardedFor:
        this.forwardedFor = this.forwardedFor === null ? value : `${this.forwardedFor}, ${value}`;
        return null;
      case Field.traceparent:
        // Sent twice means that somebody on the way got it wrong: no trace is better than a wrong one.
        this.traceparent = this.traceparent === null ? value : "";
        return null;
      default:
        return null;
    }
  }

  #takeHost(value: string): GatewayError | null {
    if (this.host !== null) return bad("more than one Host"); // RFC 9112 section 3.2
    this.host = value;
    return isHost(value) ? null : bad("invalid Host");
  }

  #takeContentLength(value: string): GatewayError | null {
    // RFC 9112 section 6.3 lets a recipient merge equal copies. Not every recipient does.
    if (this.contentLength !== null) return bad("more than one Content-Length");
    this.contentLength = value;
    return DIGITS.test(value) ? null : bad("invalid Content-Length");
  }

  #takeTransferEncoding(value: string): GatewayError | null {
    if (this.chunked) return bad("more than one Transfer-Encoding");
    this.chunked = true;
    // RFC 9112 section 6.1: we implement chunked and nothing else, alone and once.
    return value.toLowerCase() === "chunked" ? null : bad("Transfer-Encoding other than chunked");
  }

  #takeConnection(value: string): GatewayError | null {
    for (const part of value.split(",")) {
      const name = part.trim().toLowerCase();
      if (name === "" || name === "keep-alive" || name === "close" || name === "upgrade") continue;
      if (!TOKEN.test(name)) return bad("invalid Connection");
      (this.connectionNames ??= []).push(name);
    }
    return null;
  }
}

function finish(req: IncomingMessage, method: string, walk: HeadWalk): RequestHead | GatewayError {
  if (walk.chunked && walk.contentLength !== null) return bad("Content-Length beside Transfer-Encoding");
  if (walk.chunked && req.httpVersion === "1.0") return bad("Transfer-Encoding in HTTP/1.0"); // RFC 9112 section 6.1
  if (walk.host === null && req.httpVersion === "1.1") return bad("no Host");
  const target = originForm(req.url ?? "", walk.host);
  if (target === null) return bad("request target neither origin-form nor for the Host named");
  return {
    method,
    target,
    host: walk.host,
    bodyBytes: walk.chunked ? null : Number(walk.contentLength ?? 0),
    expectsContinue: walk.expectsContinue,
    requestId: walk.requestId,
    forwardedFor: walk.forwardedFor,
    traceparent: walk.traceparent,
    connectionNames: walk.connectionNames,
  };
}

// RFC 9112 section 3.2.2 makes servers accept absolute-form and prefer its authority over Host. Where the two
// differ the next hop may prefer the other one, so only agreement is accepted. Asterisk-form (OPTIONS *) asks
// about the server itself, which is not an upstream's to answer.
function originForm(target: string, host: string | null): string | null {
  if (target.charCodeAt(0) === 0x2f /* / */) return target;
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  if (absolute === null) return null;
  const [, authority = "", rest = ""] = absolute;
  if (host === null || authority.toLowerCase() !== host.toLowerCase()) return null;
  return rest.startsWith("/") ? rest : `/${rest}`;
}
