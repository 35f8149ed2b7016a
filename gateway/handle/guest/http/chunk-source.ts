/**
 * Where a body's bytes come from when they are not in the arena as a whole: the host, a stream, a tee. One
 * reader, one pull outstanding at a time; back-pressure is the reader not pulling.
 */

export interface ChunkSink {
  chunk(bytes: Uint8Array): void;
  end(): void;
  fail(reason: unknown): void;
}

export interface ChunkSource {
  /** Answers with exactly one call of the sink, now or in a later turn. */
  pull(sink: ChunkSink): void;
  /** Nobody will pull any more. */
  cancel(reason: unknown): void;
}

/** All chunks as one array; a body of one chunk, the usual case, is not copied. */
export function collect(source: ChunkSource): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const sink: ChunkSink = {
      chunk(bytes) {
        chunks.push(bytes);
        length += bytes.length;
        source.pull(sink);
      },
      end: () => resolve(chunks.length === 1 ? chunks[0]! : concatenate(chunks, length)),
      fail: reject,
    };
    source.pull(sink);
  });
}

export function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
