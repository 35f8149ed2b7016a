/**
 * URL parsing (URL standard, section 4.4). What is canonical already, as nearly all URLs are that handlers meet, is
 * seen to be so by one regular expression; everything else is parsed by the host (../../url-host.ts).
 */
import { CALL } from "../../abi.ts";
import { host } from "../host.ts";
import { matchesCanonical } from "./canonical.ts";
import { toJson } from "../json.ts";

/**
 * The request's own URL, once somebody has asked for it and if the host has seen that it is canonical; until then
 * something that equals nothing.
 */
export const own: { isCanonical: boolean; url: unknown } = { isCanonical: false, url: {} };

export function isCanonical(url: string): boolean {
  return url === own.url || matchesCanonical(url);
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
  return (host(CALL.crypto, "url", toJson(parameters)) as string) || undefined;
}
