/** application/x-www-form-urlencoded, both ways (URL standard, section 5), on flat arrays of names and values. */
import { utf8DecodeWithMark } from "../http/utf8.ts";

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
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const bytes = new Uint8Array(run.length / 3);
    for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(run.slice(i * 3 + 1, i * 3 + 3), 16);
    return utf8DecodeWithMark(bytes);
  });
}

export function serializeUrlEncoded(pairs: readonly string[]): string {
  let text = "";
  for (let i = 0; i < pairs.length; i += 2) {
    text += `${i === 0 ? "" : "&"}${encode(pairs[i]!)}=${encode(pairs[i + 1]!)}`;
  }
  return text;
}

const PLAIN = /^[A-Za-z0-9*\-._]*$/;
const ESCAPES: Record<string, string> = {
  "%20": "+",
  "!": "%21",
  "'": "%27",
  "(": "%28",
  ")": "%29",
  "~": "%7E",
};

function encode(text: string): string {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text).replace(/%20|[!'()~]/g, (found) => ESCAPES[found]!);
}
