// Stands between a request body and the engine: counts what passes, and knows who is being waited for, so that a
// stalled upload is blamed on the right side. Adds no buffer.
import type { GatewayError } from "../errors.ts";
import type { BodySource, BodyWriter } from "./engine.ts";

export class MeteredBody implements BodySource, BodyWriter {
  readonly #source: BodySource;
  #writer: BodyWriter | null = null;
  bytes = 0;
  started = false;
  ended = false;
  /** The upstream is not taking more: a pause is its doing, not the source's. */
  blocked = false;
  lastMoveMs = 0;
  /** Why the source broke off, if it did: the reason for whatever the engine reports next. */
  brokenBy: GatewayError | null = null;

  constructor(source: BodySource) {
    this.#source = source;
  }

  get lengthBytes(): number | null {
    return this.#source.lengthBytes;
  }

  start(writer: BodyWriter): void {
    this.started = true;
    this.lastMoveMs = performance.now();
    this.#writer = writer;
    this.#source.start(this);
  }

  resume(): void {
    this.blocked = false;
    this.lastMoveMs = performance.now();
    this.#source.resume();
  }

  stop(): void {
    this.#writer = null;
    this.ended = true;
    this.#source.stop();
  }

  write(chunk: Uint8Array): boolean {
    this.bytes += chunk.length;
    this.lastMoveMs = performance.now();
    const more = this.#writer?.write(chunk) ?? true;
    this.blocked = !more;
    return more;
  }

  end(): void {
    this.ended = true;
    this.lastMoveMs = performance.now();
    this.#writer?.end();
  }

  fail(error: GatewayError): void {
    this.ended = true;
    this.brokenBy = error;
    this.#writer?.fail(error);
  }
}
