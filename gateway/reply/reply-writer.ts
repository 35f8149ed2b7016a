// One answer on its way to the client: writes its head and its body onto the connection, framed as HTTP/1.1 wants it.
// Owner: the exchange. Bound: what the socket has not taken yet; whoever writes stops when told so. Over when the last
// byte is the kernel's, or the connection is gone.
import type { Writable } from "node:stream";
import { Field, fieldOf } from "../accept/field.ts";
import { httpDate } from "./http-date.ts";

export interface ReplyOptions {
  /** An HTTP/1.0 client knows no chunks, and keeps the connection only if it said so. */
  readonly version: "1.0" | "1.1";
  /** The answer to HEAD ends with its head (RFC 9110 section 9.3.2). */
  readonly headOnly: boolean;
  keepAlive: boolean;
  /** What is said about a connection that is kept: field lines. */
  readonly keepAliveFields: string;
}

/** Up to this size a body leaves in one string with its head: a gathering write costs three times as much (`npm run bench`). */
export const ONE_WRITE_BYTES = 16 * 1024;

/** What it writes on: a socket, or a connection's stream after an upgrade. */
export interface ReplyTarget extends Writable {
  resetAndDestroy(): unknown;
}

type Framing = "none" | "length" | "chunked" | "close";

// The last place where a value could break out of its line. Characters beyond one byte would be cut to their low byte on
// the way out, and some of those are line ends.
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export class ReplyWriter {
  headSent = false;
  /** Everything was written, and the kernel has it. */
  finished = false;
  /** Whether the connection is used again after it. */
  keepAlive: boolean;
  /** Sent behind a body in chunks. */
  trailers: readonly string[] = [];
  /** The socket takes more again. */
  onDrain: (() => void) | null = null;
  readonly #socket: ReplyTarget;
  readonly #options: ReplyOptions;
  readonly #onFinished: () => void;
  #framing: Framing = "none";
  /** A head that waits for the first bytes of the body. */
  #head = "";
  #ended = false;

  constructor(socket: ReplyTarget, options: ReplyOptions, onFinished: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.keepAlive = options.keepAlive;
    this.#onFinished = onFinished;
  }

  /** Nothing can be written any more. */
  get closed(): boolean {
    return this.#ended || this.#socket.destroyed;
  }

  /** What the socket has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** An interim answer (RFC 9110 section 15.2). */
  writeInformation(status: number, reason: string, headers: readonly string[]): void {
    const fields = fieldLines(headers);
    if (fields === null || this.headSent || this.closed) return;
    this.#socket.write(`HTTP/1.1 ${status} ${reason}\r\n${fields}\r\n`, "latin1");
  }

  /**
   * `headers` are flat, without framing but for Content-Length. The head leaves with the first bytes of the body, or with
   * `flush`. False, and nothing is written: a name, value or reason that cannot be sent.
   */
  writeHead(status: number, reason: string, headers: readonly string[]): boolean {
    const fields = fieldLines(headers);
    if (fields === null || !VALUE.test(reason)) return false;
    this.headSent = true;
    this.#framing = this.#framingOf(status, headers);
    if (this.#framing === "close") this.keepAlive = false;
    const date = has(headers, Field.date) ? "" : `date: ${httpDate()}\r\n`;
    const coding = this.#framing === "chunked" ? "transfer-encoding: chunked\r\n" : "";
    const connection = this.keepAlive ? this.#options.keepAliveFields : "connection: close\r\n";
    this.#head = `HTTP/1.1 ${status} ${reason}\r\n${fields}${date}${coding}${connection}\r\n`;
    return true;
  }

  /** Owns `chunk` until the socket has taken it. False: stop until `onDrain`. */
  write(chunk: Uint8Array, taken?: () => void): boolean {
    // A chunk of no bytes would be the last one.
    if (this.#framing === "none" || chunk.length === 0) {
      taken?.();
      return true;
    }
    const socket = this.#socket;
    const chunked = this.#framing === "chunked";
    const before = this.#takeHead() + (chunked ? `${chunk.length.toString(16)}\r\n` : "");
    if (before === "") return socket.write(chunk, taken);
    socket.cork();
    socket.write(before, "latin1");
    let more = socket.write(chunk, taken);
    if (chunked) more = socket.write("\r\n", "latin1");
    socket.uncork();
    return more;
  }

  /** Writes text of Latin-1 characters; see ONE_WRITE_BYTES. False: stop until `onDrain`. */
  writeText(text: string): boolean {
    if (this.#framing === "none" || text === "") return true;
    // One piece at most waits behind what the socket has not taken: it counts bytes, but each piece takes more than its bytes.
    const taken = this.#socket.writableLength > 0 ? () => this.onDrain?.() : undefined;
    const more = this.#socket.write(this.#takeHead() + this.#framed(text), "latin1", taken);
    return more && taken === undefined;
  }

  /** The end, with the last text of Latin-1 characters if there is one. */
  end(text = ""): void {
    if (this.closed) return;
    const body = this.#framing === "none" || text === "" ? "" : this.#framed(text);
    const rest = this.#takeHead() + body + (this.#framing === "chunked" ? this.#lastChunk() : "");
    this.#ended = true;
    if (rest !== "") this.#socket.write(rest, "latin1");
    // Under a light load the kernel has taken everything at once, and no callback is needed to know it.
    if (this.#socket.writableLength === 0) process.nextTick(finish, this);
    else this.#socket.write("", () => finish(this));
  }

  /** A head that no body has followed yet leaves alone, at the end of this round of the event loop. */
  flushSoon(): void {
    process.nextTick(flush, this);
  }

  flush(): void {
    if (this.#head !== "" && !this.#socket.destroyed) this.#socket.write(this.#takeHead(), "latin1");
  }

  /** Cuts the connection: what was sent must not look complete. */
  cut(): void {
    this.#ended = true;
    // To an HTTP/1.0 client without a length the connection's end is the body's, unless it ends in a reset (RFC 9112 section 8).
    if (this.#options.version === "1.0") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** For `end`, when the kernel has the last byte. */
  finish(): void {
    if (this.finished || this.#socket.destroyed) return;
    this.finished = true;
    this.#onFinished();
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = "";
    return head;
  }

  #framed(text: string): string {
    return this.#framing === "chunked" ? `${text.length.toString(16)}\r\n${text}\r\n` : text;
  }

  #lastChunk(): string {
    return `0\r\n${fieldLines(this.trailers) ?? ""}\r\n`;
  }

  /** RFC 9112 section 6.3. */
  #framingOf(status: number, headers: readonly string[]): Framing {
    if (this.#options.headOnly || !mayHaveBody(status)) return "none";
    if (has(headers, Field.contentLength)) return "length";
    return this.#options.version === "1.0" ? "close" : "chunked";
  }
}

/** RFC 9110 section 6.4.1. */
export function mayHaveBody(status: number): boolean {
  return status !== 204 && status !== 304;
}

function flush(reply: ReplyWriter): void {
  reply.flush();
}

function finish(reply: ReplyWriter): void {
  reply.finish();
}

function fieldLines(headers: readonly string[]): string | null {
  let text = "";
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!NAME.test(name) || !VALUE.test(value)) return null;
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

function has(headers: readonly string[], field: Field): boolean {
  for (let i = 0; i < headers.length; i += 2) if (fieldOf(headers[i] as string) === field) return true;
  return false;
}
