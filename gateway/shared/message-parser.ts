// Reads HTTP/1.1 messages off the bytes of a connection, in whatever pieces they come (RFC 9112): heads as text, bodies
// as they pass. Requests and answers differ in what a head says, which is for `onHead`; where a body ends and what a
// chunk looks like is the same for both, and stands here. What is not canonical is refused, because whoever stands
// before or behind us might read it in another way.
//
// Bound: one unfinished head, line or trailer section of at most `headBytes`; body bytes are passed on and never kept. A
// body's pieces that come in one read are passed on as one, by moving them together within the reader's buffer: however
// small a sender cuts its chunks, those who handle the pieces handle no more of them than there are reads.
import { readTrailers, UNCLEAN } from "./fields.ts";

/** Where a body ends. "interim": another head follows (RFC 9110 section 15.2); "close": with the connection. */
export type BodyEnd = "none" | "length" | "chunked" | "close" | "interim";

export interface Framing {
  readonly end: BodyEnd;
  /** Where `end` is "length". */
  readonly bytes: number;
}

export const NO_BODY: Framing = { end: "none", bytes: 0 };

export interface MessageEvents {
  /** False: what has come of a head cannot become one, and the rest is not waited for. */
  isStart(part: string): boolean;
  /** Everything before the empty line. A string says what is wrong with it. */
  onHead(text: string): Framing | string;
  /** A view of the reader's buffer: gone when the call returns. At most one in a call of `feed`. */
  onData(chunk: Buffer): void;
  /** A string says what is wrong with them. */
  onTrailers(fields: readonly string[]): string | null;
}

export const HEAD_TOO_LARGE = "head too large";

type State = "idle" | "head" | "length" | "size" | "chunk" | "chunk-end" | "trailers" | "close" | "stopped";

// A size line is a handful of digits; extensions mean nothing to us and get little room.
const SIZE_LINE_BYTES = 256;
// The longest mark looked for: an empty line.
const MARK_BYTES = 4;
// RFC 9112 section 7.1.1, without the white space that it calls bad.
const SIZE_LINE =
  /^([0-9A-Fa-f]{1,13})(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/;
// As UNCLEAN, of a text whose last CR may still get its LF.
const UNCLEAN_PART = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n|$)|(?<!\r)\n/g;

export class MessageParser {
  readonly #headBytes: number;
  readonly #events: MessageEvents;
  #state: State = "idle";
  #left = 0;
  /** Trailers of a message that is complete and not yet taken. */
  #ended: string[] | null = null;
  /** The unfinished part of what is read as text. */
  #text = "";
  /** Of the bytes being fed, the part of the body so far. */
  #bodyStart = 0;
  #bodyEnd = 0;

  constructor(headBytes: number, events: MessageEvents) {
    this.#headBytes = headBytes;
    this.#events = events;
  }

  /** Characters of a head that has begun and is not complete. */
  get partBytes(): number {
    return this.#state === "head" ? this.#text.length : 0;
  }

  /** A message may begin. */
  expect(): void {
    this.#state = "head";
  }

  /** Reads no further. */
  stop(): void {
    this.#state = "stopped";
  }

  /** Takes bytes (and may move them) up to the end of the message. Returns how many, or what is wrong with them. */
  feed(bytes: Buffer): number | string {
    let at = 0;
    this.#bodyEnd = 0;
    while (at < bytes.length && this.#state !== "stopped" && this.#ended === null) {
      const next = this.#step(bytes, at);
      if (typeof next === "string") {
        this.#state = "stopped";
        return next;
      }
      at = next;
    }
    if (this.#bodyEnd > 0) this.#passOn(bytes);
    return at;
  }

  /** The trailers of a message that has just ended; null: it has not. */
  takeEnd(): string[] | null {
    const trailers = this.#ended;
    this.#ended = null;
    return trailers;
  }

  /** The connection has ended. True if that is where the message ends. */
  end(): boolean {
    if (this.#state !== "close") return false;
    this.#state = "idle";
    return true;
  }

  #over(trailers: string[]): void {
    this.#state = "idle";
    this.#ended = trailers;
  }

  // Consumes from `at`; returns where it stopped, or what is wrong.
  #step(bytes: Buffer, at: number): number | string {
    switch (this.#state) {
      case "head":
        return this.#head(bytes, at);
      case "length":
      case "chunk":
        return this.#counted(bytes, at);
      case "size":
        return this.#line(bytes, at, (line) => this.#size(line));
      case "chunk-end":
        return this.#line(bytes, at, (line) => this.#chunkEnd(line));
      case "trailers":
        return this.#trailers(bytes, at);
      case "close":
        this.#gather(bytes, at, bytes.length);
        return bytes.length;
      default:
        return "bytes that belong to no message";
    }
  }

