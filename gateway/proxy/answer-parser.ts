// Reads one upstream's answers off the bytes of its connection, in whatever pieces they come. Bound: one unfinished
// head, line or trailer section of at most `headBytes`; body bytes are passed on and never kept. One parser per
// connection, one answer at a time.
import { readAnswerHead, readTrailers, type AnswerHead } from "./answer-head.ts";

export interface AnswerEvents {
  /** Heads of interim answers, and the final one. */
  onAnswerHead(head: AnswerHead): void;
  /** A view of the reader's buffer: gone when the call returns. */
  onAnswerData(chunk: Uint8Array): void;
  /** `clean`: nothing came behind it, so that the connection can be used again. */
  onAnswerEnd(trailers: string[], clean: boolean): void;
}

type State = "idle" | "head" | "length" | "size" | "chunk" | "chunk-end" | "trailers" | "close" | "failed";

// A size line is a handful of digits; extensions mean nothing to us and get little room.
const SIZE_LINE_BYTES = 256;
// The longest mark looked for: an empty line.
const MARK_BYTES = 4;
const SIZE_LINE = /^([0-9A-Fa-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

export class AnswerParser {
  readonly #headBytes: number;
  readonly #events: AnswerEvents;
  #state: State = "idle";
  #method = "";
  #left = 0;
  /** Trailers of an answer that is complete and not yet reported. */
  #ended: string[] | null = null;
  /** The unfinished part of what is read as text. */
  #text = "";

  constructor(headBytes: number, events: AnswerEvents) {
    this.#headBytes = headBytes;
    this.#events = events;
  }

  get idle(): boolean {
    return this.#state === "idle";
  }

  /** An answer to this method is expected. */
  expect(method: string): void {
    this.#method = method;
    this.#state = "head";
  }

  /** Forgets the answer it was in: its call is over, and so is the connection. */
  stop(): void {
    this.#state = "failed";
  }

  /** Takes bytes. Returns what is wrong with them, or null. */
  feed(bytes: Buffer): string | null {
    let at = 0;
    while (at < bytes.length && this.#state !== "failed") {
      const next = this.#step(bytes, at);
      if (typeof next === "string") {
        this.#state = "failed";
        return next;
      }
      at = next;
      if (this.#ended !== null) return this.#finish(at === bytes.length);
    }
    return null;
  }

  // The last thing done with these bytes: the receiver may begin the next request from within the call, and what
  // follows a complete answer must never be taken for the answer to that.
  #finish(clean: boolean): null {
    const trailers = this.#ended ?? [];
    this.#ended = null;
    this.#state = clean ? "idle" : "failed";
    this.#events.onAnswerEnd(trailers, clean);
    return null;
  }

  /** The connection has ended. True if that is where the answer ends. */
  end(): boolean {
    if (this.#state !== "close") return false;
    this.#state = "idle";
    this.#events.onAnswerEnd([], false);
    return true;
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
        this.#events.onAnswerData(bytes.subarray(at));
        return bytes.length;
      default:
        return "bytes that belong to no answer";
    }
  }

  #head(bytes: Buffer, at: number): number | string {
    const from = this.#text.length;
    const whole = from === 0 ? bytes.indexOf("\r\n\r\n", at, "latin1") : -1;
    if (whole >= 0 && whole - at <= this.#headBytes) {
      return this.#begin(bytes.toString("latin1", at, whole)) ?? whole + 4;
    }
    const end = this.#until("\r\n\r\n", bytes, at, this.#headBytes);
    if (end < 0) return this.#faultOfPart() ?? bytes.length;
    return this.#begin(this.#takeText(end)) ?? at + (end + 4 - from);
  }

  // What cannot become a head is not waited for.
  #faultOfPart(): string | null {
    if (this.#isOver(this.#headBytes)) return "head too large";
    return "HTTP/1.".startsWith(this.#text.slice(0, 7)) ? null : "not HTTP/1";
  }

  #begin(text: string): string | null {
    const head = readAnswerHead(text, this.#method);
    if (typeof head === "string") return head;
    const next = stateAfter(head);
    this.#left = head.lengthBytes;
    this.#state = next;
    this.#events.onAnswerHead(head);
    if (next === "idle" && this.#state === next) this.#ended = [];
    return null;
  }

  #counted(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    const state = this.#state;
    this.#left -= end - at;
    this.#events.onAnswerData(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    // The receiver may have stopped us.
    if (this.#left > 0 || this.#state !== state) return end;
    if (state === "chunk") this.#state = "chunk-end";
    else this.#ended = [];
    return end;
  }

  #line(bytes: Buffer, at: number, use: (line: string) => string | null): number | string {
    const from = this.#text.length;
    const end = this.#until("\r\n", bytes, at, SIZE_LINE_BYTES);
    if (end < 0) return this.#isOver(SIZE_LINE_BYTES) ? "chunk size line too long" : bytes.length;
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
    if (end < 0) return this.#isOver(this.#headBytes) ? "trailers too large" : bytes.length;
    const trailers = readTrailers(this.#takeText(end));
    if (typeof trailers === "string") return trailers;
    this.#ended = trailers;
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

function stateAfter({ status, framing, lengthBytes }: AnswerHead): State {
  if (status < 200) return "head";
  if (framing === "none" || (framing === "length" && lengthBytes === 0)) return "idle";
  if (framing === "chunked") return "size";
  return framing === "length" ? "length" : "close";
}
