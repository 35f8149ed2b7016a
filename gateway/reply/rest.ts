// What a client still sends after it has its answer. A little is read and dropped, so that the connection can be
// used again and so that no reset overtakes the answer; a lot is not worth the bandwidth, and the connection is
// cut. Nothing is kept in memory.
import type { IncomingMessage } from "node:http";
import type { Deadlines, Timed } from "../proxy/deadlines.ts";

export function discardRest(req: IncomingMessage, bytes: number, ms: number, deadlines: Deadlines): void {
  deadlines.add(new Rest(req, bytes, performance.now() + ms, deadlines));
  req.on("error", () => {});
  req.resume();
}

class Rest implements Timed {
  place = -1;
  readonly #req: IncomingMessage;
  readonly #mostBytes: number;
  readonly #untilMs: number;
  readonly #deadlines: Deadlines;

  constructor(req: IncomingMessage, bytes: number, untilMs: number, deadlines: Deadlines) {
    this.#req = req;
    this.#deadlines = deadlines;
    this.#mostBytes = req.socket.bytesRead + bytes;
    this.#untilMs = untilMs;
  }

  // Looked at instead of listened for: a request may have closed before its response did.
  checkDeadline(nowMs: number): void {
    const { socket, closed } = this.#req;
    if (closed || socket.destroyed) return this.#deadlines.delete(this);
    if (nowMs >= this.#untilMs || socket.bytesRead > this.#mostBytes) socket.destroy();
  }
}