  #head(bytes: Buffer, at: number): number | string {
    const from = this.#text.length;
    const whole = from === 0 ? bytes.indexOf("\r\n\r\n", at, "latin1") : -1;
    if (whole >= 0 && whole - at <= this.#headBytes) {
      return this.#begin(bytes.toString("latin1", at, whole)) ?? whole + 4;
    }
    const end = this.#until("\r\n\r\n", bytes, at, this.#headBytes);
    if (end < 0) return this.#faultOfPart(from) ?? bytes.length;
    if (end > this.#headBytes) return HEAD_TOO_LARGE;
    return this.#begin(this.#takeText(end)) ?? at + (end + 4 - from);
  }

  #faultOfPart(from: number): string | null {
    if (this.#isOver(this.#headBytes)) return HEAD_TOO_LARGE;
    UNCLEAN_PART.lastIndex = Math.max(0, from - 1);
    if (UNCLEAN_PART.test(this.#text)) return UNCLEAN_HEAD;
    return this.#events.isStart(this.#text) ? null : "not HTTP/1";
  }

  #begin(text: string): string | null {
    if (UNCLEAN.test(text)) return UNCLEAN_HEAD;
    const framing = this.#events.onHead(text);
    if (typeof framing === "string") return framing;
    // The receiver may have stopped us.
    if (this.#state !== "head") return null;
    this.#left = framing.bytes;
    if (framing.end === "chunked") this.#state = "size";
    else if (framing.end === "close") this.#state = "close";
    else if (framing.end === "length" && framing.bytes > 0) this.#state = "length";
    else if (framing.end !== "interim") this.#over([]);
    return null;
  }

  #counted(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    this.#gather(bytes, at, end);
    if (this.#left > 0) return end;
    if (this.#state === "chunk") this.#state = "chunk-end";
    else this.#over([]);
    return end;
  }

  #gather(bytes: Buffer, at: number, end: number): void {
    if (this.#bodyEnd === 0) this.#bodyStart = this.#bodyEnd = at;
    if (this.#bodyEnd < at) bytes.copyWithin(this.#bodyEnd, at, end);
    this.#bodyEnd += end - at;
  }

  #passOn(bytes: Buffer): void {
    const [start, end] = [this.#bodyStart, this.#bodyEnd];
    this.#events.onData(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  }

  #line(bytes: Buffer, at: number, use: (line: string) => string | null): number | string {
    const from = this.#text.length;
    const end = this.#until("\r\n", bytes, at, SIZE_LINE_BYTES);
    if (end > SIZE_LINE_BYTES || (end < 0 && this.#isOver(SIZE_LINE_BYTES)))
      return "chunk size line too long";
    if (end < 0) return bytes.length;
    return use(this.#takeText(end)) ?? at + (end + 2 - from);
  }

  #size(line: string): string | null {
    const match = SIZE_LINE.exec(line);
    if (match === null) return "invalid chunk size";
    this.#left = Number.parseInt(match[1] as string, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
    return null;
  }

  #chunkEnd(line: string): string | null {
    this.#state = "size";
    return line === "" ? null : "chunk longer than its size";
  }

  #trailers(bytes: Buffer, at: number): number | string {
    const from = this.#text.length;
    // Without trailers the section is one empty line.
    const empty = this.#until("\r\n", bytes, at, this.#headBytes);
    const end = empty === 0 ? 0 : this.#find("\r\n\r\n", Math.max(0, from - 3));
    if (end > this.#headBytes || (end < 0 && this.#isOver(this.#headBytes))) return "trailers too large";
    if (end < 0) return bytes.length;
    const trailers = readTrailers(this.#takeText(end));
    if (typeof trailers === "string") return trailers;
    const fault = this.#events.onTrailers(trailers);
    if (fault !== null) return fault;
    this.#over(trailers);
    return at + (end + (empty === 0 ? 2 : 4) - from);
  }

  // Adds what has come to the unfinished text and looks for `mark` in it; -1: not there yet. Takes a little more
  // than `most`, so that whatever is left untaken is left behind a text that `isOver`.
  #until(mark: string, bytes: Buffer, at: number, most: number): number {
    const from = this.#text.length;
    this.#text += bytes.toString("latin1", at, Math.min(bytes.length, at + most + MARK_BYTES));
    return this.#find(mark, Math.max(0, from - mark.length + 1));
  }

  // The mark's own first bytes may stand at the end and do not count.
  #isOver(most: number): boolean {
    return this.#text.length > most + MARK_BYTES - 1;
  }

  #find(mark: string, from: number): number {
    return this.#text.indexOf(mark, from);
  }

  #takeText(end: number): string {
    const text = this.#text.slice(0, end);
    this.#text = "";
    return text;
  }
}

const UNCLEAN_HEAD = "control character or bare line end in the head";
