/**
 * Reads HTTP/1.1 answers off a connection, one after another: with Content-Length, chunked, or without a body. Bodies are
 * counted, and kept only when asked. Anything else is an error: this reads servers of our own choosing.
 */

export interface Answer {
  status: number;
  headers: Record<string, string>;
  bodyBytes: number;
  /** Latin-1, up to MOST_KEPT_BYTES; empty unless kept. */
  body: string;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");
const MOST_HEAD_BYTES = 65_536;
const MOST_KEPT_BYTES = 65_536;
const EMPTY = Buffer.alloc(0);

type State = "head" | "length" | "chunk-size" | "chunk" | "trailer";

export class AnswerReader {
  readonly #onAnswer: (answer: Answer) => void;
  readonly #keepsBody: boolean;
  #state: State = "head";
  /** What could not be read yet: part of a head or of a chunk's line. */
  #held: Buffer = EMPTY;
  #left = 0;
  #answer!: Answer;

  constructor(onAnswer: (answer: Answer) => void, keepsBody = false) {
    this.#onAnswer = onAnswer;
    this.#keepsBody = keepsBody;
  }

  /** Throws for what is no answer. */
  push(chunk: Buffer): void {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = EMPTY;
    while (bytes.length > 0) {
      const rest = this.#step(bytes);
      if (rest === null) {
        if (bytes.length > MOST_HEAD_BYTES) throw new Error("a head or a chunk's line has no end");
        // Copied, as the chunk's memory may be that of the next read.
        this.#held = Buffer.from(bytes);
        return;
      }
      bytes = rest;
    }
  }

  /** Takes something off the front; null: more is needed. */
  #step(bytes: Buffer): Buffer | null {
    switch (this.#state) {
      case "head":
        return this.#upTo(HEAD_END, bytes, (text) => this.#begin(text));
      case "chunk-size":
        return this.#upTo(LINE_END, bytes, (text) => this.#chunk(text));
      case "trailer":
        return this.#upTo(LINE_END, bytes, (text) => text === "" && this.#end());
      default:
        return this.#body(bytes);
    }
  }

  #upTo(mark: Buffer, bytes: Buffer, take: (text: string) => void): Buffer | null {
    const end = bytes.indexOf(mark);
    if (end === -1) return null;
    take(bytes.toString("latin1", 0, end));
    return bytes.subarray(end + mark.length);
  }

  #begin(head: string): void {
    const [line = "", ...fields] = head.split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1]);
    if (Number.isNaN(status)) throw new Error(`no status line: ${line.slice(0, 80)}`);
    const headers: Record<string, string> = {};
    for (const field of fields) {
      const colon = field.indexOf(":");
      headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
    }
    this.#answer = { status, headers, bodyBytes: 0, body: "" };
    this.#left = Number(headers["content-length"] ?? 0);
    if (headers["transfer-encoding"] === "chunked") this.#state = "chunk-size";
    else if (this.#left === 0) this.#end();
    else this.#state = "length";
  }

  #chunk(line: string): void {
    this.#left = Number.parseInt(line, 16);
    if (Number.isNaN(this.#left)) throw new Error("no chunk size");
    this.#state = this.#left === 0 ? "trailer" : "chunk";
    // The line break after the data is read with it.
    if (this.#left > 0) this.#left += LINE_END.length;
  }

  #body(bytes: Buffer): Buffer {
    const isChunk = this.#state === "chunk";
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    const breakBytes = isChunk ? Math.min(part.length, Math.max(0, LINE_END.length - this.#left)) : 0;
    this.#answer.bodyBytes += part.length - breakBytes;
    if (this.#keepsBody && this.#answer.body.length < MOST_KEPT_BYTES) {
      this.#answer.body += part.toString("latin1", 0, part.length - breakBytes);
    }
    if (this.#left === 0) {
      if (isChunk) this.#state = "chunk-size";
      else this.#end();
    }
    return bytes.subarray(part.length);
  }

  #end(): void {
    this.#state = "head";
    this.#onAnswer(this.#answer);
  }
}
