/**
 * URL parsing (URL standard, section 4.4). What is canonical already, as nearly all URLs are that handlers meet, is
 * seen to be so by one regular expression; everything else is parsed by the host (../../url-host.ts).
 */
import { CALL } from "../../abi.ts";
import { host } from "../host.ts";

/**
 * http and https URLs that parsing leaves as they are. Not all of them, but none that is not: no credentials; names
 * of plain labels (nothing encoded, nothing that could be a number) or dotted quads; no port that could be the
 * default; no dot segments; only characters that are nowhere percent-encoded. Each character can be matched in one way
 * only, so that the time is linear.
 */
const CANONICAL = new RegExp(
  "^https?://" +
    "(?:(?:[a-z0-9]+(?:-[a-z0-9]+)*\\.)*[a-z][a-z0-9]*(?:-[a-z0-9]+)*" +
    "|(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d))" +
    "(?::(?!80/|443/)(?:[1-9]\\d{0,3}|[1-5]\\d{4}))?" +
    "(?:/(?!\\.\\.?(?:[/?#]|$))[!$&-.0-;=@A-Z[\\]_a-z|~]*(?:%(?!2[eE])[!$&-.0-;=@A-Z[\\]_a-z|~]*)*)+" +
    "(?:\\?[!$-&(-;=?-~]*)?" +
    "(?:#[!#-;=?-_a-~]*)?$",
);

/** Matching takes the engine 27 bytes of memory a character, so long URLs are left to the host. */
const CANONICAL_LENGTH = 2048;

export function isCanonical(url: string): boolean {
  return url.length <= CANONICAL_LENGTH && CANONICAL.test(url);
}

/** The serialized URL; undefined if there is none. Both texts must be well-formed. */
export function parseUrl(url: string, base?: string): string | undefined {
  if (base === undefined) return isCanonical(url) ? url : askHost({ url });
  if (isPath(url) && isCanonical(base)) {
    const whole = base.slice(0, base.indexOf("/", 8)) + url;
    if (isCanonical(whole)) return whole;
  }
  return askHost({ url, base });
}

/** A path that replaces the base's, and cannot be taken for "//host". */
function isPath(url: string): boolean {
  return url.charCodeAt(0) === 0x2f && url.charCodeAt(1) !== 0x2f;
}

/** `url`, which is serialized, with one part set; undefined if that cannot be (only of href). */
export function withPart(url: string, set: string, value: string): string | undefined {
  return askHost({ url, set, value });
}

function askHost(parameters: object): string | undefined {
  return (host(CALL.crypto, "url", JSON.stringify(parameters)) as string) || undefined;
}
