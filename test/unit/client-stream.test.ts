// A connection that has left HTTP, as a stream.
import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { BACKLOG_BYTES, ClientStream } from "../../gateway/accept/client-stream.ts";

/** A socket that takes what it is given when told to. */
function socketOf(taken: (() => void)[], written: string[] = []): Socket {
  return new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString());
      taken.push(done);
    },
  }) as Socket;
}

test("behind a client that does not read, writers are stopped after a few bytes, however small their pieces", () => {
  const taken: (() => void)[] = [];
  const stream = new ClientStream(socketOf(taken), () => {});
  for (let bytes = 1; bytes < BACKLOG_BYTES; bytes++) expect(stream.write("x"), `${bytes} bytes`).toBe(true);
  expect(stream.write("x")).toBe(false);
  // One is with the socket; the others wait here.
  expect(taken).toHaveLength(1);
});

test("what arrives is a copy, counted, and asks for no more while nobody reads", () => {
  let asked = 0;
  const stream = new ClientStream(socketOf([]), () => void asked++);
  const view = Buffer.from("hello");
  stream.arrived(view);
  view.fill("x");
  expect([stream.bytesRead, asked]).toEqual([5, 0]);
  expect(String(stream.read())).toBe("hello");
  expect(asked).toBe(1);
});

test("before anybody reads, the client is stopped after a few bytes, however small its packets", () => {
  const stream = new ClientStream(socketOf([]), () => {});
  for (let bytes = 1; bytes < BACKLOG_BYTES; bytes++) {
    expect(stream.arrived(Buffer.from("x")), `${bytes} bytes`).toBe(true);
  }
  expect(stream.arrived(Buffer.from("x"))).toBe(false);
});
