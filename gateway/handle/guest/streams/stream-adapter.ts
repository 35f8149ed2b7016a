/**
 * Bodies as streams and streams as bodies. A body's stream is a byte stream that pulls from the body only when it is
 * read, so one that is merely handed on is recognized here and passes by as the host's.
 */
import {
  ReadableStream,
  type ReadableByteStreamController,
  type ReadableStreamDefaultReader,
} from "web-streams-polyfill";
import type { Body, BodySource } from "../http/body.ts";
import type { ChunkSink, ChunkSource } from "../http/chunk-source.ts";
import { streams } from "../http/stream-support.ts";
import { utf8Encode } from "../http/utf8.ts";

const bodies = new WeakMap<object, Body>();
const locked = Object.getOwnPropertyDescriptor(ReadableStream.prototype, "locked")!.get!;
const { getReader } = ReadableStream.prototype;

/** The polyfill's own slot: the standard has no way to ask. */
interface Slots {
  _disturbed: boolean;
}

type ByteController = ReadableByteStreamController;

function streamOf(body: Body): object {
  const { source } = body;
  const stream = new ReadableStream<Uint8Array>(
    {
      type: "bytes",
      pull: (controller) => {
        body.used = true;
        return pullInto(controller as unknown as ByteController, source!);
      },
      cancel: (reason) => {
        body.used = true;
        if (isChunkSource(source)) source.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  bodies.set(stream, body);
  return stream;
}

function isChunkSource(source: BodySource | null): source is ChunkSource {
  return typeof source === "object" && source !== null && !(source instanceof Uint8Array);
}

function pullInto(controller: ByteController, source: BodySource): Promise<void> | void {
  if (isChunkSource(source))
    return new Promise((resolve) => source.pull(sinkInto(controller, source, resolve)));
  const bytes = typeof source === "string" ? utf8Encode(source.toWellFormed()) : source.slice();
  if (bytes.length > 0) controller.enqueue(bytes);
  close(controller);
}

function sinkInto(controller: ByteController, source: ChunkSource, done: () => void): ChunkSink {
  const sink: ChunkSink = {
    chunk(bytes) {
      // Nothing would make the stream ask again after an empty chunk.
      if (bytes.length === 0) return source.pull(sink);
      controller.enqueue(bytes);
      done();
    },
    end() {
      close(controller);
      done();
    },
    fail(reason) {
      controller.error(reason);
      done();
    },
  };
  return sink;
}

/** A reader that brought a buffer of its own waits for an answer to it even at the end. */
function close(controller: ByteController): void {
  controller.close();
  controller.byobRequest?.respond(0);
}

function sourceOf(stream: object): ChunkSource {
  const reader = getReader.call(stream) as ReadableStreamDefaultReader;
  const take = (sink: ChunkSink, { done, value }: { done: boolean; value: unknown }) => {
    if (done) sink.end();
    else if (value instanceof Uint8Array) sink.chunk(value);
    else {
      const error = new TypeError("A body's stream has a chunk that is not a Uint8Array");
      void reader.cancel(error).catch(() => {});
      sink.fail(error);
    }
  };
  return {
    pull: (sink) =>
      void reader.read().then(
        (result) => take(sink, result),
        (reason) => sink.fail(reason),
      ),
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  };
}

Object.assign(streams, {
  streamOf,
  bodyOf: (stream) => bodies.get(stream),
  isStream: (value): value is object => value instanceof ReadableStream,
  isDisturbed: (stream) => (stream as Slots)._disturbed,
  isLocked: (stream) => locked.call(stream) as boolean,
  lock: (stream) => void getReader.call(stream),
  sourceOf,
} satisfies typeof streams);
