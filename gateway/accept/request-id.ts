// The id that a request carries through logs, replies and upstream requests.
import { REQUEST_ID_CHARACTERS } from "../limits.ts";
import { randomHex } from "./random-hex.ts";

// What may go into a log line and a header unescaped. Anything else (quotes, spaces, commas that a joined
// duplicate header leaves behind) is replaced rather than repaired: a wrong id is worse than a new one.
const SANE = /^[A-Za-z0-9._:@=+/-]+$/;

/** The client's x-request-id if it is sane, otherwise a new one. */
export function requestIdFrom(header: string | null): string {
  if (header === null || header.length > REQUEST_ID_CHARACTERS) return randomHex(10);
  return SANE.test(header) ? header : randomHex(10);
}
