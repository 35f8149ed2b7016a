// A request body that a handler writes piece by piece. Owner: the subrequest. Bound: nothing is kept here; a piece
// goes to the engine at once, or waits (one piece) until the engine has started.
import type { GatewayError } from "../errors.ts";
import type { BodySource, BodyWriter } from "./engine.ts";

export class FedBody implements BodySource {
  readonly lengthBytes: number | null;
  readonly #onRoom: () => void;
  readonly #onStop: () => void;
  #writer: BodyWriter | null = null;
  #early: Uint8Array | null = null;
  #earlyEnd = false;
  #stopped = false;

  /** `onRoom`: more may be written. `onStop`: the upstream wants no more of it. */
  constructor(lengthBytes: number | null, onRoom: () => void, onStop: () => void) {
    this.lengthBytes = lengthBytes;
    this.#onRoom = onRoom;
    this.#onStop = onStop;
  }

  /** False: wait for `onRoom`. Before the engine starts, one piece is taken and the answer is always false. */
  write(chunk: Uint8Array): boolean {
    if (this.#stopped) return true;
    if (this.#writer !== null) return this.#writer.write(chunk);
    this.#early = chunk;
    return false;
  }

  end(): void {
    if (this.#writer === null) this.#earlyEnd = true;
    else this.#writer.end();
  }

  fail(error: GatewayError): void {
    this.#writer?.fail(error);
  }

  start(writer: BodyWriter): void {
    this.#writer = writer;
    const early = this.#early;
    this.#early = null;
    const more = early === null || writer.write(early);
    if (this.#earlyEnd) writer.end();
    else if (more) this.#onRoom();
  }

  resume(): void {
    this.#onRoom();
  }

  stop(): void {
    this.#stopped = true;
    this.#writer = null;
    this.#onStop();
  }
}
