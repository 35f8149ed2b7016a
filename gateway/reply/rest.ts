// What a client still sends after it has its answer. A little is read and dropped, so that the connection can be
// used again and so that no reset overtakes the answer; a lot is not worth the bandwidth, and the connection is
// cut. Nothing is kept in memory.
import type { IncomingMessage } from "node:http";
import type { Deadlines, Timed } from "../proxy/deadlines.ts";

export function discardRest(req: IncomingMessage, bytes: number, ms: number, deadlines: Deadlines): void {
  const rest = new Rest(req, bytes, performance.now() + ms);
  deadlines.add(rest);
  req.once("close", () => deadlines.delete(rest));
  req.on("error", () => {});
  req.resume();
}

class Rest implements Timed {
  readonly #req: IncomingMessage;
  readonly #mostBytes: number;
  readonly #untilMs: number;

  constructor(req: IncomingMessage, bytes: number, untilMs: number) {
    this.#req = req;
    this.#mostBytes = req.socket.bytesRead + bytes;
    this.#untilMs = untilMs;
  }

  checkDeadline(nowMs: number): void {
    if (nowMs >= this.#untilMs || this.#req.socket.bytesRead > this.#mostBytes) this.#req.socket.destroy();
  }
}
