import { Checks } from "../check.ts";

export const streams = new Checks();

streams.add(
  "a body is a byte stream",
  async (t) => {
    const r = new Response("text");
    const stream = r.body!;
    const chunks = await t.drain(stream);
    return [
      stream instanceof ReadableStream,
      chunks.map((c) => t.hex(c as Uint8Array)),
      r.bodyUsed,
      r.body === stream,
    ];
  },
  [true, ["74657874"], true, true],
);

streams.add(
  "a body being read is locked, and cannot be read otherwise",
  async (t) => {
    const r = new Response("text");
    const reader = r.body!.getReader();
    const during = [
      r.body!.locked,
      r.bodyUsed,
      await t.rejected(r.text()),
      t.thrown(() => r.clone()),
      t.thrown(() => new Response(r.body)),
    ];
    reader.releaseLock();
    return [...during, await r.text()];
  },
  [true, false, "TypeError", "TypeError", "TypeError", "text"],
);

streams.add(
  "a stream makes a body",
  async (t) => {
    const of = (chunks: unknown[]) =>
      new ReadableStream({
        start(c) {
          for (const chunk of chunks) c.enqueue(chunk);
          c.close();
        },
      });
    const bytes = new TextEncoder();
    return [
      await new Response(of([bytes.encode("a"), bytes.encode("b")])).text(),
      await new Response(of([])).text(),
      await t.rejected(new Response(of(["text"])).text()),
      new Response(of([])).headers.get("content-type"),
    ];
  },
  ["ab", "", "TypeError", null],
);

streams.add(
  "text() reads a body whose stream was looked at",
  async () => {
    const r = new Response("text");
    const stream = r.body!;
    const text = await r.text();
    return [text, stream.locked, r.bodyUsed];
  },
  ["text", true, true],
);

streams.add(
  "a clone's streams are independent",
  async (t) => {
    const r = new Response(
      new ReadableStream({
        start(c) {
          c.enqueue(new Uint8Array([1, 2]));
          c.close();
        },
      }),
    );
    const copy = r.clone();
    const [left, right] = [await t.drain(r.body!), await copy.bytes()];
    return [left.map((c) => t.hex(c as Uint8Array)), [...right]];
  },
  [["0102"], [1, 2]],
);

streams.add(
  "cancelling a body uses it",
  async (t) => {
    const r = new Response("text");
    await r.body!.cancel();
    return [r.bodyUsed, await t.rejected(r.text())];
  },
  [true, "TypeError"],
);

streams.add(
  "a stream of a request's body",
  async (t) => {
    const r = new Request("http://a/", { method: "POST", body: "abc" });
    return (await t.drain(r.body!)).map((c) => t.hex(c as Uint8Array));
  },
  ["616263"],
);

streams.add(
  "async iteration, and leaving it cancels",
  async () => {
    let cancelled: unknown = "no";
    const stream = new ReadableStream<number>({
      pull(c) {
        c.enqueue(1);
      },
      cancel(reason) {
        cancelled = reason === undefined;
      },
    });
    let sum = 0;
    for await (const value of stream) {
      sum += value;
      if (sum === 3) break;
    }
    return [sum, cancelled, stream.locked];
  },
  [3, true, false],
);

streams.add(
  "ReadableStream.from",
  async (t) => [
    await t.drain(ReadableStream.from([1, 2])),
    await t.drain(
      ReadableStream.from(
        (async function* () {
          yield "a";
          yield "b";
        })(),
      ),
    ),
  ],
  [
    [1, 2],
    ["a", "b"],
  ],
);

streams.add(
  "tee",
  async (t) => {
    const [a, b] = ReadableStream.from([1, 2]).tee();
    return [await t.drain(a), await t.drain(b)];
  },
  [
    [1, 2],
    [1, 2],
  ],
);

streams.add(
  "pull is called as the reader asks, up to the high-water mark",
  async (t) => {
    let pulled = 0;
    const stream = new ReadableStream(
      {
        pull(c) {
          c.enqueue(pulled++);
        },
      },
      { highWaterMark: 3 },
    );
    await t.tick();
    const before = pulled;
    const reader = stream.getReader();
    await reader.read();
    await t.tick();
    return [before, pulled];
  },
  [3, 4],
);

streams.add(
  "an errored stream fails its reader with the same error",
  async () => {
    const stream = new ReadableStream({
      start(c) {
        c.error("why");
      },
    });
    try {
      await stream.getReader().read();
    } catch (error) {
      return error;
    }
  },
  "why",
);

