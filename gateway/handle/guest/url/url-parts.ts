/** The parts of a serialized URL (URL standard, section 4.5 read backwards): slices, found when they are asked for. */

export type UrlPart =
  | "protocol"
  | "username"
  | "password"
  | "host"
  | "hostname"
  | "port"
  | "pathname"
  | "search"
  | "hash"
  | "origin";

interface Authority {
  start: number;
  end: number;
}

/** What stands between "//" and the path; empty without "//". */
function authorityOf(href: string): Authority {
  const start = href.indexOf(":") + 1;
  if (!href.startsWith("//", start)) return { start, end: start };
  let end = start + 2;
  for (; end < href.length; end++) {
    const code = href.charCodeAt(end);
    if (code === 0x2f || code === 0x3f || code === 0x23) break;
  }
  return { start: start + 2, end };
}

/** http and https URLs, which always have a host and a path: no walk is needed to find it. */
function isHttp(href: string): boolean {
  if (!href.startsWith("http")) return false;
  const next = href.charCodeAt(4);
  return next === 0x3a || (next === 0x73 && href.charCodeAt(5) === 0x3a);
}

export function pathStart(href: string): number {
  return isHttp(href) ? href.indexOf("/", 8) : authorityOf(href).end;
}

/** Where the path ends; and with it the query, if `from` is where that begins. */
export function pathEnd(href: string, from: number): number {
  const query = href.indexOf("?", from);
  const hash = href.indexOf("#", from);
  if (query < 0) return hash < 0 ? href.length : hash;
  return hash < 0 ? query : Math.min(query, hash);
}

export function hashStart(href: string): number {
  const hash = href.indexOf("#");
  return hash < 0 ? href.length : hash;
}

function credentials(href: string): [string, string] {
  const { start, end } = authorityOf(href);
  const at = href.lastIndexOf("@", end);
  if (at < start) return ["", ""];
  const [username = "", password = ""] = href.slice(start, at).split(":");
  return [username, password];
}

function host(href: string): string {
  const { start, end } = authorityOf(href);
  const at = href.lastIndexOf("@", end);
  return href.slice(at < start ? start : at + 1, end);
}

/** Of a host: after the colon that is not an IPv6 address's. */
function portStart(name: string): number {
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("]") ? colon : name.length;
}

/** What most handlers ask for first, so the usual case is all in one place. */
function pathname(href: string): string {
  if (isHttp(href)) {
    const start = href.indexOf("/", 8);
    const query = href.indexOf("?", start);
    const hash = href.indexOf("#", start);
    if (hash < 0) return query < 0 ? href.slice(start) : href.slice(start, query);
    return href.slice(start, query < 0 || query > hash ? hash : query);
  }
  const start = pathStart(href);
  const path = href.slice(start, pathEnd(href, start));
  // Without a host, a path that begins with "//" is written "/.//", so that it is not taken for one.
  return path.startsWith("/.//") ? path.slice(2) : path;
}

function search(href: string): string {
  const end = hashStart(href);
  const query = href.indexOf("?");
  return query < 0 || query >= end - 1 ? "" : href.slice(query, end);
}

function hash(href: string): string {
  const start = href.indexOf("#");
  return start < 0 || start === href.length - 1 ? "" : href.slice(start);
}

const TUPLE_ORIGIN = /^(?:https?|wss?|ftp):/;

function origin(href: string): string {
  if (TUPLE_ORIGIN.test(href)) return `${href.slice(0, href.indexOf(":"))}://${host(href)}`;
  // A blob's origin is that of the URL inside.
  return /^blob:https?:/.test(href) ? origin(href.slice(5)) : "null";
}

export const PARTS: Record<UrlPart, (href: string) => string> = {
  protocol: (href) => href.slice(0, href.indexOf(":") + 1),
  username: (href) => credentials(href)[0],
  password: (href) => credentials(href)[1],
  host,
  hostname: (href) => {
    const name = host(href);
    return name.slice(0, portStart(name));
  },
  port: (href) => {
    const name = host(href);
    return name.slice(portStart(name) + 1);
  },
  pathname,
  search,
  hash,
  origin,
};
