// A client's request body: owned by its exchange, read at most once, either pushed into an upstream or pulled piece by
// piece. Bound: before anybody asks for it, what came with the head in one read (CLIENT_READ_BYTES); while it is pulled,
// `bufferBytes`; and REPLAY_BYTES for a body that may have to be read again. When the reader is slow the connection is no
// longer read. Released with the exchange.
import { GatewayError } from "../errors.ts";
import { assert } from "../shared/assert.ts";
import { REPLAY_BYTES } from "../limits.ts";
import type { BodySource, BodyWriter } from "../proxy/engine.ts";

/** So many pieces wait before they become one. */
const JOINED_PIECES = 32;

/** Where it comes from. */
export interface BodyOrigin {
  /** Reads on after a `push` that said no. */
  resume(): void;
  /** Answers `Expect: 100-continue`, unless an answer has begun. */
  sendContinue(): void;
}

export class RequestBody implements BodySource {
  readonly lengthBytes: number | null;
  /** Bytes that somebody has taken so far. */
  receivedBytes = 0;
  /** What may come in; the route lowers it before anyone reads. */
  limitBytes = Number.MAX_SAFE_INTEGER;
  /** Set once something was asked to read it. */
  started = false;
  readonly #origin: BodyOrigin;
  readonly #bufferBytes: number;
  /** An answer to `Expect: 100-continue` is owed. */
  #continueOwed: boolean;
  #writer: BodyWriter | null = null;
  /** Nobody wants the rest. */
  #stopped = false;
  /** Arrived and not taken. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Every byte has arrived. */
  #complete = false;
  #broken = false;
  /** A `read` waits for something to happen. */
  #attempt: (() => void) | null = null;
  /** What `read` has handed out, while all of it fits into REPLAY_BYTES and somebody may want it again. */
  #kept: Buffer[] | null = null;
  #keptBytes = 0;
  /** What is handed out once more before the rest. */
  #again: Buffer[] = [];

  constructor(origin: BodyOrigin, lengthBytes: number | null, expectsContinue: boolean, bufferBytes: number) {
    this.#origin = origin;
    this.lengthBytes = lengthBytes;
    this.#continueOwed = expectsContinue;
    this.#bufferBytes = bufferBytes;
  }

  /** Whether every byte has arrived and been taken. */
  get ended(): boolean {
    return this.#complete && this.#waitingBytes === 0;
  }

  // From the connection ------------------------------------------------------------------------------------------

  /** Takes bytes off the wire; a view, which is copied if it has to wait. False: no more until `resume()`. */
  push(chunk: Buffer): boolean {
    if (this.#writer !== null) return this.#write(this.#writer, chunk);
    if (this.#stopped) return false;
    // Many small ones would take more than their bytes.
    if (this.#waiting.length === JOINED_PIECES) this.#waiting = [Buffer.concat(this.#waiting)];
    this.#waiting.push(Buffer.from(chunk));
    this.#waitingBytes += chunk.length;
    this.#attempt?.();
    return this.started && this.#waitingBytes < this.#bufferBytes;
  }

  /** Every byte has arrived. */
  complete(): void {
    this.#complete = true;
    this.#attempt?.();
    if (this.#waitingBytes === 0) this.#finish();
  }

  /** The rest will not come. */
  break(error: GatewayError): void {
    if (this.#complete) return;
    this.#broken = true;
    this.#attempt?.();
    const writer = this.#writer;
    this.#writer = null;
    writer?.fail(error);
  }

  // For whoever reads it -----------------------------------------------------------------------------------------

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
    return !this.started || (this.#kept !== null && this.#attempt === null);
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
    if (this.#continueOwed) this.#origin.sendContinue();
    this.#continueOwed = false;
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
    // What has been read before, and what is here: the writer has to take it whether it wants more or not.
    for (const chunk of this.#again.splice(0)) this.#writer?.write(chunk);
    for (const chunk of this.#waiting.splice(0)) {
      this.#waitingBytes -= chunk.length;
      if (this.#writer !== null) this.#write(this.#writer, chunk);
    }
    if (this.#complete) return this.#finish();
    if (this.#broken) this.#writer?.fail(clientGone());
    else this.#origin.resume();
  }

  resume(): void {
    this.#origin.resume();
  }

  stop(): void {
    this.#writer = null;
    this.#stopped = true;
  }

  /** The next piece, at most `maxBytes`; null at the end. Rejects with a GatewayError. One call at a time. */
  read(maxBytes: number): Promise<Uint8Array | null> {
    this.started = true;
    this.continue();
    return new Promise((resolve, reject) => {
      const attempt = (): void => {
        const chunk = this.#take(maxBytes);
        if (chunk !== null && this.receivedBytes > this.limitBytes) reject(this.#overLimit());
        else if (chunk !== null) resolve(chunk);
        else if (this.#complete) resolve(null);
        else if (this.#broken) reject(clientGone());
        else return this.#origin.resume();
        this.#attempt = null;
      };
      this.#attempt = attempt;
      attempt();
    });
  }

  #take(maxBytes: number): Buffer | null {
    if (this.#again.length > 0) return taken(this.#again, maxBytes);
    if (this.#waitingBytes === 0) return null;
    const chunk = taken(this.#waiting, maxBytes);
    this.#waitingBytes -= chunk.length;
    this.receivedBytes += chunk.length;
    this.#remember(chunk);
    return chunk;
  }

  #remember(chunk: Buffer): void {
    if (this.#kept === null) return;
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > REPLAY_BYTES) this.#kept = null;
    else this.#kept.push(chunk);
  }

  #write(writer: BodyWriter, chunk: Buffer): boolean {
    this.receivedBytes += chunk.length;
    if (this.receivedBytes <= this.limitBytes) return writer.write(chunk);
    this.stop();
    writer.fail(this.#overLimit());
    return false;
  }

  #finish(): void {
    const writer = this.#writer;
    this.#writer = null;
    writer?.end();
  }

  #overLimit(): GatewayError {
    return new GatewayError("ACCEPT_BODY_TOO_LARGE", `more than ${this.limitBytes} bytes`);
  }
}

/** The first bytes of a list that is not empty, at most `maxBytes`: they leave it. */
function taken(chunks: Buffer[], maxBytes: number): Buffer {
  const chunk = chunks.length > 1 ? Buffer.concat(chunks) : chunks[0]!;
  chunks.length = 0;
  if (chunk.length > maxBytes) chunks.push(chunk.subarray(maxBytes));
  return chunk.subarray(0, maxBytes);
}

function clientGone(): GatewayError {
  return new GatewayError("REPLY_CLIENT_GONE", "in the request body");
}
