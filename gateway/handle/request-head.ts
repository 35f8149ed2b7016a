/** The head of a client's request as the handler gets it: EVENT.start's text. */
import type { Exchange } from "../accept/exchange.ts";
import { Field, fieldOf } from "../accept/field.ts";

/** "METHOD\nURL\nname\nvalue...": names in lower case, no field that concerns only this connection. */
export function requestHead({ method, target, head, connection, requestId }: Exchange): string {
  let text = `${method}\n${connection.scheme}://${head.host ?? "localhost"}${target}`;
  const { fields } = head;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!endsHere(fieldOf(name))) text += `\n${name.toLowerCase()}\n${fields[i + 1] as string}`;
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
