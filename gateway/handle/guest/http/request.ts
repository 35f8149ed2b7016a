/**
 * Request (Fetch standard, section 5.4). A request of a client's is one object around the head as the host gave
 * it, "METHOD\nURL\nname\nvalue\n..."; it is taken apart when somebody asks.
 */
import { brand } from "../global.ts";
import { type BodyMethods, addBodyMethods } from "./body-mixin.ts";
import { Body, takeSource, teeBody } from "./body.ts";
import { extractBody } from "./extract-body.ts";
import { Headers, type HeadersInit, copyHeaders, headersOver, serialize, setIfAbsent } from "./headers.ts";
import { HostSource } from "./host-source.ts";
import { DEFAULT_OPTIONS, type RequestOptions, checkedMethod, checkedOptions } from "./request-rules.ts";
import { signals } from "./signal-support.ts";
import { own, parseUrl } from "../url/parse-url.ts";
import { toJson } from "../json.ts";

export interface RequestInit extends Partial<RequestOptions> {
  method?: string;
  headers?: HeadersInit;
  body?: unknown;
  signal?: object | null;
  duplex?: string;
}

/** What the handler of a client's request gets by default: redirects are the client's business. */
const INCOMING_OPTIONS: RequestOptions = { ...DEFAULT_OPTIONS, redirect: "manual" };
/** Stands in for a URL where only a path is known. */
const NOWHERE = "http://nowhere.invalid/";

export let isRequest: (value: unknown) => value is Request;
export let incomingRequest: (head: string, hasBody: boolean) => Request;
/** A request with a path for a URL, for targets whose origin the host knows. */
export let pathRequest: (path: string, init?: RequestInit) => Request;
/** "METHOD\nURL\nname\nvalue..." for the host. */
export let requestHead: (request: Request) => string;
export let requestBody: (request: Request) => Body | null;
export let requestSignal: (request: Request) => object | undefined;

const INCOMING = Symbol();

/** What a request has that is not its host's head: all of it for a request that a handler made. */
interface Parts {
  method: string;
  url: string;
  options: RequestOptions;
  /** What the signal follows, until somebody asks for it. */
  signalSources: object[] | undefined;
  signal: object | undefined;
}

let partsOf: (request: Request) => Parts;

export interface Request extends BodyMethods {}
export class Request {
  /** The host's head; "" for a request that a handler made. */
  #head = "";
  #parts: Parts | undefined = undefined;
  #headers: Headers | undefined = undefined;
  /** undefined: the host has one, and nobody asked for it yet. */
  #body: Body | null | undefined = undefined;

  constructor(input: unknown, init?: RequestInit) {
    if (input === INCOMING) return;
    if (arguments.length === 0) throw new TypeError("Request: a URL or another request is needed");
    if (init === null || init === undefined) init = {};
    else if (typeof init !== "object" && typeof init !== "function") {
      throw new TypeError(`Request: the second argument is a ${typeof init}, not an object`);
    }
    const from = isRequest(input) ? input : undefined;
    const parts = newParts(input, from, init);
    this.#parts = parts;
    this.#headers = init.headers === undefined ? copyOf(from) : new Headers(init.headers);
    this.#body = newBody(init, from, parts.method, this.#headers);
  }

