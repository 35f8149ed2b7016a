// A request body between the connection that brings it and whoever wants it.
import { describe, expect, test } from "vitest";
import { RequestBody } from "../../gateway/accept/body.ts";
import { GatewayError } from "../../gateway/errors.ts";
import { REPLAY_BYTES } from "../../gateway/limits.ts";

const BUFFER_BYTES = 1000;

function setUp(expectsContinue = false) {
  const calls = { resumed: 0, continued: 0 };
  const origin = { resume: () => void calls.resumed++, sendContinue: () => void calls.continued++ };
  return { calls, body: new RequestBody(origin, null, expectsContinue, BUFFER_BYTES) };
}

const text = async (piece: Promise<Uint8Array | null>): Promise<string | undefined> => {
  const bytes = await piece;
  return bytes === null ? undefined : Buffer.from(bytes).toString();
};

describe("before anybody wants it", () => {
  test("what came with the head is kept, and nothing more is asked for", async () => {
    const { body, calls } = setUp();
    expect(body.push(Buffer.from("hello"))).toBe(false);
    expect([calls.resumed, body.receivedBytes]).toEqual([0, 0]);
    expect(await text(body.read(100))).toBe("hello");
    expect(body.receivedBytes).toBe(5);
  });

  test("the client is told to send when somebody wants it, once", () => {
    const { body, calls } = setUp(true);
    expect(calls.continued).toBe(0);
    void body.read(1);
    body.continue();
    expect(calls.continued).toBe(1);
  });
});

describe("read piece by piece", () => {
  test("bytes are copies: the connection reads into their place again", async () => {
    const { body } = setUp();
    const view = Buffer.from("hello");
    body.push(view);
    view.fill("x");
    expect(await text(body.read(100))).toBe("hello");
  });

  test("pieces are at most as long as asked for, and nothing is lost between them", async () => {
    const { body } = setUp();
    for (let i = 0; i < 100; i++) body.push(Buffer.from(`${i % 10}`));
    body.complete();
    let all = "";
    for (let piece = await text(body.read(7)); piece !== undefined; piece = await text(body.read(7))) {
      expect(piece.length).toBeLessThanOrEqual(7);
      all += piece;
    }
    expect(all).toBe("0123456789".repeat(10));
    expect(body.ended).toBe(true);
  });

  test("the connection is stopped at the buffer's size and not before", () => {
    const { body } = setUp();
    void body.read(1);
    body.push(Buffer.from("1"));
    expect(body.push(Buffer.alloc(BUFFER_BYTES - 1))).toBe(true);
    expect(body.push(Buffer.alloc(1))).toBe(false);
  });

  test("a client that breaks off is an error for who waits and for who asks later", async () => {
    const { body } = setUp();
    const waiting = body.read(1);
    body.break(new GatewayError("REPLY_CLIENT_GONE"));
    await expect(waiting).rejects.toThrow(GatewayError);
    await expect(body.read(1)).rejects.toThrow(GatewayError);
  });

  test("one byte more than the limit is an error, the limit is not", async () => {
    const { body } = setUp();
    body.limitBytes = 5;
    body.push(Buffer.from("hello"));
    expect(await text(body.read(100))).toBe("hello");
    body.push(Buffer.from("!"));
    await expect(body.read(100)).rejects.toMatchObject({ code: "ACCEPT_BODY_TOO_LARGE" });
  });
});

describe("pushed into a writer", () => {
  const sink = () => {
    const got = { text: "", ended: false, failed: null as GatewayError | null, more: true };
    return {
      got,
      write: (chunk: Uint8Array) => ((got.text += Buffer.from(chunk).toString()), got.more),
      end: () => void (got.ended = true),
      fail: (error: GatewayError) => void (got.failed = error),
    };
  };

  test("what waits goes first, then what comes; the end follows", () => {
    const { body } = setUp();
    const writer = sink();
    body.push(Buffer.from("a"));
    body.start(writer);
    expect(body.push(Buffer.from("b"))).toBe(true);
    writer.got.more = false;
    expect(body.push(Buffer.from("c"))).toBe(false);
    body.complete();
    expect(writer.got).toMatchObject({ text: "abc", ended: true, failed: null });
  });

  test("one that stopped gets nothing more, and nothing is kept for it", () => {
    const { body } = setUp();
    const writer = sink();
    body.start(writer);
    body.stop();
    expect(body.push(Buffer.from("late"))).toBe(false);
    body.complete();
    expect([writer.got.text, writer.got.ended, body.ended]).toEqual(["", false, true]);
  });

  test("one byte over the limit fails it", () => {
    const { body } = setUp();
    const writer = sink();
    body.limitBytes = 1;
    body.start(writer);
    expect(body.push(Buffer.from("a"))).toBe(true);
    expect(body.push(Buffer.from("b"))).toBe(false);
    expect(writer.got).toMatchObject({ text: "a", failed: { code: "ACCEPT_BODY_TOO_LARGE" } });
  });
});

describe("read a second time", () => {
  test("what was kept comes again, before the rest", async () => {
    const { body } = setUp();
    body.keep();
    body.push(Buffer.from("one"));
    expect(await text(body.read(100))).toBe("one");
    expect(body.rewindable).toBe(true);
    body.rewind();
    body.push(Buffer.from("two"));
    body.complete();
    expect(await text(body.read(100))).toBe("one");
    expect(await text(body.read(100))).toBe("two");
    expect(await text(body.read(100))).toBe(undefined);
  });

  test("up to REPLAY_BYTES can be read again, one byte more cannot", async () => {
    for (const [bytes, rewindable] of [
      [REPLAY_BYTES, true],
      [REPLAY_BYTES + 1, false],
    ] as const) {
      const { body } = setUp();
      body.keep();
      body.push(Buffer.alloc(bytes));
      await body.read(bytes);
      expect(body.rewindable).toBe(rewindable);
    }
  });
});
