// Small answers that are complete in memory: refusals, redirects, what a handler returned in one piece.
import { responseHeaders, type HeaderRules } from "../proxy/headers.ts";
import type { Exchange } from "../accept/exchange.ts";
import { STATUS_CODES } from "../shared/node-http.ts";

export interface Reply {
  readonly status: number;
  readonly reason?: string | undefined;
  /** Flat: name, value, name, value ... Framing fields in it are ignored. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | string | null;
}

/** Sends it, or cuts the connection if another answer has begun. False if the client is gone already. */
export function sendReply(exchange: Exchange, reply: Reply, rules: HeaderRules | null = null): boolean {
  const { res, method } = exchange;
  if (res.destroyed || exchange.gone) return false;
  if (res.headersSent) {
    res.destroy();
    return false;
  }
  const body = reply.body ?? "";
  const headers = responseHeaders(withoutLength(reply.headers), exchange, reply.status, rules);
  if (mayHaveBody(reply.status)) headers.push("content-length", String(Buffer.byteLength(body)));
  // With a Content-Length of its own, HEAD gets exactly the head that GET would get (RFC 9110 section 9.3.2).
  res.writeHead(reply.status, reply.reason ?? STATUS_CODES[reply.status] ?? "Unknown", headers);
  if (method === "HEAD" || !mayHaveBody(reply.status) || body.length === 0) res.end();
  else if (typeof body !== "string" && body.length <= ONE_WRITE_BYTES) res.end(asLatin1(body), "latin1");
  else res.end(body);
  return true;
}

/**
 * Up to this size a body is joined to its head in one string, which node writes with one call; a buffer beside the head
 * needs a gathering write that costs three times as much (measured with `npm run bench`). It is a copy: the caller's bytes
 * may change as soon as sendReply returns.
 */
export const ONE_WRITE_BYTES = 16 * 1024;

/** The same bytes as a string: Latin-1 maps each byte to the character of that number. */
function asLatin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** RFC 9110 section 6.4.1. */
function mayHaveBody(status: number): boolean {
  return status !== 204 && status !== 304;
}

export function withoutLength(headers: readonly string[]): readonly string[] {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === "content-length") {
      return [...headers.slice(0, i), ...withoutLength(headers.slice(i + 2))];
    }
  }
  return headers;
}
