/**
 * Writes a body's chunks to the host, one piece at a time: the next follows when the host has taken the last, so the
 * gateway holds one piece per body however slow its reader, and however large a chunk the handler makes.
 */
import { EFFECT, PIECE_BYTES } from "../../abi.ts";
import { host } from "../host.ts";
import type { ChunkSink, ChunkSource } from "../http/chunk-source.ts";
import { forgetWith, leftovers } from "./leftovers.ts";
import { underWayWhile } from "./under-way.ts";

const { write, writeEnd, writeAbort } = EFFECT;

/** Pumps by id: 0 for the response, n for a subrequest's body. */
const pumps = new Map<number, Pump>();

class Pump implements ChunkSink {
  readonly #id: number;
  readonly #source: ChunkSource;
  readonly #finish: (error?: unknown) => void;
  /** What is left of the last chunk. */
  #rest = new Uint8Array(0);

  constructor(source: ChunkSource, id: number, finish: (error?: unknown) => void) {
    this.#source = source;
    this.#id = id;
    this.#finish = finish;
  }

  next(): void {
    if (this.#rest.length > 0) this.#write(this.#rest);
    else this.#source.pull(this);
  }

  chunk(bytes: Uint8Array): void {
    if (bytes.length === 0) this.#source.pull(this);
    else this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    this.#rest = bytes.subarray(PIECE_BYTES) as Uint8Array<ArrayBuffer>;
    host(write, this.#id, bytes.length > PIECE_BYTES ? bytes.subarray(0, PIECE_BYTES) : bytes);
  }

  end(): void {
    host(writeEnd, this.#id);
    this.#stop();
  }

  fail(reason: unknown): void {
    host(writeAbort, this.#id);
    this.#stop(reason);
  }

  /** Nobody reads any more. */
  abandon(): void {
    this.#source.cancel(new TypeError("nobody reads this body any more"));
    this.#stop();
  }

  #stop(error?: unknown): void {
    pumps.delete(this.#id);
    this.#finish(error);
  }
}

/** `finish` is called once: with an error if the source failed. */
export function pump(source: ChunkSource, id: number, finish: (error?: unknown) => void): void {
  leftovers.any = true;
  const started = new Pump(source, id, finish);
  pumps.set(id, started);
  started.next();
}

export function onWritable(id: number): void {
  pumps.get(id)?.next();
}

export function onWriteFailed(id: number): void {
  pumps.get(id)?.abandon();
}

forgetWith(() => pumps.clear());
underWayWhile(() => pumps.size > 0);
