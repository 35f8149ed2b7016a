// What checks may use besides globals. The function's source text goes into handlers: it must be self-contained.

export interface Tools {
  /** The name of what the function throws; "nothing" if it throws nothing. */
  thrown(run: () => unknown): string;
  /** The same for a promise, or a function that returns one. */
  rejected(run: Promise<unknown> | (() => unknown)): Promise<string>;
  hex(bytes: ArrayBuffer | ArrayBufferView): string;
  bytes(hex: string): Uint8Array<ArrayBuffer>;
  /** All chunks of a stream. */
  drain(stream: { getReader(): { read(): Promise<{ done: boolean; value?: unknown }> } }): Promise<unknown[]>;
  /** Resolves after all microtasks that are queued now. */
  tick(): Promise<void>;
}

export function makeTools(): Tools {
  const nameOf = (error: unknown) => (error instanceof Error ? error.name : String(error));
  return {
    thrown(run) {
      try {
        run();
        return "nothing";
      } catch (error) {
        return nameOf(error);
      }
    },
    async rejected(run) {
      try {
        await (typeof run === "function" ? run() : run);
        return "nothing";
      } catch (error) {
        return nameOf(error);
      }
    },
    hex(bytes) {
      const view = ArrayBuffer.isView(bytes)
        ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        : new Uint8Array(bytes);
      return Array.from(view, (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
    bytes(hex) {
      return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    },
    async drain(stream) {
      const reader = stream.getReader();
      const chunks: unknown[] = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return chunks;
        chunks.push(value);
      }
    },
    async tick() {
      for (let i = 0; i < 20; i++) await null;
    },
  };
}
