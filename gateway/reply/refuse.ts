// Refusals and failures as the client gets to see them: problem documents (RFC 9457) with the code and the request
// id, and nothing of what went on inside.
import type { Duplex } from "node:stream";
import type { Exchange, UpgradeExchange } from "../accept/exchange.ts";
import type { GatewayError } from "../errors.ts";
import { STATUS_CODES } from "../shared/node-http.ts";
import { sendReply } from "./send.ts";

/**
 * Answers with an error. When an answer is under way already there is only one honest thing left to say: the
 * connection is cut, so that a part is not taken for the whole.
 */
export function refuse(exchange: Exchange, error: GatewayError, extra: readonly string[] = []): void {
  const headers = ["content-type", "application/problem+json", "cache-control", "no-store", ...extra];
  if (error.retryAfterS !== undefined) headers.push("retry-after", String(error.retryAfterS));
  sendReply(exchange, { status: error.status, headers, body: problem(error, exchange.requestId) });
}

/** The same as bytes, for a socket that has no response object. The connection ends with it. */
export function rawRefusal(error: GatewayError, requestId: string | null): string {
  const body = problem(error, requestId);
  const lines = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? "Error"}`,
    "content-type: application/problem+json",
    "cache-control: no-store",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    `date: ${new Date().toUTCString()}`,
  ];
  if (requestId !== null) lines.push(`x-request-id: ${requestId}`);
  if (error.retryAfterS !== undefined) lines.push(`retry-after: ${error.retryAfterS}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function problem(error: GatewayError, requestId: string | null): string {
  const { title, status, code } = error;
  return JSON.stringify({
    type: "about:blank",
    title,
    status,
    code,
    ...(requestId === null ? {} : { requestId }),
  });
}

/** Answers an upgrade that will not happen; the connection closes behind it. */
export function refuseUpgrade(upgrade: UpgradeExchange, error: GatewayError): void {
  endStream(upgrade.stream, rawRefusal(error, upgrade.requestId));
}

/** Last words on a stream. Not `end()` alone: the other side could leave its half open for ever. */
export function endStream(stream: Duplex, text: string): void {
  if (stream.destroyed) return;
  stream.on("error", () => {});
  stream.end(text, () => stream.destroy());
}
