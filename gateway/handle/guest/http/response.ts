/**
 * Response (Fetch standard, section 5.5). `new Response("text")` makes one object of four fields: headers become an
 * object when somebody asks for them, and a string body becomes a Body when somebody reads it.
 */
import { brand } from "../global.ts";
import { type BodyMethods, addBodyMethods } from "./body-mixin.ts";
import { Body, teeBody } from "./body.ts";
import { TEXT_TYPE, extractBody } from "./extract-body.ts";
import { HostSource } from "./host-source.ts";
import { fieldsOfRecord, withType } from "./fields.ts";
import { Headers, type HeadersInit, copyHeaders, headersOver, serialize } from "./headers.ts";
import { assertBodyAllowed, checkedStatus, checkedStatusText } from "./response-rules.ts";
import { parseUrl } from "../url/parse-url.ts";
import { toJson } from "../json.ts";

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

/** What few responses have. */
interface Details {
  statusText: string;
  type: "default" | "error" | "basic";
  url: string;
  redirected: boolean;
  immutable: boolean;
}

const PLAIN: Details = { statusText: "", type: "default", url: "", redirected: false, immutable: false };
const TEXT_FIELDS = `content-type\n${TEXT_TYPE}`;
const REDIRECTS = [301, 302, 303, 307, 308];

/** What readResponse() has read; one object for all, and one call instead of one for each part. */
export const answer: {
  status: number;
  /** "name\nvalue\n...": without making objects that nobody asked for. */
  fields: string;
  body: string | Body | null;
} = { status: 0, fields: "", body: null };
/** Reads a Response into `answer`; false if it is none. */
export let readResponse: (value: unknown) => boolean;
/** A response of the host's: its fields are valid. */
export let receivedResponse: (
  status: number,
  fields: string,
  body: Body | null,
  details: Details,
) => Response;
let setBody: (response: Response, body: Body) => void;

export interface Response extends BodyMethods {}
export class Response {
  #status = 200;
  #body: string | Body | null = null;
  /** "name\nvalue\n..." until somebody asks for the object. */
  #headers: Headers | string = "";
  #details = PLAIN;

  constructor(body?: unknown, init?: ResponseInit) {
    if (init !== undefined && init !== null) {
      if (typeof init !== "object" && typeof init !== "function") {
        throw new TypeError(`Response: the second argument is a ${typeof init}, not an object`);
      }
      const { status, statusText, headers } = init;
      if (status !== undefined) this.#status = checkedStatus(status);
      if (statusText !== undefined) this.#details = { ...PLAIN, statusText: checkedStatusText(statusText) };
      if (headers !== undefined) this.#headers = fieldsOfRecord(headers) ?? new Headers(headers);
    }
    if (typeof body === "string") {
      if (this.#status !== 200) assertBodyAllowed(this.#status);
      this.#body = body;
      this.#headers = this.#headers === "" ? TEXT_FIELDS : withType(this.#headers, TEXT_TYPE);
    } else if (body !== null && body !== undefined) setBody(this, extractBody(body)!);
  }

  get type(): string {
    return this.#details.type;
  }
  get url(): string {
    return this.#details.url;
  }
  get redirected(): boolean {
    return this.#details.redirected;
  }
  get status(): number {
    return this.#status;
  }
  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }
  get statusText(): string {
    return this.#details.statusText;
  }
  get headers(): Headers {
    const headers = this.#headers;
    if (typeof headers !== "string") return headers;
    return (this.#headers = headersOver(
      headers === "" ? [] : headers.split("\n"),
      0,
      this.#details.immutable,
    ));
  }

  clone(): Response {
    const copy = new Response();
    if (this.#body instanceof Body) [this.#body, copy.#body] = teeBody(this.#body, "clone()");
    else copy.#body = this.#body;
    copy.#status = this.#status;
    copy.#details = this.#details;
    const headers = this.#headers;
    copy.#headers = typeof headers === "string" ? headers : copyHeaders(headers, this.#details.immutable);
    return copy;
  }

  static error(): Response {
    const response = new Response();
    response.#status = 0;
    response.#details = { ...PLAIN, type: "error", immutable: true };
    return response;
  }

  static json(data: unknown, init?: ResponseInit): Response {
    const text = toJson(data);
    if (text === undefined) throw new TypeError(`Response.json: a ${typeof data} cannot be written as JSON`);
    const response = new Response(null, init);
    assertBodyAllowed(response.#status);
    response.#body = text;
    response.#headers = withType(response.#headers, "application/json");
    return response;
  }

  static redirect(url: unknown, status: number = 302): Response {
    const text = `${url as string}`.toWellFormed();
    const location = parseUrl(text);
    if (location === undefined)
      throw new TypeError(`Response.redirect: ${toJson(text)} is not an absolute URL`);
    if (!REDIRECTS.includes(Number(status)))
      throw new RangeError(`Response.redirect: ${status} is not a redirect status`);
    const response = new Response();
    response.#status = Number(status);
    response.#headers = `location\n${location}`;
    response.#details = { ...PLAIN, immutable: true };
    return response;
  }

  // Functions and not private methods, which would cost every response a field.
  static {
    readResponse = (value) => {
      if (typeof value !== "object" || value === null || !(#status in value)) return false;
      const headers = value.#headers;
      answer.status = value.#status;
      answer.fields = typeof headers === "string" ? headers : serialize(headers);
      answer.body = value.#body;
      return true;
    };
    receivedResponse = (status, fields, body, details) => {
      const response = new Response();
      response.#status = status;
      response.#headers = fields;
      response.#body = body;
      response.#details = details;
      return response;
    };
    setBody = (response, body) => {
      assertBodyAllowed(response.#status);
      response.#body = body;
      if (body.type !== null) response.#headers = withType(response.#headers, body.type);
    };
    addBodyMethods(Response, {
      body(self) {
        const response = self as Response;
        const body = response.#body;
        return typeof body === "string" ? (response.#body = new Body(body)) : body;
      },
      contentType: (self) => (self as Response).headers.get("content-type") ?? "",
      coding(self) {
        const response = self as Response;
        const body = response.#body;
        const received = body instanceof Body && body.source instanceof HostSource;
        return received ? (response.headers.get("content-encoding") ?? "") : "";
      },
    });
  }
}
brand(Response, "Response");
