// An upstream that answers an upgrade request with an ordinary response: it is relayed as one, with back-pressure
// and its own framing, and the connection is closed behind it.
import type { IncomingMessage } from "node:http";
import { finished } from "node:stream";
import type { UpgradeExchange } from "../accept/exchange.ts";
import { GatewayError } from "../errors.ts";
import { ReplyWriter } from "../reply/reply-writer.ts";
import { responseHeaders, type HeaderRules } from "./headers.ts";

export function relayPlainAnswer(
  answer: IncomingMessage,
  exchange: UpgradeExchange,
  rules: HeaderRules | null,
  over: (error: GatewayError | null) => void,
): void {
  const { stream, head } = exchange;
  const status = answer.statusCode ?? 502;
  const options = { version: head.version, headOnly: false, keepAlive: false, keepAliveFields: "" };
  const reply = new ReplyWriter(stream, options, () => stream.end());
  const end = (cause?: Error | null): void => {
    // Cut, not closed: a part must not pass for the whole.
    if (cause) reply.cut();
    else reply.end();
    over(cause ? new GatewayError("PROXY_TRUNCATED", cause.message, { cause }) : null);
  };
  const headers = responseHeaders(answer.rawHeaders, exchange, status, rules);
  if (!reply.writeHead(status, answer.statusMessage ?? "", headers))
    return end(new Error("its head cannot be written"));
  reply.flush();
  stream.on("drain", () => answer.resume());
  stream.once("close", () => answer.destroy());
  answer.on("data", (chunk: Buffer) => void (reply.write(chunk) || answer.pause()));
  finished(answer, { writable: false }, end);
}