streams.add(
  "TransformStream and pipeThrough",
  async (t) => {
    const upper = new TransformStream<string, string>({
      transform(chunk, c) {
        c.enqueue(chunk.toUpperCase());
      },
      flush(c) {
        c.enqueue("!");
      },
    });
    return t.drain(ReadableStream.from(["a", "b"]).pipeThrough(upper));
  },
  ["A", "B", "!"],
);

streams.add(
  "WritableStream, pipeTo and back-pressure",
  async () => {
    const seen: unknown[] = [];
    const sink = new WritableStream({
      write(chunk) {
        seen.push(chunk);
      },
      close() {
        seen.push("closed");
      },
    });
    await ReadableStream.from([1, 2]).pipeTo(sink);
    return seen;
  },
  [1, 2, "closed"],
);

streams.add(
  "a failing sink cancels the source",
  async (t) => {
    let cancelled: unknown;
    const source = new ReadableStream({
      pull(c) {
        c.enqueue(1);
      },
      cancel(reason) {
        cancelled = (reason as Error).message;
      },
    });
    const result = await t.rejected(
      source.pipeTo(
        new WritableStream({
          write() {
            throw new RangeError("full");
          },
        }),
      ),
    );
    return [result, cancelled];
  },
  ["RangeError", "full"],
);

streams.add(
  "pipeTo obeys its signal",
  async (t) => {
    const c = new AbortController();
    const piping = t.rejected(
      new ReadableStream({ pull() {} }).pipeTo(new WritableStream(), { signal: c.signal }),
    );
    c.abort();
    return piping;
  },
  "AbortError",
);

streams.add(
  "queuing strategies",
  () => [
    new CountQueuingStrategy({ highWaterMark: 2 }).highWaterMark,
    new CountQueuingStrategy({ highWaterMark: 2 }).size({}),
    new ByteLengthQueuingStrategy({ highWaterMark: 5 }).size(new Uint8Array(7)),
  ],
  [2, 1, 7],
);

streams.add(
  "BYOB readers fill the reader's own buffer",
  async (t) => {
    const stream = new ReadableStream({
      type: "bytes",
      start(c) {
        c.enqueue(new Uint8Array([1, 2, 3]));
        c.close();
      },
    });
    const reader = stream.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(2));
    const second = await reader.read(new Uint8Array(2));
    const end = await reader.read(new Uint8Array(2));
    return [t.hex(first.value!), t.hex(second.value!), end.done, end.value!.length];
  },
  ["0102", "03", true, 0],
);

streams.add(
  "a body can be read with a BYOB reader",
  async (t) => {
    const reader = new Response("abc").body!.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(2));
    const rest = await reader.read(new Uint8Array(9));
    return [t.hex(value!), t.hex(rest.value!), (await reader.read(new Uint8Array(1))).done];
  },
  ["6162", "63", true],
);

streams.add(
  "names and tags",
  () =>
    [ReadableStream, WritableStream, TransformStream].map((kind: new () => object) => [
      kind.name,
      Object.prototype.toString.call(new kind()),
    ]),
  [
    ["ReadableStream", "[object ReadableStream]"],
    ["WritableStream", "[object WritableStream]"],
    ["TransformStream", "[object TransformStream]"],
  ],
);

streams.add(
  "compression there and back",
  async (t) => {
    const results: unknown[] = [];
    for (const format of ["gzip", "deflate", "deflate-raw"] as const) {
      const packed = await new Response(
        new Blob(["abc".repeat(1000)]).stream().pipeThrough(new CompressionStream(format)),
      ).bytes();
      const text = await new Response(
        new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream(format)),
      ).text();
      results.push(packed.length < 100, text === "abc".repeat(1000));
    }
    return [...results, t.thrown(() => new CompressionStream("zip" as "gzip"))];
  },
  [true, true, true, true, true, true, "TypeError"],
);

streams.add(
  "broken compressed data fails",
  async (t) => {
    const unpack = (hex: string, format: "gzip" | "deflate") =>
      new Response(new Blob([t.bytes(hex)]).stream().pipeThrough(new DecompressionStream(format))).text();
    return [
      await t.rejected(unpack("00112233445566778899", "gzip")),
      await t.rejected(unpack("1f8b0800000000000003", "gzip")),
    ];
  },
  ["TypeError", "TypeError"],
);