  get method(): string {
    return this.#parts ? this.#parts.method : this.#head.slice(0, this.#head.indexOf("\n"));
  }
  get url(): string {
    if (this.#parts) return this.#parts.url;
    const head = this.#head;
    const start = head.indexOf("\n") + 1;
    const end = head.indexOf("\n", start);
    const url = end < 0 ? head.slice(start) : head.slice(start, end);
    if (own.isCanonical) own.url = url;
    return url;
  }
  get headers(): Headers {
    return (this.#headers ??= headersOver(this.#head.split("\n"), 2, true));
  }
  get destination(): string {
    return (this.#head, "");
  }
  get referrer(): string {
    return partsOf(this).options.referrer;
  }
  get referrerPolicy(): string {
    return partsOf(this).options.referrerPolicy;
  }
  get mode(): string {
    return partsOf(this).options.mode;
  }
  get credentials(): string {
    return partsOf(this).options.credentials;
  }
  get cache(): string {
    return partsOf(this).options.cache;
  }
  get redirect(): string {
    return partsOf(this).options.redirect;
  }
  get integrity(): string {
    return partsOf(this).options.integrity;
  }
  get keepalive(): boolean {
    return partsOf(this).options.keepalive;
  }
  get isReloadNavigation(): boolean {
    return (this.#head, false);
  }
  get isHistoryNavigation(): boolean {
    return (this.#head, false);
  }
  get duplex(): "half" {
    return (this.#head, "half");
  }
  /** Undefined without the abort feature, which whoever names `signal` has. */
  get signal(): object | undefined {
    const parts = partsOf(this);
    if (parts.signal !== undefined) return parts.signal;
    if (!signals.follow) return undefined;
    return (parts.signal =
      this.#head === "" ? signals.follow(parts.signalSources ?? []) : signals.clientSignal!());
  }

  clone(): Request {
    const copy = new Request(INCOMING);
    const body = requestBody(this);
    copy.#body = null;
    if (body !== null) [this.#body, copy.#body] = teeBody(body, "clone()");
    copy.#parts = { ...partsOf(this), signal: undefined, signalSources: signalOf(this) };
    copy.#headers = copyHeaders(this.headers, this.#head !== "");
    return copy;
  }

  static {
    isRequest = (value): value is Request => typeof value === "object" && value !== null && #head in value;
    partsOf = (request) =>
      (request.#parts ??= {
        method: request.method,
        url: request.url,
        options: INCOMING_OPTIONS,
        signalSources: undefined,
        signal: undefined,
      });
    incomingRequest = (head, hasBody) => {
      const request = new Request(INCOMING);
      request.#head = head;
      if (!hasBody) request.#body = null;
      return request;
    };
    pathRequest = (path, init) => {
      const request = new Request(NOWHERE, init);
      request.#parts!.url = path;
      return request;
    };
    requestHead = (request) => {
      if (request.#head !== "") return request.#head;
      const fields = serialize(request.headers);
      const line = `${request.method}\n${request.url}`;
      return fields === "" ? line : `${line}\n${fields}`;
    };
    requestBody = (request) => {
      if (request.#body === undefined) request.#body = new Body(new HostSource(0));
      return request.#body;
    };
    requestSignal = (request) => {
      const parts = request.#parts;
      return parts && (parts.signal ?? parts.signalSources?.[0]);
    };
    addBodyMethods(Request, {
      body: (self) => requestBody(self as Request),
      contentType: (self) => (self as Request).headers.get("content-type") ?? "",
      // What a client compressed is the handler's business, as for any server.
      coding: () => "",
    });
  }
}
brand(Request, "Request");

function newParts(input: unknown, from: Request | undefined, init: RequestInit): Parts {
  const url = from ? from.url : checkedUrl(input);
  const options = checkedOptions(init, from ? partsOf(from).options : DEFAULT_OPTIONS);
  const method = init.method === undefined ? (from ? from.method : "GET") : checkedMethod(init.method);
  return { method, url, options, signalSources: signalSources(init, from), signal: undefined };
}

function newBody(
  init: RequestInit,
  from: Request | undefined,
  method: string,
  headers: Headers,
): Body | null {
  const inherited = from && (init.body === undefined || init.body === null) ? requestBody(from) : null;
  const given = init.body !== null && init.body !== undefined;
  if ((given || inherited) && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`Request: a request with method ${method} cannot have a body`);
  }
  if (init.duplex !== undefined && init.duplex !== "half")
    throw new TypeError(`Request: duplex can only be "half"`);
  if (inherited) return new Body(takeSource(inherited, "new Request"), inherited.type);
  const body = given ? extractBody(init.body) : null;
  if (body !== null && body.type !== null) setIfAbsent(headers, "content-type", body.type);
  return body;
}

function checkedUrl(input: unknown): string {
  const text = `${input as string}`.toWellFormed();
  const url = parseUrl(text);
  if (url === undefined) throw new TypeError(`Request: ${toJson(text.slice(0, 200))} is not an absolute URL`);
  if (/^[a-z+.-]+:\/\/[^/?#]*@/i.test(url))
    throw new TypeError("Request: a URL with a name or password cannot be used");
  return url;
}

function copyOf(from: Request | undefined): Headers {
  return from ? copyHeaders(from.headers, false) : new Headers();
}

function signalSources(init: RequestInit, from: Request | undefined): object[] | undefined {
  if (init.signal === undefined) return from && signalOf(from);
  if (init.signal === null) return undefined;
  if (!signals.isSignal?.(init.signal)) throw new TypeError("Request: the signal is not an AbortSignal");
  return [init.signal];
}

/** Without the abort feature there are no signals, and nothing to follow. */
function signalOf(request: Request): object[] | undefined {
  return signals.follow ? [request.signal!] : undefined;
}
