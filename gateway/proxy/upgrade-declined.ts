// An upstream that answers an upgrade request with an ordinary response: it is relayed as one, with back-pressure
// and its own framing, and the connection is closed behind it.
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import type { UpgradeExchange } from "../accept/exchange.ts";
import { GatewayError } from "../errors.ts";
import { ServerResponse } from "../shared/node-http.ts";
import { responseHeaders, type HeaderRules } from "./headers.ts";

export function relayPlainAnswer(
  answer: IncomingMessage,
  exchange: UpgradeExchange,
  rules: HeaderRules | null,
  over: (error: GatewayError | null) => void,
): void {
  const { req, connection } = exchange;
  const status = answer.statusCode ?? 502;
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(connection.socket);
  // node's server did this until the upgrade took the socket out of its hands.
  connection.socket.on("drain", () => res.emit("drain"));
  res.writeHead(status, answer.statusMessage, responseHeaders(answer.rawHeaders, exchange, status, rules));
  pipeline(answer, res, (cause) => {
    // Cut, not closed: a part must not pass for the whole.
    if (cause) connection.socket.destroy();
    else connection.socket.end();
    over(cause ? new GatewayError("PROXY_TRUNCATED", cause.message, { cause }) : null);
  });
}
