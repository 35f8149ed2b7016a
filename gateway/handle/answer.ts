/**
 * The body of a handler's answer on its way to the client: out of the arena piece by piece, as the handler writes it, from an
 * upstream, or the client's own. (An answer that is small and whole is written at once: reply/send.ts.)
 *
 * Owner: the handler's exchange. Bound: one piece that the handler has written, or the buffer of whoever it comes from.
 */
import type { Exchange } from "../accept/exchange.ts";
import type { GatewayError } from "../errors.ts";
import { Delivery, type DeliveryOptions } from "../proxy/delivery.ts";
import type { Subrequest } from "../proxy/subrequest.ts";
import { withoutLength } from "../reply/send.ts";
import { PIECE_BYTES } from "./abi.ts";

export interface AnswerOwner {
  /** The client has taken what was written. */
  answerWritten(): void;
  /** The client is gone, and whoever writes is to stop. */
  answerAborted(error: GatewayError): void;
  /** Nothing more is sent; null: the client has all of it. */
  answerOver(error: GatewayError | null): void;
}

export class Answer {
  /** The client has not taken yet what was written last. */
  isWriting = false;
  readonly #exchange: Exchange;
  readonly #options: DeliveryOptions;
  readonly #owner: AnswerOwner;
  #delivery: Delivery | undefined;

  constructor(exchange: Exchange, options: DeliveryOptions, owner: AnswerOwner) {
    this.#exchange = exchange;
    this.#options = options;
    this.#owner = owner;
  }

  /** So far. */
  get bytesOut(): number {
    return this.#delivery?.bytesOut ?? 0;
  }

  /** Whether the handler may write a piece. */
  get hasRoom(): boolean {
    return this.#delivery !== undefined && !this.isWriting;
  }

  /** A whole body in pieces, each when the client has taken the last; the bytes must stay what they are until it is over. */
  sendPieces(status: number, headers: readonly string[], body: Buffer): void {
    let sent = 0;
    const pump = () => {
      while (sent < body.length) {
        const piece = body.subarray(sent, sent + PIECE_BYTES);
        sent += piece.length;
        if (!delivery.onData(piece)) return;
      }
      delivery.onEnd([]);
    };
    const delivery = this.#begin(pump);
    delivery.onHead(status, "", [...withoutLength(headers), "content-length", String(body.length)]);
    pump();
  }

  /** The body of an upstream's answer. */
  passOn(subrequest: Subrequest, status: number, headers: string[]): void {
    const how = { status, headers, ...this.#options };
    this.#delivery = subrequest.handOver(this.#exchange, how, ({ error }) => this.#owner.answerOver(error));
  }

  /** The client's own body goes back to it. */
  echo(status: number, headers: string[]): void {
    const { body } = this.#exchange;
    const delivery = this.#begin(() => body?.resume());
    delivery.onHead(status, "", headers);
    if (!body) return delivery.onEnd([]);
    body.start({
      write: (chunk) => delivery.onData(chunk),
      end: () => delivery.onEnd([]),
      fail: (error) => delivery.onError(error),
    });
  }

  /** What the handler is going to write, piece by piece, until `end`. */
  stream(status: number, headers: string[]): void {
    this.#begin(() => this.#written()).onHead(status, "", headers);
  }

  /** Where there is room. */
  write(piece: Buffer): void {
    this.isWriting = true;
    if (this.#delivery!.onData(piece)) this.#written();
  }

  end(): void {
    this.#delivery?.onEnd([]);
  }

  /** What has been promised does not come. */
  fail(error: GatewayError): void {
    this.#delivery?.onError(error);
  }

  #begin(resume: () => void): Delivery {
    const delivery = new Delivery(this.#exchange, this.#options, ({ error }) =>
      this.#owner.answerOver(error),
    );
    const abort = (error: GatewayError): void => {
      delivery.onError(error);
      this.#owner.answerAborted(error);
    };
    delivery.source = { resume, abort };
    return (this.#delivery = delivery);
  }

  #written(): void {
    if (!this.isWriting) return;
    this.isWriting = false;
    this.#owner.answerWritten();
  }
}
