// Takes the gateway's log as it comes, into the book and the ledger, and keeps none of it.
import type { GatewayProcess, LogLine } from "../support/gateway-process.ts";
import type { Book } from "./book.ts";
import type { Ledger } from "./ledger.ts";

const EVERY_MS = 50;

export class LogReader {
  readonly #gateway: GatewayProcess;
  readonly #book: Book;
  readonly #ledger: Ledger;
  readonly #timer: NodeJS.Timeout;

  constructor(gateway: GatewayProcess, book: Book, ledger: Ledger) {
    this.#gateway = gateway;
    this.#book = book;
    this.#ledger = ledger;
    this.#timer = setInterval(() => this.read(), EVERY_MS);
  }

  read(): void {
    for (const line of this.#gateway.log.splice(0)) this.#take(line);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.read();
  }

  #take(line: LogLine): void {
    this.#ledger.read(line);
    const { msg, requestId } = line;
    if (requestId === undefined || requestId.startsWith("innocent-")) return;
    if (msg === "request" || msg === "broken") this.#book.line(requestId);
  }
}
