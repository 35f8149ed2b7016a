// The grammar of a Host header (RFC 9110 section 7.2, RFC 3986 section 3.2): uri-host [ ":" port ], no userinfo.
// Two parsers that disagree about where the host ends route the same request to two places.

const REG_NAME = /^[A-Za-z0-9._~!$&'()*+,;=%-]+(:[0-9]{0,5})?$/;
const IP_LITERAL = /^\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{0,5})?$/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

export function isHost(value: string): boolean {
  if (value.charCodeAt(0) === 0x5b /* [ */) return IP_LITERAL.test(value);
  return REG_NAME.test(value) && !BAD_ESCAPE.test(value);
}

/** The host without its port, lower case: what routes are matched by. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(":");
  const bracket = host.lastIndexOf("]");
  return (colon > bracket ? host.slice(0, colon) : host).toLowerCase();
}
