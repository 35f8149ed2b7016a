/**
 * multipart/form-data from the outside (RFC 7578, RFC 2046 section 5.1.1): one pass over the bytes, looking only at
 * carriage returns, so the time is linear whatever is sent. What does not follow the format is an error and not a
 * guess, because an origin behind us may guess otherwise. Bounds: the body's limit, 1,000 parts, 16 KiB per head.
 */
import { File, blobOver } from "../blob/blob.ts";
import { isToken } from "../http/header-syntax.ts";
import { utf8DecodeWithMark } from "../http/utf8.ts";
import type { FormEntry } from "./form-data.ts";

const PARTS = 1000;
const HEAD_BYTES = 16_384;
const BOUNDARY_LENGTH = 200;
const [CR, LF, DASH, SPACE, TAB] = [13, 10, 45, 32, 9];

class MultipartError extends TypeError {
  constructor(why: string) {
    super(`formData(): the body is not valid multipart/form-data: ${why}`);
  }
}

export function readMultipart(bytes: Uint8Array, boundary: string): FormEntry[] {
  if (boundary === "" || boundary.length > BOUNDARY_LENGTH)
    throw new MultipartError("its boundary is empty or too long");
  const reader = new MultipartReader(bytes, boundary);
  const entries: FormEntry[] = [];
  for (let more = reader.first(); more;) {
    if (entries.length === PARTS) throw new MultipartError(`it has more than ${PARTS} parts`);
    const head = reader.head();
    const content = reader.content();
    entries.push(entryOf(head, content));
    more = reader.afterDelimiter();
  }
  return entries;
}

class MultipartReader {
  #bytes: Uint8Array;
  /** "\r\n--boundary" */
  #delimiter: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array, boundary: string) {
    this.#bytes = bytes;
    this.#delimiter = Uint8Array.from(`\r\n--${boundary}`, (character) => character.charCodeAt(0) & 0xff);
  }

  /** Steps over the first delimiter, which has no line break before it; a preamble is allowed and ignored. */
  first(): boolean {
    if (this.#matches(0, 2)) this.#at = this.#delimiter.length - 2;
    else this.#at = this.#find(0) + this.#delimiter.length;
    return this.afterDelimiter();
  }

  /** After a delimiter: false at the end ("--"), true if a part follows. */
  afterDelimiter(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] === DASH && bytes[this.#at + 1] === DASH) return false;
    while (bytes[this.#at] === SPACE || bytes[this.#at] === TAB) this.#at++;
    if (bytes[this.#at] !== CR || bytes[this.#at + 1] !== LF)
      throw new MultipartError("a boundary does not end its line");
    // The line break stays: a head's lines begin with one, and the empty head's line break is its own.
    return true;
  }

  head(): Map<string, string> {
    const lines = new Map<string, string>();
    const start = this.#at + 2;
    for (;;) {
      const from = this.#at + 2;
      const end = this.#lineEnd(from, start + HEAD_BYTES);
      this.#at = end;
      if (end === from) break;
      addLine(lines, utf8DecodeWithMark(this.#bytes.subarray(from, end)));
    }
    this.#at += 2;
    return lines;
  }

  #lineEnd(from: number, limit: number): number {
    const end = this.#bytes.indexOf(CR, from);
    if (end < 0 || this.#bytes[end + 1] !== LF) throw new MultipartError("a part's head does not end");
    if (end > limit) throw new MultipartError(`a part's head is longer than ${HEAD_BYTES} bytes`);
    return end;
  }

  /** The part's bytes, up to the next delimiter, which is stepped over. */
  content(): Uint8Array {
    const start = this.#at;
    // A part that is all head: the empty line's break is the delimiter's own (RFC 2046's `body-part`).
    const end = this.#find(this.#matches(start - 2, 0) ? start - 2 : start);
    this.#at = end + this.#delimiter.length;
    return this.#bytes.subarray(start, Math.max(start, end));
  }

  #find(from: number): number {
    for (let at = this.#bytes.indexOf(CR, from); at >= 0; at = this.#bytes.indexOf(CR, at + 1)) {
      if (this.#matches(at, 0)) return at;
    }
    throw new MultipartError("its last boundary is missing");
  }

  /** Whether the delimiter, from its index `skip` on, stands at `at`. */
  #matches(at: number, skip: number): boolean {
    const delimiter = this.#delimiter;
    for (let i = skip; i < delimiter.length; i++)
      if (this.#bytes[at + i - skip] !== delimiter[i]) return false;
    return true;
  }
}

function addLine(lines: Map<string, string>, line: string): void {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  if (!isToken(name)) throw new MultipartError("a line in a part's head has no name");
  if (lines.has(name)) throw new MultipartError(`a part's head has ${name} twice`);
  lines.set(name, line.slice(colon + 1).trim());
}

function entryOf(head: Map<string, string>, content: Uint8Array): FormEntry {
  const disposition = head.get("content-disposition") ?? "";
  if (!/^form-data[\t ]*;/i.test(disposition))
    throw new MultipartError("a part has no content-disposition: form-data");
  const parameters = quotedParameters(disposition);
  const name = parameters.get("name");
  if (name === undefined) throw new MultipartError("a part has no name");
  const filename = parameters.get("filename");
  if (filename === undefined) return { name, value: utf8DecodeWithMark(content) };
  const type = head.get("content-type") ?? "text/plain";
  // A copy: the part must not keep the whole body alive, nor share it.
  return { name, value: new File([blobOver(content, "")], filename, { type }) };
}

/** Each alternative starts with another character: nothing to backtrack into. */
const PARAMETER = /;[\t ]*([^=;"\t ]+)[\t ]*=[\t ]*(?:"((?:[^"\\]|\\[^])*)"|([^;"]*))/g;

function quotedParameters(line: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name, quoted, token] of line.matchAll(PARAMETER)) {
    const value = quoted === undefined ? token!.trimEnd() : unescape(quoted);
    if (!parameters.has(name!.toLowerCase())) parameters.set(name!.toLowerCase(), value);
  }
  return parameters;
}

const UNESCAPES: Record<string, string> = { "%0D": "\r", "%0A": "\n", "%22": '"', '\\"': '"' };

function unescape(text: string): string {
  return text.replace(/%0D|%0A|%22|\\"/gi, (found) => UNESCAPES[found.toUpperCase()]!);
}
