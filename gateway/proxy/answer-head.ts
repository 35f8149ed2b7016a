// The head of an upstream's answer, read by the letter (RFC 9112 sections 4 to 6). What is not canonical is refused,
// because whoever stands before us might read it in another way: folded lines, bare CR or LF, spaces before a
// colon, two framings, a coding other than chunked, a length that is not one number.
import { Field, fieldOf } from "../accept/field.ts";

export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  /** Flat, as they came, without the framing that was read from them. */
  readonly headers: string[];
  /** Where the body ends; "none" also for what has no body by its status or by the request. */
  readonly framing: "none" | "length" | "chunked" | "close";
  readonly lengthBytes: number;
  /** The upstream keeps the connection. */
  readonly persistent: boolean;
  /** Seconds it keeps it when idle, if it said so. */
  readonly keepAliveS: number | null;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
// One look at everything: controls, and line ends that are not CR LF.
const UNCLEAN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const DIGITS = /^[0-9]{1,15}$/;

/** `text`: everything before the empty line. A string says what is wrong. */
export function readAnswerHead(text: string, method: string): AnswerHead | string {
  if (UNCLEAN.test(text)) return "control character or bare line end in the head";
  const firstEnd = text.indexOf("\r\n");
  const line = STATUS_LINE.exec(firstEnd < 0 ? text : text.slice(0, firstEnd));
  if (line === null) return "invalid status line";
  const fields = new FieldWalk();
  const fault = firstEnd < 0 ? null : fields.walk(text, firstEnd + 2);
  if (fault !== null) return fault;
  return finish(line, fields, method);
}

/** Trailer fields, flat. A string says what is wrong. */
export function readTrailers(text: string): string[] | string {
  if (UNCLEAN.test(text)) return "control character or bare line end in the trailers";
  const fields = new FieldWalk();
  return fields.walk(text, 0) ?? fields.headers;
}

class FieldWalk {
  readonly headers: string[] = [];
  length: string | null = null;
  coding: string | null = null;
  close = false;
  keepAlive: string | null = null;

  walk(text: string, start: number): string | null {
    for (let at = start; at < text.length;) {
      const found = text.indexOf("\r\n", at);
      const end = found < 0 ? text.length : found;
      const colon = text.indexOf(":", at);
      if (colon < 0 || colon > end) return "field line without a colon";
      const name = text.slice(at, colon);
      if (!TOKEN.test(name)) return "invalid field name";
      const value = withoutSpace(text, colon + 1, end);
      const fault = this.#note(name, value);
      if (fault !== null) return fault;
      this.headers.push(name, value);
      at = end + 2;
    }
    return null;
  }

  #note(name: string, value: string): string | null {
    switch (fieldOf(name)) {
      case Field.contentLength:
        if (this.length !== null) return "more than one Content-Length";
        this.length = value;
        return DIGITS.test(value) ? null : "invalid Content-Length";
      case Field.transferEncoding:
        if (this.coding !== null) return "more than one Transfer-Encoding";
        this.coding = value;
        return value.toLowerCase() === "chunked" ? null : "Transfer-Encoding other than chunked";
      case Field.connection:
        if (value !== "keep-alive" && /(^|,)\s*close\s*(,|$)/i.test(value)) this.close = true;
        return null;
      case Field.keepAlive:
        this.keepAlive = value;
        return null;
      default:
        return null;
    }
  }
}

function finish(line: RegExpExecArray, fields: FieldWalk, method: string): AnswerHead | string {
  if (fields.coding !== null && fields.length !== null) return "Content-Length beside Transfer-Encoding";
  const oldVersion = line[1] === "0";
  if (fields.coding !== null && oldVersion) return "Transfer-Encoding in HTTP/1.0";
  const status = Number(line[2]);
  const framing = framingOf(status, method, fields);
  return {
    status,
    reason: line[3] ?? "",
    headers: fields.headers,
    framing,
    lengthBytes: framing === "length" ? Number(fields.length) : 0,
    persistent: !oldVersion && !fields.close && framing !== "close",
    keepAliveS: fields.keepAlive === null ? null : timeoutIn(fields.keepAlive),
  };
}

// RFC 9112 section 6.3, in its order.
function framingOf(status: number, method: string, { coding, length }: FieldWalk): AnswerHead["framing"] {
  if (status < 200 || status === 204 || status === 304 || method === "HEAD") return "none";
  if (coding !== null) return "chunked";
  return length === null ? "close" : "length";
}

function timeoutIn(keepAlive: string): number | null {
  const match = /(?:^|[,\s])timeout=([0-9]{1,6})/i.exec(keepAlive);
  return match === null ? null : Number(match[1]);
}

// Optional whitespace around a value is not part of it (RFC 9112 section 5.1).
function withoutSpace(text: string, from: number, to: number): string {
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isSpace(char: number): boolean {
  return char === 0x20 || char === 0x09;
}
