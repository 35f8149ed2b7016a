/** The kinds of values that HTTP defines: methods, paths, fields, redirects. */
import { canonicalPath, countElements } from "../admit/path.ts";
import { GatewayError } from "../errors.ts";
import { PREFIX_ELEMENTS } from "../limits.ts";
import { METHODS } from "../shared/node-http.ts";
import type { Kind } from "./key.ts";
import { matching } from "./kinds.ts";
import type { RedirectConfig, WarmRequest } from "./types.ts";

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
/** RFC 9110 section 5.5, ASCII only: what else a field value may hold, nobody agrees on. */
const FIELD_VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]{0,4094}[\x21-\x7e])?$/;

/**
 * Fields that describe the connection or the message's framing, not its content (RFC 9110 section 7.6.1; RFC 9112
 * section 6). A rule that changed one would make the next parser read another message than this one sent.
 */
const FRAMING_FIELDS = new Set(
  (
    "connection content-length expect host keep-alive proxy-authenticate proxy-authorization proxy-connection " +
    "te trailer transfer-encoding upgrade"
  ).split(" "),
);

/** Never forwarded: one would tunnel past admission, the other echoes what it is sent. */
const REFUSED_METHODS = new Set(["CONNECT", "TRACE"]);

export const method: Kind<string> = {
  form: "method",
  expected: "a method in capitals, such as GET (CONNECT and TRACE are never served)",
  read: (raw) =>
    typeof raw === "string" && METHODS.includes(raw) && !REFUSED_METHODS.has(raw) ? raw : undefined,
};

/** For matching: in the form that requests are compared in (admit/path.ts). */
export const matchPath: Kind<string> = {
  form: "path",
  expected: `a path that begins with a slash, without a query, dot segments or characters outside ASCII (percent-encode them), at most ${PREFIX_ELEMENTS} elements deep`,
  read: (raw) => {
    const path = readCanonicalPath(raw);
    return path === undefined || countElements(path) > PREFIX_ELEMENTS ? undefined : path;
  },
};

/** For sending: as it is written. */
export const sentPath: Kind<string> = {
  form: "path",
  expected: "a path that begins with a slash, without a query or dot segments",
  read: (raw) => (readCanonicalPath(raw) === undefined ? undefined : (raw as string)),
};

export const fieldName: Kind<string> = {
  form: "header name",
  expected: "a header name",
  read: (raw) => (typeof raw === "string" && TOKEN.test(raw) ? raw.toLowerCase() : undefined),
};

export const ruleFieldName: Kind<string> = {
  form: "header name",
  expected: "a header name other than those of connection and framing (upstreams.NAME.host sets Host)",
  read: (raw) => {
    const lower = fieldName.read(raw);
    return lower === undefined || FRAMING_FIELDS.has(lower) ? undefined : lower;
  },
};

export const fieldValue = matching(
  "text",
  "text of visible ASCII, with no spaces at its ends (numbers in quotes)",
  FIELD_VALUE,
);

export const cookieName = matching("cookie name", "a cookie name", TOKEN);

const REDIRECTS = [301, 302, 303, 307, 308] as const;

export const redirectStatus: Kind<RedirectConfig["status"]> = {
  form: "301, 302, 303, 307 or 308",
  expected: "301, 302, 303, 307 or 308",
  read: (raw) => REDIRECTS.find((status) => status === raw),
};

export const location: Kind<string> = {
  form: "URL",
  expected: "an http or https URL, or a path that begins with one slash",
  read: (raw) => {
    if (typeof raw !== "string" || !/^[\x21-\x7e]{1,2048}$/.test(raw)) return undefined;
    // "//host" and "/\host" are other sites to a browser.
    if (/^\/(?![/\\])/.test(raw)) return raw;
    return /^https?:\/\//.test(raw) && URL.canParse(raw) ? raw : undefined;
  },
};

export const warmRequest: Kind<WarmRequest> = {
  form: "METHOD /target",
  expected: 'a method and a target, such as "GET /hello/you"',
  read: (raw) => {
    const [, verb, sent] = (typeof raw === "string" && /^([A-Z-]+) (\/[\x21-\x7e]{0,2047})$/.exec(raw)) || [];
    if (verb === undefined || sent === undefined || method.read(verb) === undefined) return undefined;
    return readCanonicalPath(sent.split("?", 1)[0]) === undefined
      ? undefined
      : { method: verb, target: sent };
  },
};

function readCanonicalPath(raw: unknown): string | undefined {
  if (typeof raw !== "string" || raw.includes("?")) return undefined;
  try {
    return canonicalPath(raw);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
