// One upstream's answers on one connection, one at a time: the parser of messages, with what an answer's head says.
import { MessageParser, type Framing, type MessageEvents } from "../shared/message-parser.ts";
import { readAnswerHead, type AnswerHead } from "./answer-head.ts";

export interface AnswerEvents {
  /** Heads of interim answers, and the final one. */
  onAnswerHead(head: AnswerHead): void;
  /** A view of the reader's buffer: gone when the call returns. */
  onAnswerData(chunk: Uint8Array): void;
  /** `clean`: nothing came behind it, so that the connection can be used again. */
  onAnswerEnd(trailers: string[], clean: boolean): void;
}

export class AnswerParser implements MessageEvents {
  readonly #parser: MessageParser;
  readonly #events: AnswerEvents;
  #method = "";

  constructor(headBytes: number, events: AnswerEvents) {
    this.#parser = new MessageParser(headBytes, this);
    this.#events = events;
  }

  /** An answer to this method is expected. */
  expect(method: string): void {
    this.#method = method;
    this.#parser.expect();
  }

  /** Forgets the answer it was in: its call is over, and so is the connection. */
  stop(): void {
    this.#parser.stop();
  }

  /** Takes bytes. Returns what is wrong with them, or null. */
  feed(bytes: Buffer): string | null {
    const taken = this.#parser.feed(bytes);
    if (typeof taken === "string") return taken;
    const trailers = this.#parser.takeEnd();
    if (trailers === null) return null;
    // The last thing done with these bytes: the receiver may begin the next request from within the call, and what
    // follows a complete answer must never be taken for the answer to that.
    const clean = taken === bytes.length;
    if (!clean) this.#parser.stop();
    this.#events.onAnswerEnd(trailers, clean);
    return null;
  }

  /** The connection has ended. True if that is where the answer ends. */
  end(): boolean {
    if (!this.#parser.end()) return false;
    this.#events.onAnswerEnd([], false);
    return true;
  }

  isStart(part: string): boolean {
    return "HTTP/1.".startsWith(part.slice(0, 7));
  }

  onHead(text: string): Framing | string {
    const head = readAnswerHead(text, this.#method);
    if (typeof head === "string") return head;
    this.#events.onAnswerHead(head);
    return head.framing;
  }

  onData(chunk: Buffer): void {
    this.#events.onAnswerData(chunk);
  }

  // What may not stand there is dropped later (trailers.ts).
  onTrailers(): null {
    return null;
  }
}
