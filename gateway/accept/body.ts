// A client's request body: owned by its exchange, read at most once, either pushed into an upstream or pulled
// piece by piece. Bound: what node buffers for one request (the listener's buffer size plus one read of 64 KiB);
// when the reader is slow the socket is no longer read; and REPLAY_BYTES for a body that may have to be read again.
// Released with the exchange.
import type { IncomingMessage, ServerResponse } from "node:http";
import { GatewayError } from "../errors.ts";
import { assert } from "../shared/assert.ts";
import { REPLAY_BYTES } from "../limits.ts";
import type { BodySource, BodyWriter } from "../proxy/engine.ts";

export class RequestBody implements BodySource {
  readonly lengthBytes: number | null;
  /** Bytes taken off the wire so far. */
  receivedBytes = 0;
  /** What may come in; the route lowers it before anyone reads. */
  limitBytes = Number.MAX_SAFE_INTEGER;
  /** Set once something was asked to read it. */
  started = false;
  #req: IncomingMessage;
  #continueOn: ServerResponse | null;
  #writer: BodyWriter | null = null;
  /** Somebody listens to the request's errors. */
  #guarded = false;
  /** What `read` has handed out, while all of it fits into REPLAY_BYTES and somebody may want it again. */
  #kept: Buffer[] | null = null;
  #keptBytes = 0;
  /** What is handed out once more before the rest. */
  #again: Buffer[] = [];
  #reading = false;

  constructor(req: IncomingMessage, lengthBytes: number | null, continueOn: ServerResponse | null) {
    this.#req = req;
    this.lengthBytes = lengthBytes;
    this.#continueOn = continueOn;
  }

  /** Whether every byte has arrived and been taken. */
  get ended(): boolean {
    return this.#req.readableEnded;
  }

  /** True while an answer to `Expect: 100-continue` is owed (RFC 9110 section 10.1.1). */
  get awaitsContinue(): boolean {
    return this.#continueOn !== null;
  }

  /** From now on what is read is kept, so that `rewind` can bring it back. */
  keep(): void {
    if (!this.started) this.#kept ??= [];
  }

  /** What has been read, if all of that is kept. */
  get kept(): { readonly bytes: Buffer; readonly whole: boolean } | null {
    return this.#kept === null ? null : { bytes: Buffer.concat(this.#kept), whole: this.ended };
  }

  /** Whether the body can be read from its beginning: nobody has begun to, or all that was read is kept. */
  get rewindable(): boolean {
    return !this.started || (this.#kept !== null && !this.#reading);
  }

  /** Back to the beginning, for another reader; only if `rewindable`. */
  rewind(): void {
    if (!this.started) return;
    assert(this.#kept !== null, "a body is rewound only if it was kept");
    this.started = false;
    this.#again = [...this.#kept];
  }

  /** Tells a waiting client to send. Called when the body is first wanted, which is after admission. */
  continue(): void {
    const res = this.#continueOn;
    this.#continueOn = null;
    if (res !== null && !res.headersSent) res.writeContinue();
  }

  /** Refuses a body that is known to be too large before any of it is read. */
  tooLarge(): GatewayError | null {
    if (this.lengthBytes === null || this.lengthBytes <= this.limitBytes) return null;
    return new GatewayError("ACCEPT_BODY_TOO_LARGE", `${this.lengthBytes} of ${this.limitBytes} bytes`);
  }

  start(writer: BodyWriter): void {
    this.started = true;
    this.#kept = null;
    this.#writer = writer;
    this.continue();
    // At most REPLAY_BYTES, which the writer has to take whether it wants more or not.
    for (const chunk of this.#again.splice(0)) this.#writer?.write(chunk);
    const req = this.#req;
    if (req.readableEnded) return this.#finish();
    req.on("data", (chunk: Buffer) => this.#push(chunk));
    req.once("end", () => this.#finish());
    this.#onBreak((error) => this.#writer?.fail(error));
    // After reading piece by piece it stands still until told otherwise.
    if (req.readableFlowing !== null) req.resume();
  }

  resume(): void {
    this.#req.resume();
  }

  stop(): void {
    this.#writer = null;
    this.#req.pause();
  }

  /** The next piece, at most `maxBytes`; null at the end. Rejects with a GatewayError. One call at a time. */
  read(maxBytes: number): Promise<Uint8Array | null> {
    this.started = true;
    this.continue();
    this.#reading = true;
    return new Promise((resolve, reject) => {
      const attempt = (): boolean => {
        const chunk = this.#take(maxBytes);
        if (chunk !== null && this.receivedBytes > this.limitBytes) reject(this.#overLimit());
        else if (chunk !== null) resolve(chunk);
        else if (this.#req.readableEnded) resolve(null);
        else if (this.#req.destroyed) reject(new GatewayError("REPLY_CLIENT_GONE", "in the request body"));
        else return false;
        this.#reading = false;
        return true;
      };
      if (!attempt()) this.#retryOnEvents(attempt);
    });
  }

  #retryOnEvents(attempt: () => boolean): void {
    const again = (): void => {
      if (!attempt()) return;
      this.#req.off("readable", again).off("end", again).off("close", again);
    };
    this.#req.on("readable", again).on("end", again).on("close", again);
    if (!this.#guarded) this.#req.on("error", ignore);
    this.#guarded = true;
  }

  #take(maxBytes: number): Buffer | null {
    if (this.#again.length > 0) return this.#takeAgain(maxBytes);
    const waiting = this.#req.readableLength;
    const chunk: Buffer | null = this.#req.read(waiting === 0 ? undefined : Math.min(waiting, maxBytes));
    if (chunk === null) return null;
    this.receivedBytes += chunk.length;
    this.#remember(chunk);
    return chunk;
  }

  #takeAgain(maxBytes: number): Buffer {
    const [first, ...others] = this.#again as [Buffer, ...Buffer[]];
    const rest = first.subarray(maxBytes);
    this.#again = rest.length > 0 ? [rest, ...others] : others;
    return first.subarray(0, maxBytes);
  }

  #remember(chunk: Buffer): void {
    if (this.#kept === null) return;
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > REPLAY_BYTES) this.#kept = null;
    else this.#kept.push(chunk);
  }

  #push(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    const writer = this.#writer;
    if (writer === null) return;
    if (this.receivedBytes > this.limitBytes) {
      this.stop();
      writer.fail(this.#overLimit());
    } else if (!writer.write(chunk)) {
      this.#req.pause();
    }
  }

  #finish(): void {
    const writer = this.#writer;
    this.#writer = null;
    writer?.end();
  }

  #onBreak(report: (error: GatewayError) => void): void {
    this.#req.once("error", () => report(new GatewayError("REPLY_CLIENT_GONE", "in the request body")));
  }

  #overLimit(): GatewayError {
    return new GatewayError("ACCEPT_BODY_TOO_LARGE", `more than ${this.limitBytes} bytes`);
  }
}

// A body that breaks off while nobody reads shows up as a destroyed request; without a listener the error
// event that goes with it would end the process.
function ignore(): void {}
