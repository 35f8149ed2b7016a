// Field lines of a head or of trailers, read by the letter (RFC 9112 section 5): no folding, no space before the
// colon, no bare line ends, names that are tokens.

/** One look at everything: controls, and line ends that are not CR LF. */
export const UNCLEAN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 section 8.6; fifteen digits are counted exactly. */
export const LENGTH = /^[0-9]{1,15}$/;

/** Takes fields one by one; what it returns ends the walk. */
export interface FieldTaker<Fault> {
  take(name: string, value: string): Fault | null;
}

/** Hands out the field lines that begin at `start` of a text that is not UNCLEAN. A string says what is wrong. */
export function walkFields<Fault>(text: string, start: number, to: FieldTaker<Fault>): Fault | string | null {
  for (let at = start; at < text.length;) {
    const found = text.indexOf("\r\n", at);
    const end = found < 0 ? text.length : found;
    const colon = text.indexOf(":", at);
    if (colon < 0 || colon > end) return "field line without a colon";
    const name = text.slice(at, colon);
    if (!TOKEN.test(name)) return "invalid field name";
    const fault = to.take(name, withoutSpace(text, colon + 1, end));
    if (fault !== null) return fault;
    at = end + 2;
  }
  return null;
}

/** Trailer fields, flat. A string says what is wrong. */
export function readTrailers(text: string): string[] | string {
  if (text === "") return [];
  if (UNCLEAN.test(text)) return "control character or bare line end in the trailers";
  const fields: string[] = [];
  const take = (name: string, value: string): null => (fields.push(name, value), null);
  return walkFields(text, 0, { take }) ?? fields;
}

// Optional whitespace around a value is not part of it (RFC 9112 section 5.1).
function withoutSpace(text: string, from: number, to: number): string {
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isSpace(char: number): boolean {
  return char === 0x20 || char === 0x09;
}
