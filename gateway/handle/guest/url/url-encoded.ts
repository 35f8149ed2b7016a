/** application/x-www-form-urlencoded, both ways (URL standard, section 5), on flat arrays of names and values. */
import { utf8DecodeWithMark, utf8Encode } from "../http/utf8.ts";

export function parseUrlEncoded(text: string): string[] {
  const pairs: string[] = [];
  if (text === "") return pairs;
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals < 0) pairs.push(decode(part), "");
    else pairs.push(decode(part.slice(0, equals)), decode(part.slice(equals + 1)));
  }
  return pairs;
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return decodeLoosely(spaced);
  }
}

/** What is no percent-encoded byte stays as it is; what is not UTF-8 becomes U+FFFD. */
function decodeLoosely(text: string): string {
  const bytes = utf8Encode(text.toWellFormed());
  let length = bytes.indexOf(PERCENT);
  for (let at = length; at < bytes.length; at++) {
    const value = bytes[at] === PERCENT ? hexPair(bytes, at + 1) : -1;
    bytes[length++] = value < 0 ? bytes[at]! : value;
    if (value >= 0) at += 2;
  }
  return utf8DecodeWithMark(bytes.subarray(0, length));
}

const PERCENT = 0x25;

function hexPair(bytes: Uint8Array, at: number): number {
  const high = hexDigit(bytes[at]);
  return high < 0 ? -1 : hexDigit(bytes[at + 1]) < 0 ? -1 : high * 16 + hexDigit(bytes[at + 1]);
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

export function serializeUrlEncoded(pairs: readonly string[]): string {
  let text = "";
  for (let i = 0; i < pairs.length; i += 2) {
    text += `${i === 0 ? "" : "&"}${encode(pairs[i]!)}=${encode(pairs[i + 1]!)}`;
  }
  return text;
}

const NOT_PLAIN = /[^A-Za-z0-9*\-._]/;
const ESCAPES: Record<string, string> = {
  "%20": "+",
  "!": "%21",
  "'": "%27",
  "(": "%28",
  ")": "%29",
  "~": "%7E",
};

function encode(text: string): string {
  if (!NOT_PLAIN.test(text)) return text;
  return encodeURIComponent(text).replace(/%20|[!'()~]/g, (found) => ESCAPES[found]!);
}
