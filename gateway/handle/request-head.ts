/** The head of a client's request as the handler gets it: EVENT.start's text. */
import type { Exchange } from "../accept/exchange.ts";
import { Field, fieldOf } from "../accept/field.ts";

/** "METHOD\nURL\nname\nvalue...": names in lower case, no field that concerns only this connection. */
export function requestHead({ method, target, head, connection, req, requestId }: Exchange): string {
  let text = `${method}\n${connection.scheme}://${head.host ?? "localhost"}${target}`;
  const raw = req.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!endsHere(fieldOf(name))) text += `\n${name.toLowerCase()}\n${raw[i + 1] as string}`;
  }
  return `${text}\nx-request-id\n${requestId}`;
}

/** RFC 9110 section 7.6.1; x-request-id is replaced by the one we accepted or made. */
function endsHere(field: Field): boolean {
  switch (field) {
    case Field.connection:
    case Field.keepAlive:
    case Field.transferEncoding:
    case Field.te:
    case Field.trailer:
    case Field.upgrade:
    case Field.expect:
    case Field.proxy:
    case Field.requestId:
      return true;
    default:
      return false;
  }
}
