// What a request head must look like to be served. Everything two parsers could read differently is refused
// here, before the request is routed or a byte of it reaches an upstream: the parser in front of us and the one
// behind us never get to disagree about where a message ends or whom it is for. Every case is proved with raw bytes in
// test/integration/framing-refused.test.ts.
import { GatewayError } from "../errors.ts";
import { type FieldTaker, LENGTH, TOKEN, walkFields } from "../shared/fields.ts";
import { type Framing, NO_BODY } from "../shared/message-parser.ts";
import { METHODS } from "../shared/node-http.ts";
import { Field, fieldOf } from "./field.ts";
import { isHost } from "./host.ts";

export interface HeadLimits {
  /** Bytes of the request target; longer is 414. */
  readonly targetBytes: number;
  /** Header fields per request; more is 431. */
  readonly headerCount: number;
}

/** A request's head and the facts that later stages ask for, gathered in one walk. */
export interface RequestHead {
  /** Why the request must not be served; then the rest is as far as it was read. */
  readonly fault: GatewayError | null;
  readonly method: string;
  /** Origin-form: path and query exactly as the client wrote them. */
  readonly target: string;
  readonly version: "1.0" | "1.1";
  /** Flat, as they came: name, value, name, value ... */
  readonly fields: readonly string[];
  /** Host as sent (with port); null only for HTTP/1.0 without one. */
  readonly host: string | null;
  /** Whether the client wants to use the connection again. */
  readonly keepAlive: boolean;
  /** 0: no body. null: chunked, so unknown. */
  readonly bodyBytes: number | null;
  readonly expectsContinue: boolean;
  /** The protocol it would rather speak (RFC 9110 section 7.8); null: none. */
  readonly upgrade: string | null;
  readonly requestId: string | null;
  readonly forwardedFor: string | null;
  readonly traceparent: string | null;
  /** Fields named by Connection that must not be passed on (RFC 9110 section 7.6.1), lower case. */
  readonly connectionNames: readonly string[] | null;
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);
// RFC 9112 section 3.2: visible ASCII only. A fragment is never sent, and a server that gets one may cut there.
const TARGET = /^[!-"$-~]+$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) HTTP\/1\.([01])$/;
const METHOD_PART = /^(?:\r\n?)?(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+ |[!#$%&'*+.^_`|~0-9A-Za-z-]*$)/;
/** No head yet: what comes next is one. */
export const NO_HEAD: Framing = { end: "interim", bytes: 0 };
const CHUNKED: Framing = { end: "chunked", bytes: 0 };

const bad = (detail: string): GatewayError => new GatewayError("ACCEPT_BAD_REQUEST", detail);

/** False: these are not the first bytes of a request. */
export function isHeadStart(part: string): boolean {
  return METHOD_PART.test(part);
}

/** `text`: everything before the empty line, and free of controls and bare line ends. */
export function readHead(text: string, limits: HeadLimits): RequestHead {
  // An empty line before the request (RFC 9112 section 2.2) is none of its lines.
  const start = text.startsWith("\r\n") ? 2 : 0;
  const found = text.indexOf("\r\n", start);
  const line = text.slice(start, found < 0 ? text.length : found);
  const head = new Head(limits);
  head.fault = head.readLine(line) ?? (found < 0 ? null : head.readFields(text, found + 2)) ?? head.judge();
  return head;
}

/** Where the body of an accepted head ends. */
export function framingOf({ bodyBytes }: RequestHead): Framing {
  if (bodyBytes === null) return CHUNKED;
  return bodyBytes === 0 ? NO_BODY : { end: "length", bytes: bodyBytes };
}

/** A field's value as one list (RFC 9110 section 5.3); undefined: it was not sent. */
export function valueOf({ fields }: RequestHead, lowerName: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.length !== lowerName.length || name.toLowerCase() !== lowerName) continue;
    const between = lowerName === "cookie" ? "; " : ", ";
    value = value === undefined ? fields[i + 1] : `${value}${between}${fields[i + 1] as string}`;
  }
  return value;
}

class Head implements RequestHead, FieldTaker<GatewayError> {
  fault: GatewayError | null = null;
  method = "";
  target = "";
  version: "1.0" | "1.1" = "1.1";
  readonly fields: string[] = [];
  host: string | null = null;
  bodyBytes: number | null = 0;
  expectsContinue = false;
  requestId: string | null = null;
  forwardedFor: string | null = null;
  traceparent: string | null = null;
  connectionNames: string[] | null = null;
  readonly #limits: HeadLimits;
  #contentLength: string | null = null;
  #chunked = false;
  #close = false;
  #keep = false;
  #upgradeNamed = false;
  #upgrade: string | null = null;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  get keepAlive(): boolean {
    return !this.#close && (this.version === "1.1" || this.#keep);
  }

  get upgrade(): string | null {
    return this.#upgradeNamed ? this.#upgrade : null;
  }

  readLine(line: string): GatewayError | null {
    const match = REQUEST_LINE.exec(line);
    if (match === null) return this.#faultOfLine(line);
    const [, method = "", target = "", minor] = match;
    this.method = method;
    this.target = target;
    this.version = minor === "0" ? "1.0" : "1.1";
    if (!KNOWN_METHODS.has(method)) return bad("unknown method");
    // A loopback of the request's own fields, and a tunnel to anywhere: neither is a gateway's to answer.
    if (method === "TRACE" || method === "CONNECT") return new GatewayError("ACCEPT_METHOD_REFUSED", method);
    if (target.length > this.#limits.targetBytes) {
      return new GatewayError("ACCEPT_TARGET_TOO_LONG", `${target.length} bytes`);
    }
    return TARGET.test(target) ? null : bad("request target with control, space, non-ASCII or #");
  }

  readFields(text: string, start: number): GatewayError | null {
    const fault = walkFields(text, start, this);
    return typeof fault === "string" ? bad(fault) : fault;
  }

  /** Takes one header field; returns what is wrong with it, if anything. */
  take(name: string, value: string): GatewayError | null {
    const { fields } = this;
    if (fields.push(name, value) > this.#limits.headerCount * 2) {
      return new GatewayError("ACCEPT_HEAD_TOO_LARGE", `more than ${this.#limits.headerCount} header fields`);
    }
    switch (fieldOf(name)) {
      case Field.host:
        return this.#takeHost(value);
      case Field.contentLength:
        return this.#takeContentLength(value);
      case Field.transferEncoding:
        return this.#takeTransferEncoding(value);
      case Field.connection:
        return this.#takeConnection(value);
      case Field.upgrade:
        this.#upgrade = this.#upgrade === null ? value : `${this.#upgrade}, ${value}`;
        return null;
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

  /** What shows only when all fields have been seen. */
  judge(): GatewayError | null {
    if (this.#chunked && this.#contentLength !== null) return bad("Content-Length beside Transfer-Encoding");
    if (this.#chunked && this.version === "1.0") return bad("Transfer-Encoding in HTTP/1.0"); // RFC 9112 section 6.1
    if (this.host === null && this.version === "1.1") return bad("no Host");
    const target = originForm(this.target, this.host);
    if (target === null) return bad("request target neither origin-form nor for the Host named");
    this.target = target;
    this.bodyBytes = this.#chunked ? null : Number(this.#contentLength ?? 0);
    return null;
  }

  /** A request line that is none of ours: of another version, or of no version at all. */
  #faultOfLine(line: string): GatewayError {
    const [method = "", target = "", version, ...more] = line.split(" ");
    this.method = TOKEN.test(method) ? method : "";
    this.target = TARGET.test(target) && target.length <= this.#limits.targetBytes ? target : "";
    const isSimple = version === undefined && target !== "" && !target.startsWith("HTTP/");
    const isOther =
      version !== undefined && /^HTTP\/[0-9.]+$/.test(version) && !/^HTTP\/1\.[01]$/.test(version);
    if (KNOWN_METHODS.has(method) && more.length === 0 && (isSimple || isOther)) {
      return new GatewayError("ACCEPT_VERSION_UNSUPPORTED", version ?? "none");
    }
    return bad("invalid request line");
  }

  #takeHost(value: string): GatewayError | null {
    if (this.host !== null) return bad("more than one Host"); // RFC 9112 section 3.2
    this.host = value;
    return isHost(value) ? null : bad("invalid Host");
  }

  #takeContentLength(value: string): GatewayError | null {
    // RFC 9112 section 6.3 lets a recipient merge equal copies. Not every recipient does.
    if (this.#contentLength !== null) return bad("more than one Content-Length");
    this.#contentLength = value;
    return LENGTH.test(value) ? null : bad("invalid Content-Length");
  }

  #takeTransferEncoding(value: string): GatewayError | null {
    if (this.#chunked) return bad("more than one Transfer-Encoding");
    this.#chunked = true;
    // RFC 9112 section 6.1: we implement chunked and nothing else, alone and once.
    return value.toLowerCase() === "chunked" ? null : bad("Transfer-Encoding other than chunked");
  }

  #takeConnection(value: string): GatewayError | null {
    for (const part of value.split(",")) {
      const name = part.trim().toLowerCase();
      if (name === "close") this.#close = true;
      else if (name === "keep-alive") this.#keep = true;
      else if (name === "upgrade") this.#upgradeNamed = true;
      else if (name === "") continue;
      else if (!TOKEN.test(name)) return bad("invalid Connection");
      else (this.connectionNames ??= []).push(name);
    }
    return null;
  }
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
