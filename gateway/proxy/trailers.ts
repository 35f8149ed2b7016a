// Trailer fields of an answer. RFC 9110 section 6.5.1: nothing that frames, routes, authenticates or describes the
// message may stand there, because whoever merges it into the head would be steered after the fact.

const FORBIDDEN = new Set([
  "transfer-encoding",
  "content-length",
  "content-encoding",
  "content-type",
  "content-range",
  "host",
  "trailer",
  "connection",
  "keep-alive",
  "te",
  "upgrade",
  "authorization",
  "cookie",
  "set-cookie",
  "cache-control",
  "expires",
  "date",
  "location",
  "vary",
  "x-request-id",
]);

/** Those that may be sent; flat, as they came. */
export function trailersFor(raw: readonly string[]): readonly string[] {
  if (raw.length === 0) return raw;
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!FORBIDDEN.has(name.toLowerCase())) kept.push(name, raw[i + 1] as string);
  }
  return kept;
}
