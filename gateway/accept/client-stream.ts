// A connection that has left HTTP, as a stream: its socket reads into a buffer that all connections share, so what
// arrives is copied for whoever reads the stream. Owner: who took the upgrade. Bound: the stream's high-water mark.
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * What may wait in an upgraded connection's streams behind a piece that nobody has taken, each way and on either side. Little, because a
 * stream counts bytes, and a piece of one byte (each its own packet, behind which nobody reads) takes two hundred.
 */
export const BACKLOG_BYTES = 256;

export class ClientStream extends Duplex {
  readonly #socket: Socket;
  readonly #onRoom: () => void;
  /** Bytes that the client has sent since. */
  bytesRead = 0;

  /** `onRoom`: more can be taken. */
  constructor(socket: Socket, onRoom: () => void) {
    super({ allowHalfOpen: false, highWaterMark: BACKLOG_BYTES });
    this.#socket = socket;
    this.#onRoom = onRoom;
  }

  /** False: no more until `onRoom`. */
  arrived(bytes: Buffer): boolean {
    this.bytesRead += bytes.length;
    return this.push(Buffer.from(bytes));
  }

  /** The client has said its last. */
  ended(): void {
    this.push(null);
    // Where nobody reads yet, nobody would hear of it.
    this.read(0);
  }

  override _read(): void {
    this.#onRoom();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  // What is called on a socket by those who are given one.

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(on: boolean, afterMs: number): this {
    this.#socket.setKeepAlive(on, afterMs);
    return this;
  }

  resetAndDestroy(): this {
    this.#socket.resetAndDestroy();
    return this.destroy();
  }

  destroySoon(): void {
    this.end(() => this.destroy());
  }
}
