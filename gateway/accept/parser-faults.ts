// What node's parser could not read. There is no request and no response object, only a socket: the answer is
// written by hand, the connection is finished, and nothing that follows on it is looked at.
import type { Socket } from "node:net";
import { GatewayError, type Code } from "../errors.ts";
import type { Deadlines, Timed } from "../proxy/deadlines.ts";
import { rawRefusal } from "../reply/refuse.ts";
import type { Connection as ConnectionType } from "./connection.ts";
import { Connection } from "./connection.ts";
import { randomHex } from "./random-hex.ts";

type ParserError = Error & { code?: string; reason?: string };
type Report = (error: GatewayError, requestId: string, connection: ConnectionType) => void;

export class ParserFaults {
  readonly #deadlines: Deadlines;
  readonly #lingerMs: number;
  readonly #report: Report;

  constructor(deadlines: Deadlines, lingerMs: number, report: Report) {
    this.#deadlines = deadlines;
    this.#lingerMs = lingerMs;
    this.#report = report;
  }

  onFault(error: ParserError, socket: Socket): void {
    const connection = Connection.of(socket);
    if (
      connection === undefined ||
      !socket.writable ||
      error.code === "ECONNRESET" ||
      error.code === "EPIPE"
    ) {
      socket.destroy();
      return;
    }
    // The broken parser complains again for every further byte.
    if (connection.brokenBy !== null) return;
    const refusal = refusalFor(error, connection);
    connection.brokenBy = refusal;
    // A client that connected and never said anything is not told anything either: an answer to no request could
    // be taken for the answer to the first.
    if (socket.bytesRead === 0) socket.destroy();
    else this.#answer(refusal, connection);
  }

  #answer(refusal: GatewayError, connection: ConnectionType): void {
    const { active, socket } = connection;
    // The message that is being answered was complete: what is broken came after it. Its answer goes out first;
    // the listener closes the connection behind it.
    if (active !== null && active.req.complete) return;
    const requestId = active?.requestId ?? randomHex(10);
    if (active === null) this.#report(refusal, requestId, connection);
    if (active !== null && active.res.headersSent) {
      socket.destroy();
      return;
    }
    socket.end(rawRefusal(refusal, requestId));
    this.#linger(socket);
    active?.req.destroy();
  }

  // Closing at once while bytes are still arriving makes the kernel send a reset, which can overtake the answer.
  #linger(socket: Socket): void {
    const untilMs = performance.now() + this.#lingerMs;
    const timed: Timed = { checkDeadline: (nowMs) => void (nowMs >= untilMs && socket.destroy()) };
    this.#deadlines.add(timed);
    socket.once("close", () => this.#deadlines.delete(timed));
  }
}

function refusalFor(error: ParserError, connection: ConnectionType): GatewayError {
  return new GatewayError(codeFor(error, connection), `${error.code ?? ""} ${error.reason ?? error.message}`);
}

function codeFor(error: ParserError, connection: ConnectionType): Code {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return "ACCEPT_HEAD_TOO_LARGE";
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return connection.active === null ? "ACCEPT_HEAD_TIMED_OUT" : "ACCEPT_BODY_TIMED_OUT";
    case "HPE_INVALID_VERSION":
      return "ACCEPT_VERSION_UNSUPPORTED";
    default:
      return "ACCEPT_BAD_REQUEST";
  }
}
