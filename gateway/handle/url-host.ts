/**
 * The host's half of URL: the runtime's own parser, for everything that the platform cannot see to be canonical
 * already. In the arena it would take a quarter of a megabyte of tables (for internationalized host names), which
 * every reset would copy.
 *
 * Bound: URL_LENGTH characters per text; nothing is kept.
 */

/** Longer texts are no URLs here. */
export const URL_LENGTH = 65_536;

export const URL_SETTERS = [
  "href",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;

export type UrlSetter = (typeof URL_SETTERS)[number];

export interface UrlParameters {
  url?: unknown;
  base?: unknown;
  /** Sets one part of `url`. */
  set?: unknown;
  value?: unknown;
}

/** The serialized URL; "" if there is none. */
export function parseUrl({ url, base, set, value }: UrlParameters): string {
  if (typeof url !== "string" || url.length > URL_LENGTH) return "";
  if (base !== undefined && (typeof base !== "string" || base.length > URL_LENGTH)) return "";
  const parsed = URL.parse(url, base);
  if (!parsed) return "";
  if (set !== undefined && !setPart(parsed, set, value)) return "";
  return parsed.href;
}

function setPart(url: URL, set: unknown, value: unknown): boolean {
  const name = URL_SETTERS.find((setter) => setter === set);
  if (!name || typeof value !== "string" || value.length > URL_LENGTH) return false;
  if (name === "href" && !URL.canParse(value)) return false;
  url[name] = value;
  return true;
}
