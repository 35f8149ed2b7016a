/**
 * A body that the host holds: the request's own (id 0) or a subrequest's answer. As long as nobody pulls, not a
 * byte of it enters the arena, and it can be handed on by its id.
 */
import { EFFECT } from "../../abi.ts";
import { host } from "../host.ts";
import { forgetWith, leftovers } from "../life/leftovers.ts";
import { underWayWhile } from "../life/under-way.ts";
import type { ChunkSink, ChunkSource } from "./chunk-source.ts";

const { pull, abort } = EFFECT;

/** Sources with a pull outstanding, by id. */
const waiting = new Map<number, ChunkSink>();

export class HostSource implements ChunkSource {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  pull(sink: ChunkSink): void {
    leftovers.any = true;
    waiting.set(this.id, sink);
    host(pull, this.id);
  }

  cancel(): void {
    waiting.delete(this.id);
    host(abort, this.id);
  }
}

function take(id: number): ChunkSink | undefined {
  const sink = waiting.get(id);
  waiting.delete(id);
  return sink;
}

export function onBodyChunk(id: number, bytes: Uint8Array): void {
  take(id)?.chunk(bytes);
}

export function onBodyEnd(id: number): void {
  take(id)?.end();
}

export function onBodyFailed(id: number, why: string): void {
  take(id)?.fail(new TypeError(`The body could not be read: ${why}`));
}

/** A handle given up by AbortSignal: whoever reads it learns the signal's reason. */
export function failBody(id: number, reason: unknown): void {
  take(id)?.fail(reason);
}

forgetWith(() => waiting.clear());
underWayWhile(() => waiting.size > 0);
