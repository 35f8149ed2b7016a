// The head of an upstream's answer, read by the letter (RFC 9112 sections 4 to 6). What is not canonical is refused,
// because whoever stands before us might read it in another way: folded lines, bare CR or LF, spaces before a
// colon, two framings, a coding other than chunked, a length that is not one number.
import { Field, fieldOf } from "../accept/field.ts";
import { type FieldTaker, LENGTH, walkFields } from "../shared/fields.ts";
import { type Framing, NO_BODY } from "../shared/message-parser.ts";

export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  /** Flat, as they came, without the framing that was read from them. */
  readonly headers: string[];
  /** Where the body ends; none also for what has none by its status or by the request. */
  readonly framing: Framing;
  /** The upstream keeps the connection. */
  readonly persistent: boolean;
  /** Seconds it keeps it when idle, if it said so. */
  readonly keepAliveS: number | null;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** `text`: everything before the empty line, and not UNCLEAN. A string says what is wrong. */
export function readAnswerHead(text: string, method: string): AnswerHead | string {
  const firstEnd = text.indexOf("\r\n");
  const line = STATUS_LINE.exec(firstEnd < 0 ? text : text.slice(0, firstEnd));
  if (line === null) return "invalid status line";
  const fields = new AnswerFields();
  const fault = firstEnd < 0 ? null : walkFields(text, firstEnd + 2, fields);
  return fault ?? finish(line, fields, method);
}

class AnswerFields implements FieldTaker<string> {
  readonly headers: string[] = [];
  length: string | null = null;
  coding: string | null = null;
  close = false;
  keepAlive: string | null = null;

  take(name: string, value: string): string | null {
    this.headers.push(name, value);
    switch (fieldOf(name)) {
      case Field.contentLength:
        if (this.length !== null) return "more than one Content-Length";
        this.length = value;
        return LENGTH.test(value) ? null : "invalid Content-Length";
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

function finish(line: RegExpExecArray, fields: AnswerFields, method: string): AnswerHead | string {
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
    persistent: !oldVersion && !fields.close && framing !== TO_THE_CLOSE,
    keepAliveS: fields.keepAlive === null ? null : timeoutIn(fields.keepAlive),
  };
}

const INTERIM: Framing = { end: "interim", bytes: 0 };
const CHUNKED: Framing = { end: "chunked", bytes: 0 };
const TO_THE_CLOSE: Framing = { end: "close", bytes: 0 };

// RFC 9112 section 6.3, in its order.
function framingOf(status: number, method: string, { coding, length }: AnswerFields): Framing {
  if (status < 200) return INTERIM;
  if (status === 204 || status === 304 || method === "HEAD") return NO_BODY;
  if (coding !== null) return CHUNKED;
  return length === null ? TO_THE_CLOSE : { end: "length", bytes: Number(length) };
}

function timeoutIn(keepAlive: string): number | null {
  const match = /(?:^|[,\s])timeout=([0-9]{1,6})/i.exec(keepAlive);
  return match === null ? null : Number(match[1]);
}
