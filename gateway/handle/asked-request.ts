/** A request as a handler asks for it, before anybody knows where it goes. */
import type { Exchange } from "../accept/exchange.ts";
import { faultOfFields } from "../proxy/headers.ts";
import { ExpectedError } from "../shared/expected-error.ts";

/** Something about a request that the handler's author can put right; the text is for the author. */
export class RequestFault extends ExpectedError {}

export interface AskedRequest {
  readonly method: string;
  readonly url: URL;
  /** Names and values in turn. */
  readonly headers: string[];
}

/** `head`: "METHOD\nURL\nname\nvalue..."; a path alone is relative to the client's request. Throws RequestFault. */
export function askedRequest(head: string, exchange: Exchange): AskedRequest {
  const [method = "", address = "", ...headers] = head.split("\n");
  const fault = faultOfFields(headers);
  if (fault) throw new RequestFault(fault);
  const url = URL.parse(address) ?? relativeTo(exchange, address);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new RequestFault(`${JSON.stringify(address.slice(0, 200))} is not an http(s) URL`);
  }
  return { method, url, headers };
}

function relativeTo({ connection, head, target }: Exchange, address: string): URL | null {
  const own = `${connection.scheme}://${head.host ?? "localhost"}${target}`;
  return URL.parse(address, URL.canParse(own) ? own : "http://localhost/");
}
