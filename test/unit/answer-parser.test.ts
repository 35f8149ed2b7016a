// The parser that reads upstreams' answers: whatever pieces the bytes come in, the same is read; whatever the bytes
// are, it ends in an answer, a fault or a wait, and never takes a part for the whole.
import { describe, expect, test } from "vitest";
import { AnswerParser } from "../../gateway/proxy/answer-parser.ts";
import type { AnswerHead } from "../../gateway/proxy/answer-head.ts";

interface Reading {
  readonly heads: AnswerHead[];
  body: string;
  trailers: string[] | null;
  clean: boolean | null;
  fault: string | null;
  /** The end of the connection was the end of the answer. */
  closedWell: boolean;
}

function read(pieces: readonly Buffer[], method = "GET", headBytes = 1000): Reading {
  const reading: Reading = {
    heads: [],
    body: "",
    trailers: null,
    clean: null,
    fault: null,
    closedWell: false,
  };
  const parser = new AnswerParser(headBytes, {
    onAnswerHead: (head) => void reading.heads.push(head),
    onAnswerData: (chunk) => void (reading.body += Buffer.from(chunk).toString("latin1")),
    onAnswerEnd: (trailers, clean) => {
      reading.trailers = trailers;
      reading.clean = clean;
    },
  });
  parser.expect(method);
  for (const piece of pieces) {
    if (reading.trailers !== null) break;
    reading.fault ??= parser.feed(piece);
    if (reading.fault !== null) return reading;
  }
  if (reading.trailers === null) reading.closedWell = parser.end();
  return reading;
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

const answers: readonly [name: string, text: string, body: string][] = [
  ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello", "hello"],
  ["no body", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", ""],
  ["length zero", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""],
  [
    "chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
    "hello!",
  ],
  [
    "chunks with extensions",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;c\r\n\r\n",
    "hello",
  ],
  [
    "trailers",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n",
    "x",
  ],
  [
    "interim answers",
    "HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "x",
  ],
  [
    "line ends in the body",
    "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n",
    "\r\n\r\n\r\n\r\n",
  ],
];

describe("the same is read however the bytes are cut", () => {
  test.each(answers)("%s: at every place, and byte by byte", (_, text, body) => {
    const whole = read([bytes(text)]);
    expect([whole.fault, whole.body, whole.clean]).toEqual([null, body, true]);
    for (let at = 0; at <= text.length; at++) {
      expect(read([bytes(text.slice(0, at)), bytes(text.slice(at))])).toEqual(whole);
    }
    expect(read([...text].map(bytes))).toEqual(whole);
  });

  test.each(answers)("%s: a part is never complete", (_, text) => {
    for (let at = 0; at < text.length; at++) {
      const part = read([bytes(text.slice(0, at))]);
      expect([part.trailers, part.closedWell, part.fault], `${at} bytes`).toEqual([null, false, null]);
    }
  });

  test.each(answers)("%s: what follows it makes it unclean, and is not read", (_, text, body) => {
    const more = read([bytes(`${text}HTTP/1.1 200 OK\r\n\r\npoison`)]);
    expect([more.body, more.clean, more.fault]).toEqual([body, false, null]);
  });
});

describe("where the body ends", () => {
  test("with the connection, if nothing else says", () => {
    const reading = read([bytes("HTTP/1.1 200 OK\r\n\r\nhello"), bytes(" world")]);
    expect([reading.body, reading.closedWell, reading.heads[0]?.persistent]).toEqual([
      "hello world",
      true,
      false,
    ]);
  });

  test("with the head, for HEAD, 204 and 304, whatever the fields say", () => {
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    expect(read([bytes(text)], "HEAD").clean).toBe(true);
    expect(read([bytes(text.replace("200", "304"))]).clean).toBe(true);
    expect(read([bytes(text.replace("200", "204"))]).clean).toBe(true);
  });
});

describe("the connection after it", () => {
  const persists = (fields: string, version = "1.1"): boolean | undefined =>
    read([bytes(`HTTP/${version} 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`)]).heads[0]?.persistent;

  test("is kept in HTTP/1.1 unless it says close, in any case and place", () => {
    expect(persists("")).toBe(true);
    expect(persists("Connection: keep-alive\r\n")).toBe(true);
    expect(persists("Connection: Close\r\n")).toBe(false);
    expect(persists("Connection: x, close\r\n")).toBe(false);
    expect(persists("Connection: x\r\nConnection: close\r\n")).toBe(false);
    expect(persists("Connection: enclosed\r\n")).toBe(true);
    expect(persists("", "1.0")).toBe(false);
  });

  test("is kept as long as Keep-Alive says", () => {
    const head = read([bytes("HTTP/1.1 200 OK\r\nKeep-Alive: max=5, timeout=7\r\nContent-Length: 0\r\n\r\n")])
      .heads[0];
    expect(head?.keepAliveS).toBe(7);
  });
});

describe("limits", () => {
  const head = (bytesInAll: number): string => {
    const start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
    return `${start}${"x".repeat(bytesInAll - start.length)}\r\n\r\n`;
  };
  test("a head of exactly the limit is read, one byte more is not, in one piece or many", () => {
    expect(read([bytes(head(1000))]).clean).toBe(true);
    expect(read([bytes(head(1001))]).fault).toBe("head too large");
    expect(read([...head(1000)].map(bytes)).clean).toBe(true);
    expect(read([...head(1010)].map(bytes)).fault).toBe("head too large");
  });

  test("a head that never ends is not waited for past the limit", () => {
    expect(read([bytes(`HTTP/1.1 200 OK\r\n${"x".repeat(2000)}`)]).fault).toBe("head too large");
  });

  test("a chunk size line and trailers have limits of their own", () => {
    const start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(read([bytes(`${start}5;${"x".repeat(300)}`)]).fault).toBe("chunk size line too long");
    expect(read([bytes(`${start}0\r\nX: ${"x".repeat(2000)}`)]).fault).toBe("trailers too large");
  });
});

describe("what is not by the letter is a fault", () => {
  const start = "HTTP/1.1 200 OK\r\n";
  const chunked = `${start}Transfer-Encoding: chunked\r\n\r\n`;
  const bad: string[] = [
    "HTTP/1.1 200 OK\n\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.1 99 OK\r\n\r\n",
    "HTTP/1.1 600 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n",
    "HTTP/1.1 200OK\r\n\r\n",
    " HTTP/1.1 200 OK\r\n\r\n",
    "\r\nHTTP/1.1 200 OK\r\n\r\n",
    "http/1.1 200 OK\r\n\r\n",
    `${start}X: a\r\n b\r\n\r\n`,
    `${start}: a\r\n\r\n`,
    `${start}X : a\r\n\r\n`,
    `${start}X\r\n\r\n`,
    `${start}X: a\0\r\n\r\n`,
    `${start}X: a\rb\r\n\r\n`,
    `${start}X: a\nb\r\n\r\n`,
    `${start}Content-Length: \r\n\r\n`,
    `${start}Content-Length: 1, 1\r\n\r\nx`,
    `${start}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`,
    `${start}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${start}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `${start}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    `${chunked}x\r\n`,
    `${chunked}-1\r\n`,
    `${chunked}+1\r\n`,
    `${chunked}0x1\r\n`,
    `${chunked} 1\r\n`,
    `${chunked}1 \r\n`,
    `${chunked}\r\n`,
    `${chunked}1\nx\r\n0\r\n\r\n`,
    `${chunked}1\r\nxy\r\n`,
    `${chunked}1\r\nx\n0\r\n\r\n`,
    `${chunked}ffffffffffffff\r\n`,
    `${chunked}0\r\nX\r\n\r\n`,
    `${chunked}0\r\n X: y\r\n\r\n`,
  ];
  test.each(bad)("%j", (text) => {
    const reading = read([bytes(text)]);
    expect([reading.fault !== null || !reading.closedWell, reading.trailers]).toEqual([true, null]);
    const slow = read([...text].map(bytes));
    expect([slow.fault !== null || !slow.closedWell, slow.trailers]).toEqual([true, null]);
  });
});

// A small generator with a seed, so that a failure can be run again.
function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("ten thousand damaged answers: no exception, no fault left unreported, no body longer than announced", () => {
  const random = randomly(20261123);
  const alphabet = "HTTP/1.0 25\r\n:;,abcxX-chunkedContent-LengthTransfer-Encoding\0\t\xff";
  for (let round = 0; round < 10_000; round++) {
    const [, text] = answers[random(answers.length)] as (typeof answers)[number];
    const damaged = [...text];
    for (let times = 1 + random(3); times > 0; times--) {
      const at = random(damaged.length);
      const char = alphabet[random(alphabet.length)] as string;
      if (random(2) === 0) damaged[at] = char;
      else damaged.splice(at, random(2), char);
    }
    const pieces: Buffer[] = [];
    for (let at = 0; at < damaged.length;) {
      const size = 1 + random(30);
      pieces.push(bytes(damaged.slice(at, at + size).join("")));
      at += size;
    }
    const reading = read(pieces);
    const framing = reading.heads.at(-1)?.framing;
    if (framing?.end === "length") expect(reading.body.length).toBeLessThanOrEqual(framing.bytes);
    if (reading.fault !== null) expect(reading.trailers).toBe(null);
  }
});
