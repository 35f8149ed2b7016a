/**
 * The form of a path that routes are matched on. A request must not get past a route by spelling its path
 * differently, so the spellings that servers behind us may take for one another are taken for one another here:
 *
 *   /%68ello            as /hello      percent-encoded printable ASCII is decoded (RFC 3986 section 6.2.2.2, and
 *                                      reserved characters too, as nginx does and as upstream frameworks do)
 *   //hello, /hello//x  as /hello, /hello/x      runs of slashes count as one
 *   /hello%2Fx, %5Cx    as /hello/x    an encoded slash or backslash separates elements
 *   /x/../hello, /%2e/  refused (400)  clients resolve dot segments before sending (RFC 3986 section 5.2.4); one that
 *   /x/..;/hello        refused        arrives is made by hand. nginx resolves them: refusing leaves nothing to disagree on
 *   /a\b, /a#b, /a%zz, /a%00, controls, bytes above 7E    refused: not a path by RFC 3986 section 3.3
 *
 * %25 is never decoded, so nothing is decoded twice; case matters; `;` parameters are part of their element (a
 * servlet container that strips them must do its own checks). This form is compared and nothing else: what is
 * forwarded, logged and given to handlers is the path as it was sent, because signatures are made over that.
 */
import { GatewayError } from "../errors.ts";

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const HASH = 0x23;

/** Throws ACCEPT_BAD_REQUEST for what is refused. Nearly every path is its own canonical form: one pass, no copy. */
export function canonicalPath(raw: string): string {
  if (raw.charCodeAt(0) !== SLASH) throw refused("does not start with a slash");
  let previous = 0;
  let plain = true;
  for (let index = 0; index < raw.length; index++) {
    const character = raw.charCodeAt(index);
    if (character <= 0x20 || character >= 0x7f)
      throw refused("holds a character that must be percent-encoded");
    if (character === BACKSLASH || character === HASH) throw refused("holds a backslash or #");
    if (character === PERCENT || (previous === SLASH && (character === SLASH || character === DOT)))
      plain = false;
    previous = character;
  }
  return plain ? raw : withoutDotSegments(decode(raw));
}

/** How many elements a canonical path has; a trailing slash adds none. */
export function countElements(canonical: string): number {
  return canonical.split("/").filter((element) => element !== "").length;
}

/**
 * A path as it was sent, with its first `elements` elements replaced by `prefix`. It counts elements exactly as
 * canonicalPath() does, so that what was matched is what is replaced, however it was spelt.
 */
export function replacePrefix(raw: string, elements: number, prefix: string): string {
  let index = 0;
  for (let count = 0; count < elements; count++) index = endOfElement(raw, skipSeparators(raw, index));
  const rest = skipSeparators(raw, index);
  const head = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  return (rest > index ? `${head}/${raw.slice(rest)}` : head) || "/";
}

function decode(raw: string): string {
  let decoded = "";
  for (let index = 0; index < raw.length; index++) {
    const encoded = raw.charCodeAt(index) === PERCENT;
    const text = encoded ? decodeTriplet(raw, index) : raw.charAt(index);
    if (encoded) index += 2;
    if (text !== "/" || !decoded.endsWith("/")) decoded += text;
  }
  return decoded;
}

function decodeTriplet(raw: string, index: number): string {
  const high = hexValue(raw.charCodeAt(index + 1));
  const low = hexValue(raw.charCodeAt(index + 2));
  if (high < 0 || low < 0) throw refused("holds a % that two hexadecimal digits do not follow");
  const byte = high * 16 + low;
  if (byte === 0) throw refused("holds an encoded NUL");
  if (byte === BACKSLASH) return "/";
  if (byte <= 0x20 || byte >= 0x7f || byte === PERCENT) return raw.slice(index, index + 3).toUpperCase();
  return String.fromCharCode(byte);
}

function withoutDotSegments(decoded: string): string {
  for (const element of decoded.split("/")) {
    const name = element.startsWith(".") ? element.split(";", 1)[0] : "";
    if (name === "." || name === "..") throw refused("holds a dot segment");
  }
  return decoded;
}

function skipSeparators(raw: string, start: number): number {
  let index = start;
  for (let width = separatorAt(raw, index); width > 0; width = separatorAt(raw, index)) index += width;
  return index;
}

function endOfElement(raw: string, start: number): number {
  let index = start;
  while (index < raw.length && separatorAt(raw, index) === 0) index++;
  return index;
}

/** How long the separator at this index is: 1 for a slash, 3 for an encoded slash or backslash, 0 for none. */
function separatorAt(raw: string, index: number): 0 | 1 | 3 {
  const character = raw.charCodeAt(index);
  if (character === SLASH) return 1;
  if (character !== PERCENT) return 0;
  const byte = hexValue(raw.charCodeAt(index + 1)) * 16 + hexValue(raw.charCodeAt(index + 2));
  return byte === SLASH || byte === BACKSLASH ? 3 : 0;
}

function hexValue(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const lower = character | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function refused(why: string): GatewayError {
  return new GatewayError("ACCEPT_BAD_REQUEST", `the path ${why}`);
}
