// Requests as bytes: whatever pieces they come in, the same is read; and what is accepted here is read in the same way by
// another strict parser (Node's llhttp), so that the two never disagree about where a request ends or what it says.
import { createServer, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { framingOf, isHeadStart, NO_HEAD, readHead } from "../../gateway/accept/head.ts";
import { MessageParser } from "../../gateway/shared/message-parser.ts";
import { Random } from "../support/random.ts";

const LIMITS = { targetBytes: 200, headerCount: 20 };
const HEAD_BYTES = 1000;

interface ReadRequest {
  method: string;
  target: string;
  fields: readonly string[];
  body: string;
}

interface Reading {
  /** Complete requests, in order. */
  requests: ReadRequest[];
  /** Why reading ended; null: at the end of the bytes. */
  fault: string | null;
}

/** Reads as a connection does: request after request, until one is faulty. */
function read(pieces: readonly Buffer[]): Reading {
  const reading: Reading = { requests: [], fault: null };
  let request: ReadRequest = { method: "", target: "", fields: [], body: "" };
  let keepAlive = true;
  let persists = true;
  const parser = new MessageParser(HEAD_BYTES, {
    isStart: isHeadStart,
    onHead: (text) => {
      if (text === "") return NO_HEAD;
      const head = readHead(text, LIMITS);
      if (head.fault !== null) return head.fault.code;
      request = { method: head.method, target: head.target, fields: head.fields, body: "" };
      keepAlive = head.keepAlive;
      return framingOf(head);
    },
    onData: (chunk) => void (request.body += chunk.toString("latin1")),
    onTrailers: () => null,
  });
  parser.expect();
  for (const piece of pieces) {
    for (let at = 0; at < piece.length && persists;) {
      const taken = parser.feed(piece.subarray(at));
      if (typeof taken === "string") return { ...reading, fault: taken };
      at += taken;
      if (parser.takeEnd() === null) continue;
      reading.requests.push(request);
      persists = keepAlive;
      parser.expect();
    }
  }
  return reading;
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

const requests: readonly [name: string, text: string, body: string][] = [
  ["no body", "GET /a?b=c HTTP/1.1\r\nHost: a\r\nX:  y \t\r\n\r\n", ""],
  ["a length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "hello"],
  [
    "chunks, an extension and a trailer",
    "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nT: u\r\n\r\n",
    "hello!",
  ],
  [
    "line ends in the body",
    "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\n\r\n\r\n",
    "\r\n\r\n",
  ],
  ["absolute-form", "GET http://a/b HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nCookie: c\r\n\r\n", ""],
];

describe("the same is read however the bytes are cut", () => {
  test.each(requests)(
    "%s: at every place, byte by byte, and with a second request behind it",
    (_, text, body) => {
      const both = text + requests[0]![1];
      const whole = read([bytes(both)]);
      expect([whole.fault, whole.requests.map((request) => request.body)]).toEqual([null, [body, ""]]);
      for (let at = 0; at <= both.length; at++) {
        expect(read([bytes(both.slice(0, at)), bytes(both.slice(at))])).toEqual(whole);
      }
      expect(read([...both].map(bytes))).toEqual(whole);
    },
  );

  test.each(requests)("%s: a part is never a request", (_, text) => {
    for (let at = 0; at < text.length; at++) {
      expect(read([bytes(text.slice(0, at))]), `${at} bytes`).toEqual({ requests: [], fault: null });
    }
  });
});

describe("limits", () => {
  const head = (length: number): string => {
    const start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return `${start}${"x".repeat(length - start.length)}`;
  };
  const cut = (text: string, size: number): Buffer[] => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < text.length; at += size) pieces.push(bytes(text.slice(at, at + size)));
    return pieces;
  };

  test.each([1, 7, 500, 996, 1000, 1004, 5000])(
    "a head of exactly the limit is read, one byte more is not, in pieces of %d bytes",
    (size) => {
      expect(read(cut(`${head(HEAD_BYTES)}\r\n\r\n`, size)).requests).toHaveLength(1);
      expect(read(cut(`${head(HEAD_BYTES + 1)}\r\n\r\n`, size))).toMatchObject({
        requests: [],
        fault: "head too large",
      });
    },
  );

  test("a head that goes on and on is refused without its end", () => {
    expect(read(cut(head(HEAD_BYTES * 3), 100)).fault).toBe("head too large");
  });

  test.each([
    [LIMITS.headerCount, null],
    [LIMITS.headerCount + 1, "ACCEPT_HEAD_TOO_LARGE"],
  ])("%d fields: %s", (count, fault) => {
    const fields = "a: b\r\n".repeat(count - 1);
    expect(read([bytes(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)]).fault).toBe(fault);
  });

  test.each([
    [LIMITS.targetBytes, null],
    [LIMITS.targetBytes + 1, "ACCEPT_TARGET_TOO_LONG"],
  ])("a target of %d bytes: %s", (length, fault) => {
    expect(read([bytes(`GET /${"t".repeat(length - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`)]).fault).toBe(fault);
  });
});

describe("what cannot become a request is not waited for", () => {
  test.each([
    "\x16\x03\x01",
    "GET / HTTP/1.1\nHost",
    "\0",
    " GET",
    "{",
    "GET / HTTP/1.1\r\nHost: a\r\n\rX",
    "\n",
  ])("%j", (part) => expect(read([bytes(part)]).fault).not.toBe(null));
});

test("however small the chunks of a body are, what comes in one read is passed on as one piece", () => {
  const pieces: string[] = [];
  const parser = new MessageParser(HEAD_BYTES, {
    isStart: isHeadStart,
    onHead: (text) => framingOf(readHead(text, LIMITS)),
    onData: (chunk) => void pieces.push(chunk.toString("latin1")),
    onTrailers: () => null,
  });
  parser.expect();
  const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const chunks = (text: string): string => [...text].map((char) => `1\r\n${char}\r\n`).join("");
  parser.feed(bytes(head + chunks("abc") + "2\r\nd"));
  parser.feed(bytes(`e\r\n${chunks("fg")}0\r\n\r\n`));
  expect([pieces, parser.takeEnd()]).toEqual([["abcd", "efg"], []]);
});

/** What Node's own parser makes of the same bytes: complete requests until the first fault. */
async function readByNode(input: Buffer): Promise<ReadRequest[]> {
  const seen: { req: IncomingMessage; body: string }[] = [];
  const take = (req: IncomingMessage): void => {
    const one = { req, body: "" };
    seen.push(one);
    req.on("data", (chunk: Buffer) => void (one.body += chunk.toString("latin1")));
    req.on("error", () => {});
  };
  const server = createServer({ requireHostHeader: false, shouldUpgradeCallback: () => false }, take);
  // A fault ends the reading; the requests before it are looked at first.
  server
    .on("checkContinue", take)
    .on("checkExpectation", take)
    .on("clientError", () => {});
  const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  socket.on("error", () => {});
  server.emit("connection", socket);
  socket.push(input);
  for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
  socket.destroy();
  return seen
    .filter(({ req }) => req.complete)
    .map(({ req, body }) => ({ method: req.method!, target: req.url!, fields: req.rawHeaders, body }));
}

const ALPHABET =
  'GET/HTP1.0 25\r\n:;,="abcxX-chunkedContent-LengthTransfer-EncodingHostConnection close\0\t\xff#%?';

test.each([20261126, 1, 2])(
  "of two thousand damaged requests (seed %d), what is accepted here Node's parser reads in the same way",
  async (seed) => {
    const random = new Random(seed);
    let accepted = 0;
    for (let round = 0; round < 2000; round++) {
      const damaged = [...random.pick(requests)[1], ...random.pick(requests)[1]];
      for (let times = 1 + random.below(3); times > 0; times--) {
        const at = random.below(damaged.length);
        const char = ALPHABET[random.below(ALPHABET.length)]!;
        if (random.below(2) === 0) damaged[at] = char;
        else damaged.splice(at, random.below(2), char);
      }
      const text = damaged.join("");
      const ours = read([bytes(text)]);
      accepted += ours.requests.length;
      const theirs = await readByNode(bytes(text));
      const inOriginForm = theirs.map((one) => ({
        ...one,
        target: one.target.replace(/^https?:\/\/[^/?]*\/?/i, "/"),
      }));
      expect(inOriginForm.slice(0, ours.requests.length), `round ${round}: ${JSON.stringify(text)}`).toEqual(
        ours.requests,
      );
    }
    // A reader that refuses everything would pass as well.
    expect(accepted).toBeGreaterThan(1000);
  },
);
