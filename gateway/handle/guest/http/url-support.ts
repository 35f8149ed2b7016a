/**
 * URL parsing as far as Request, Response and fetch need it. The engine's URL costs a quarter of a megabyte of
 * image; without that feature, absolute http URLs pass as they are, and the host parses what it is asked to reach.
 */

export interface UrlSupport {
  /** The serialized URL, or undefined if it cannot be parsed. */
  parse(text: string, base?: string): string | undefined;
}

const ABSOLUTE = /^https?:\/\/[^\s/?#\\]/i;
const NOT_IN_URL = /[^\x21-\x7e]+/g;

export const urls: UrlSupport = {
  parse: (text) =>
    ABSOLUTE.test(text) ? text.toWellFormed().replace(NOT_IN_URL, encodeURIComponent) : undefined,
};
