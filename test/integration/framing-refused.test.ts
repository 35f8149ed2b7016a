// What two parsers could read differently is refused before a byte of it reaches an upstream. Raw bytes, one case
// per rule, each with the section that makes it one. Behind every case waits a second request: were the case read
// in another way than we read it, that request would show up at the origin.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ask, RawClient } from "../support/raw-client.ts";
import { RawOrigin } from "../support/raw-origin.ts";
import { SmallGateway } from "../support/small-gateway.ts";
import { statusOf } from "../support/wire.ts";

let origin: RawOrigin;
let gateway: SmallGateway;

beforeAll(async () => {
  origin = await RawOrigin.start();
  gateway = await SmallGateway.start({ targets: [origin.url] });
});
// A connection to the origin lies ready, so that whatever slips through is there at once.
beforeEach(async () => {
  expect(statusOf(await ask(gateway.port, "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n"))).toBe(200);
});
afterAll(async () => {
  await gateway.stop();
  await origin.stop();
});

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

interface Case {
  readonly name: string;
  readonly section: string;
  readonly bytes: string;
  readonly status?: number;
}

const post = (fields: string, body = ""): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
const get = (line: string, fields = "Host: a"): string => `${line}\r\n${fields}\r\n\r\n`;

const heads: readonly Case[] = [
  {
    name: "Content-Length beside Transfer-Encoding",
    section: "RFC 9112 6.1",
    bytes: post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
  },
  {
    name: "Transfer-Encoding beside Content-Length",
    section: "RFC 9112 6.1",
    bytes: post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
  },
  {
    name: "two different Content-Lengths",
    section: "RFC 9112 6.3",
    bytes: post("Content-Length: 5\r\nContent-Length: 6", "hello"),
  },
  {
    name: "two equal Content-Lengths",
    section: "RFC 9112 6.3",
    bytes: post("Content-Length: 5\r\nContent-Length: 5", "hello"),
  },
  {
    name: "a list of Content-Lengths",
    section: "RFC 9110 8.6",
    bytes: post("Content-Length: 5, 5", "hello"),
  },
  { name: "a signed Content-Length", section: "RFC 9110 8.6", bytes: post("Content-Length: +5", "hello") },
  { name: "a negative Content-Length", section: "RFC 9110 8.6", bytes: post("Content-Length: -5", "hello") },
  {
    name: "a hexadecimal Content-Length",
    section: "RFC 9110 8.6",
    bytes: post("Content-Length: 0x5", "hello"),
  },
  { name: "an empty Content-Length", section: "RFC 9110 8.6", bytes: post("Content-Length: ", "hello") },
  {
    name: "a Content-Length with a space in it",
    section: "RFC 9110 8.6",
    bytes: post("Content-Length: 5 5", "hello"),
  },
  {
    name: "a Content-Length past 64 bits",
    section: "RFC 9110 8.6",
    bytes: post("Content-Length: 18446744073709551621", "hello"),
  },
  {
    name: "a Content-Length past what we count exactly",
    section: "RFC 9110 8.6",
    bytes: post("Content-Length: 9999999999999999", "hello"),
  },
  {
    name: "an unknown transfer coding",
    section: "RFC 9112 6.1",
    bytes: post("Transfer-Encoding: gzip", "hello"),
  },
  { name: "identity", section: "RFC 9112 6.1", bytes: post("Transfer-Encoding: identity", "hello") },
  {
    name: "chunked under another coding",
    section: "RFC 9112 6.1",
    bytes: post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
  },
  {
    name: "chunked not last",
    section: "RFC 9112 6.3",
    bytes: post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n"),
  },
  {
    name: "chunked twice",
    section: "RFC 9112 7",
    bytes: post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"),
  },
  {
    name: "two Transfer-Encoding fields",
    section: "RFC 9112 6.1",
    bytes: post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
  },
  {
    name: "chunked behind a vertical tab",
    section: "RFC 9110 5.5",
    bytes: post("Transfer-Encoding: \x0bchunked", "0\r\n\r\n"),
  },
  {
    name: "chunked in quotes",
    section: "RFC 9112 6.1",
    bytes: post('Transfer-Encoding: "chunked"', "0\r\n\r\n"),
  },
  {
    name: "something that begins with chunked",
    section: "RFC 9112 6.1",
    bytes: post("Transfer-Encoding: chunkedx", "0\r\n\r\n"),
  },
  {
    name: "an empty Transfer-Encoding",
    section: "RFC 9112 6.1",
    bytes: post("Transfer-Encoding:", "0\r\n\r\n"),
  },
  {
    name: "a space before the colon",
    section: "RFC 9112 5.1",
    bytes: post("Transfer-Encoding : chunked", "0\r\n\r\n"),
  },
  { name: "a tab before the colon", section: "RFC 9112 5.1", bytes: post("Content-Length\t: 5", "hello") },
  { name: "a folded field", section: "RFC 9112 5.2", bytes: post("X-A: b\r\n c", "") },
  {
    name: "a folded Transfer-Encoding",
    section: "RFC 9112 5.2",
    bytes: post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
  },
  {
    name: "whitespace before the first field",
    section: "RFC 9112 2.2",
    bytes: "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
  },
  { name: "a field line without a colon", section: "RFC 9112 5", bytes: post("nonsense") },
  { name: "a field without a name", section: "RFC 9110 5.1", bytes: post(": value") },
  { name: "a field name with a space in it", section: "RFC 9110 5.1", bytes: post("X A: b") },
  { name: "a field name with a parenthesis", section: "RFC 9110 5.1", bytes: post("X(A): b") },
  { name: "a NUL in a value", section: "RFC 9110 5.5", bytes: post("X-A: b\0c") },
  { name: "a control character in a value", section: "RFC 9110 5.5", bytes: post("X-A: b\x01c") },
  { name: "DEL in a value", section: "RFC 9110 5.5", bytes: post("X-A: b\x7fc") },
  {
    name: "a bare CR in a value",
    section: "RFC 9112 2.2",
    bytes: post("X-A: b\rContent-Length: 5", "hello"),
  },
  {
    name: "a bare LF after a field",
    section: "RFC 9112 2.2",
    bytes: "GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n",
  },
  {
    name: "a bare LF after the request line",
    section: "RFC 9112 2.2",
    bytes: "GET / HTTP/1.1\nHost: a\r\n\r\n",
  },
  { name: "bare LFs throughout", section: "RFC 9112 2.2", bytes: "GET / HTTP/1.1\nHost: a\n\n" },
  {
    name: "two spaces before the target",
    section: "RFC 9112 3",
    bytes: "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
  },
  {
    name: "a tab instead of a space",
    section: "RFC 9112 3",
    bytes: "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
  },
  { name: "a space after the version", section: "RFC 9112 3", bytes: get("GET / HTTP/1.1 ") },
  { name: "a version in lower case", section: "RFC 9112 2.3", bytes: get("GET / http/1.1") },
  {
    name: "something other than an empty line before the request line",
    section: "RFC 9112 2.2",
    bytes: " \r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
  },
  {
    name: "a bare CR after the request line",
    section: "RFC 9112 2.2",
    bytes: "GET / HTTP/1.1\rHost: a\r\n\r\n",
  },
  { name: "CR LF CR and another byte", section: "RFC 9112 2.2", bytes: "GET / HTTP/1.1\r\nHost: a\r\n\rX" },
  { name: "no Host", section: "RFC 9112 3.2", bytes: "GET / HTTP/1.1\r\nX-A: b\r\n\r\n" },
  { name: "two Hosts", section: "RFC 9112 3.2", bytes: get("GET / HTTP/1.1", "Host: a\r\nHost: b") },
  { name: "two equal Hosts", section: "RFC 9112 3.2", bytes: get("GET / HTTP/1.1", "Host: a\r\nHost: a") },
  { name: "an empty Host", section: "RFC 9110 4.2.1", bytes: get("GET / HTTP/1.1", "Host:") },
  { name: "a Host with userinfo", section: "RFC 9110 4.2.4", bytes: get("GET / HTTP/1.1", "Host: user@a") },
  { name: "a Host with a path", section: "RFC 9110 7.2", bytes: get("GET / HTTP/1.1", "Host: a/b") },
  { name: "a Host with a space", section: "RFC 9110 7.2", bytes: get("GET / HTTP/1.1", "Host: a b") },
  { name: "a Host that is a list", section: "RFC 9110 7.2", bytes: get("GET / HTTP/1.1", "Host: a\\b") },
  { name: "a Host with two ports", section: "RFC 9110 7.2", bytes: get("GET / HTTP/1.1", "Host: a:80:81") },
  {
    name: "a Host with a port that is no number",
    section: "RFC 9110 7.2",
    bytes: get("GET / HTTP/1.1", "Host: a:http"),
  },
  {
    name: "a Host with a broken escape",
    section: "RFC 3986 2.1",
    bytes: get("GET / HTTP/1.1", "Host: a%zz"),
  },
  {
    name: "an absolute target for another host",
    section: "RFC 9112 3.2.2",
    bytes: get("GET http://b/ HTTP/1.1"),
  },
  {
    name: "an absolute target with userinfo",
    section: "RFC 9110 4.2.4",
    bytes: get("GET http://u@a/ HTTP/1.1"),
  },
  {
    name: "an absolute target of another scheme",
    section: "RFC 9112 3.2.2",
    bytes: get("GET ftp://a/ HTTP/1.1"),
  },
  { name: "asterisk-form", section: "RFC 9112 3.2.4", bytes: get("OPTIONS * HTTP/1.1") },
  { name: "authority-form outside CONNECT", section: "RFC 9112 3.2.3", bytes: get("GET a:80 HTTP/1.1") },
  { name: "a target without a slash", section: "RFC 9112 3.2.1", bytes: get("GET a HTTP/1.1") },
  { name: "a fragment in the target", section: "RFC 9112 3.2", bytes: get("GET /a#b HTTP/1.1") },
  { name: "a space in the target", section: "RFC 9112 3.2", bytes: get("GET /a b HTTP/1.1") },
  { name: "a tab in the target", section: "RFC 9112 3.2", bytes: get("GET /a\tb HTTP/1.1") },
  { name: "a control character in the target", section: "RFC 9112 3.2", bytes: get("GET /a\x01b HTTP/1.1") },
  { name: "bytes above ASCII in the target", section: "RFC 9112 3.2", bytes: get("GET /\xc3\xa4 HTTP/1.1") },
  { name: "no target", section: "RFC 9112 3", bytes: get("GET HTTP/1.1") },
  { name: "a lower-case method", section: "RFC 9110 9.1", bytes: get("get / HTTP/1.1") },
  { name: "a method nobody knows", section: "RFC 9110 9.1", bytes: get("BREW / HTTP/1.1") },
  { name: "a method with a colon", section: "RFC 9110 9.1", bytes: get("GE:T / HTTP/1.1") },
  { name: "TRACE", section: "RFC 9110 9.3.8", bytes: get("TRACE / HTTP/1.1"), status: 501 },
  { name: "CONNECT", section: "RFC 9110 9.3.6", bytes: get("CONNECT a:80 HTTP/1.1"), status: 501 },
  { name: "HTTP/1.2", section: "RFC 9112 2.3", bytes: get("GET / HTTP/1.2"), status: 505 },
  { name: "HTTP/2.0", section: "RFC 9112 2.3", bytes: get("GET / HTTP/2.0"), status: 505 },
  { name: "HTTP/0.9 with a version", section: "RFC 9112 2.3", bytes: get("GET / HTTP/0.9"), status: 505 },
  { name: "HTTP/1.10", section: "RFC 9112 2.3", bytes: get("GET / HTTP/1.10"), status: 505 },
  { name: "another protocol", section: "RFC 9112 2.3", bytes: get("GET / HTTPS/1.1") },
  { name: "no version", section: "RFC 9112 3", bytes: get("GET /"), status: 505 },
  {
    name: "Transfer-Encoding in HTTP/1.0",
    section: "RFC 9112 6.1",
    bytes: "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  },
  {
    name: "an expectation nobody can meet",
    section: "RFC 9110 10.1.1",
    bytes: post("Expect: miracles\r\nContent-Length: 0"),
    status: 417,
  },
  {
    name: "a Connection field that is no list of tokens",
    section: "RFC 9110 7.6.1",
    bytes: post("Connection: a b"),
  },
  {
    name: "a target longer than allowed",
    section: "RFC 9112 3",
    bytes: get(`GET /${"a".repeat(8192)} HTTP/1.1`),
    status: 414,
  },
  {
    name: "more fields than allowed",
    section: "RFC 9110 5.4",
    bytes: get("GET / HTTP/1.1", `Host: a\r\n${"a: b\r\n".repeat(99)}c: d`),
    status: 431,
  },
  {
    name: "a head longer than allowed",
    section: "RFC 9110 5.4",
    bytes: get("GET / HTTP/1.1", `Host: a\r\nX-A: ${"a".repeat(17_000)}`),
    status: 431,
  },
];

const seen = (): string => origin.received.join("");

describe("a head that two parsers could read differently never reaches the origin", () => {
  test.each(heads)("$name ($section)", async ({ bytes, status }) => {
    const before = seen().length;
    const client = await RawClient.connect(gateway.port);
    client.send(bytes + SMUGGLED);
    const answer = await client.response();
    expect(statusOf(answer)).toBe(status ?? 400);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ status: status ?? 400, type: "about:blank" });
    expect(await client.closed).toBeDefined();
    expect(client.wire.unread).toBe("");
    expect(seen().slice(before)).toBe("");
  });
});

