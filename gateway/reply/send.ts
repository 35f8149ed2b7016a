// Small answers that are complete in memory: refusals, redirects, what a handler returned in one piece.
import { responseHeaders, type HeaderRules } from "../proxy/headers.ts";
import type { Exchange } from "../accept/exchange.ts";
import { STATUS_CODES } from "../shared/node-http.ts";
import { assert } from "../shared/assert.ts";
import { asLatin1 } from "../shared/latin1.ts";
import { mayHaveBody, ONE_WRITE_BYTES } from "./reply-writer.ts";

export interface Reply {
  readonly status: number;
  readonly reason?: string | undefined;
  /** Flat: name, value, name, value ... Framing fields in it are ignored. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | string | null;
}

/**
 * Sends it, or cuts the connection if another answer has begun. False if the client is gone already. A body of up to
 * ONE_WRITE_BYTES is copied: the caller's bytes may change as soon as this returns.
 */
export function sendReply(exchange: Exchange, reply: Reply, rules: HeaderRules | null = null): boolean {
  const { reply: writer } = exchange;
  if (exchange.closed || writer.closed) return false;
  if (writer.headSent) {
    writer.cut();
    return false;
  }
  const body = typeof reply.body === "string" ? Buffer.from(reply.body) : (reply.body ?? NOTHING);
  const headers = responseHeaders(withoutLength(reply.headers), exchange, reply.status, rules);
  // With a Content-Length of its own, HEAD gets exactly the head that GET would get (RFC 9110 section 9.3.2).
  if (mayHaveBody(reply.status)) headers.push("content-length", String(body.length));
  const reason = reply.reason ?? STATUS_CODES[reply.status] ?? "Unknown";
  assert(writer.writeHead(reply.status, reason, headers), "a reply's fields can be written");
  if (body.length <= ONE_WRITE_BYTES) writer.end(asLatin1(body));
  else {
    writer.write(body);
    writer.end();
  }
  return true;
}

const NOTHING = new Uint8Array(0);

export function withoutLength(headers: readonly string[]): readonly string[] {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === "content-length") {
      return [...headers.slice(0, i), ...withoutLength(headers.slice(i + 2))];
    }
  }
  return headers;
}
