// Header fields of an upgrade, as objects because http-proxy-3 wants them so. The rules are those of headers.ts;
// Connection and Upgrade, which never pass otherwise, are written anew for the next hop (RFC 9110 section 7.8).
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { UpgradeExchange } from "../accept/exchange.ts";
import { authorityOf, type TargetAddress } from "./connect.ts";
import {
  hostFor,
  requestHeaders,
  responseHeaders,
  type ForwardingPolicy,
  type HeaderRules,
} from "./headers.ts";

export function upgradeRequestHeaders(
  exchange: UpgradeExchange,
  policy: ForwardingPolicy,
  address: TargetAddress,
): IncomingHttpHeaders {
  const headers: NodeJS.Dict<string | string[]> = {
    host: hostFor(exchange, policy) ?? authorityOf(address),
    connection: "Upgrade",
    upgrade: "websocket",
  };
  const raw = requestHeaders(exchange, policy);
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const before = headers[name];
    const value = raw[i + 1] as string;
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers as IncomingHttpHeaders;
}

export function upgradeAnswerHeaders(
  answer: IncomingMessage,
  exchange: UpgradeExchange,
  rules: HeaderRules | null,
): NodeJS.Dict<string> {
  const headers: NodeJS.Dict<string> = { Connection: "Upgrade", Upgrade: "websocket" };
  const raw = responseHeaders(answer.rawHeaders, exchange, 101, rules);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    // RFC 9110 section 8.6: not in an interim answer.
    if (name.toLowerCase() !== "content-length") headers[name] = raw[i + 1] as string;
  }
  return headers;
}