const chunked = (body: string): string => post("Transfer-Encoding: chunked", body);

const bodies: readonly Case[] = [
  {
    name: "a chunk size that is no number",
    section: "RFC 9112 7.1",
    bytes: chunked("x\r\nhello\r\n0\r\n\r\n"),
  },
  { name: "a negative chunk size", section: "RFC 9112 7.1", bytes: chunked("-5\r\nhello\r\n0\r\n\r\n") },
  { name: "a signed chunk size", section: "RFC 9112 7.1", bytes: chunked("+5\r\nhello\r\n0\r\n\r\n") },
  { name: "a chunk size with 0x", section: "RFC 9112 7.1", bytes: chunked("0x5\r\nhello\r\n0\r\n\r\n") },
  {
    name: "a chunk size past 64 bits",
    section: "RFC 9112 7.1",
    bytes: chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"),
  },
  { name: "no chunk size", section: "RFC 9112 7.1", bytes: chunked("\r\nhello\r\n0\r\n\r\n") },
  {
    name: "a chunk extension without a name",
    section: "RFC 9112 7.1.1",
    bytes: chunked("5;=b\r\nhello\r\n0\r\n\r\n"),
  },
  {
    name: "a chunk longer than its size",
    section: "RFC 9112 7.1",
    bytes: chunked("5\r\nhelloX\r\n0\r\n\r\n"),
  },
  {
    name: "a chunk that ends in a bare LF",
    section: "RFC 9112 7.1",
    bytes: chunked("5\r\nhello\n0\r\n\r\n"),
  },
  {
    name: "a chunk that ends in a bare CR",
    section: "RFC 9112 7.1",
    bytes: chunked("5\r\nhello\r0\r\n\r\n"),
  },
  {
    name: "a size line that ends in a bare LF",
    section: "RFC 9112 7.1",
    bytes: chunked("5\nhello\r\n0\r\n\r\n"),
  },
  {
    name: "a size line that ends in a bare CR",
    section: "RFC 9112 7.1",
    bytes: chunked("5\rhello\r\n0\r\n\r\n"),
  },
  {
    name: "a space before the chunk size",
    section: "RFC 9112 7.1",
    bytes: chunked(" 5\r\nhello\r\n0\r\n\r\n"),
  },
  {
    name: "a space after the chunk size",
    section: "RFC 9112 7.1",
    bytes: chunked("5 \r\nhello\r\n0\r\n\r\n"),
  },
  {
    name: "a control character in a chunk extension",
    section: "RFC 9112 7.1.1",
    bytes: chunked("5;a\x01=b\r\nhello\r\n0\r\n\r\n"),
  },
  {
    name: "a chunk extension with a bare LF",
    section: "RFC 9112 7.1.1",
    bytes: chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"),
  },
  {
    name: "a chunk extension with a bare CR",
    section: "RFC 9112 7.1.1",
    bytes: chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"),
  },
  {
    name: "a chunk extension with an open quote",
    section: "RFC 9112 7.1.1",
    bytes: chunked('5;a="b\r\nhello\r\n0\r\n\r\n'),
  },
  { name: "a folded trailer", section: "RFC 9112 5.2", bytes: chunked("0\r\nX-A: b\r\n c\r\n\r\n") },
  {
    name: "a Content-Length among the trailers",
    section: "RFC 9110 6.5.1",
    bytes: chunked("0\r\nContent-Length: 5\r\n\r\n"),
  },
  { name: "a trailer without a colon", section: "RFC 9112 5", bytes: chunked("0\r\nnonsense\r\n\r\n") },
  { name: "a last chunk that ends in a bare LF", section: "RFC 9112 7.1", bytes: chunked("0\n\r\n") },
  { name: "trailers that end in a bare LF", section: "RFC 9112 7.1", bytes: chunked("0\r\nX-A: b\n\r\n") },
];

describe("a body that two parsers could end differently is never complete at the origin", () => {
  test.each(bodies)("$name ($section)", async ({ bytes }) => {
    const complete = origin.requests.length;
    const before = seen().length;
    const client = await RawClient.connect(gateway.port);
    client.send(bytes + SMUGGLED);
    const answer = await client.response();
    expect(statusOf(answer)).toBe(400);
    expect(await client.closed).toBeDefined();
    expect(client.wire.unread).toBe("");
    expect(origin.requests.length).toBe(complete);
    expect(origin.faults).toEqual([]);
    expect(seen().slice(before)).not.toContain("/smuggled");
  });
});

test("nothing of the corpus is left running", async () => {
  expect(gateway.active).toBe(0);
  expect(gateway.upstream.stats()[0]).toMatchObject({ running: 0, waiting: 0 });
});
