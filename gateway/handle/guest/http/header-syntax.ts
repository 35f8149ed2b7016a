/**
 * What a header's name and value may be (Fetch standard, section 2.2.2). Control characters, which the standard
 * lets through and HTTP/1.1 does not (RFC 9110 section 5.5), are refused here, where the author sees the line.
 *
 * A regular expression costs the engine half a microsecond and handlers use the same few headers over and over, so
 * what has been checked is remembered. The memory is the arena's; bounds: 64 names, 64 values of at most 64
 * characters; when full, the rest is checked anew each time. Warm requests fill it once for all.
 *
 * The expressions look for what is wrong: matching what is right takes the engine 27 bytes of memory a character.
 */
import { trimHttp } from "./trim.ts";
import { toJson } from "../json.ts";

const NOT_IN_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const REMEMBERED = 64;
const REMEMBERED_LENGTH = 64;
export const knownNames = new Map<string, string>();
export const knownValues = new Map<string, string>();
// What nearly every handler says, whether it is warmed or not.
for (const name of ["content-type", "Content-Type", "cache-control", "location"])
  knownNames.set(name, name.toLowerCase());
for (const value of ["text/plain", "text/html", "text/html; charset=utf-8", "application/json", "no-store"])
  knownValues.set(value, value);

/** Whether a text is a token (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  return text !== "" && !NOT_IN_NAME.test(text);
}

/** Whether a text may stand in a field's value or a reason phrase. */
export function isFieldText(text: string): boolean {
  return !NOT_IN_VALUE.test(text);
}

/** Lower case, checked. */
export function headerName(input: unknown): string {
  const known = knownNames.get(input as string);
  if (known !== undefined) return known;
  const name = `${input as string}`;
  if (!isToken(name)) throw new TypeError(`Header name ${quote(name)} is not valid`);
  const lower = name.toLowerCase();
  if (knownNames.size < REMEMBERED && name.length <= REMEMBERED_LENGTH) knownNames.set(name, lower);
  return lower;
}

/** Without white space at its ends, checked. */
export function headerValue(input: unknown, name: string): string {
  const known = knownValues.get(input as string);
  if (known !== undefined) return known;
  const text = `${input as string}`;
  const value = trimHttp(text);
  if (!isFieldText(value))
    throw new TypeError(`Header value of ${quote(name)} is not valid: ${quote(value)}`);
  if (knownValues.size < REMEMBERED && text.length <= REMEMBERED_LENGTH) knownValues.set(text, value);
  return value;
}

function quote(text: string): string {
  return toJson(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
