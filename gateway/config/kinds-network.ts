/** The kinds of values that are addresses: of sockets, hosts, upstream targets, proxies, Redis. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { UnitError } from "../shared/units.ts";
import type { Kind } from "./key.ts";
import { matching } from "./kinds.ts";
import type { HostPort, HostRule, TargetConfig } from "./types.ts";

/** RFC 1123 section 2.1: letters, digits and hyphens, labels of at most 63. Underscores exist in the wild (Docker). */
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;
export const hostPort: Kind<HostPort> = {
  form: "host:port",
  expected: "host:port, such as 0.0.0.0:8080 or [::]:8080 (port 0: any free one)",
  read: (raw) => (typeof raw === "string" ? readHostPort(raw) : undefined),
};

export const target: Kind<TargetConfig> = {
  form: "URL",
  expected: "http://host[:port], https://host[:port] or unix:/path, with nothing after it",
  read: (raw) =>
    typeof raw !== "string" ? undefined : raw.startsWith("unix:") ? readUnixTarget(raw) : readTcpTarget(raw),
};

export const hostRule: Kind<HostRule> = {
  form: "keep, target or a host",
  expected: "keep, target or a host name with or without a port",
  read: (raw) => {
    if (raw === "keep" || raw === "target") return { kind: raw };
    return typeof raw === "string" && isHostField(raw) ? { kind: "literal", value: raw } : undefined;
  },
};

export const hostName = matching("host name", "a host name", HOST_NAME);

export const hostField: Kind<string> = {
  form: "host",
  expected: "a host name with or without a port",
  read: (raw) => (typeof raw === "string" && isHostField(raw) ? raw : undefined),
};

/** For `match.hosts`: lower case, no port. */
export const hostPattern: Kind<string> = {
  form: "host name",
  expected: "a host name without a port, or *. and a host name",
  read: (raw) => {
    if (typeof raw !== "string") return undefined;
    return HOST_NAME.test(raw.startsWith("*.") ? raw.slice(2) : raw) ? raw.toLowerCase() : undefined;
  },
};

/** An address alone is itself and nothing else. The result is always a range: `10.0.0.7/32`. */
export const addressRange: Kind<string> = {
  form: "CIDR",
  expected: "an IP address or a range such as 10.0.0.0/8",
  read: (raw) => {
    if (typeof raw !== "string") return undefined;
    const [address = "", bits, ...more] = raw.split("/");
    if (more.length > 0 || isIP(address) === 0) return undefined;
    const widest = isIP(address) === 4 ? 32 : 128;
    const range = `${address}/${bits ?? widest}`;
    return /^\d+\/\d{1,3}$/.test(`0/${bits ?? widest}`) && ipaddr.isValidCIDR(range) ? range : undefined;
  },
};

const REDIS_SCHEMES = [
  "redis:",
  "rediss:",
  "redis+sentinel:",
  "rediss+sentinel:",
  "redis+cluster:",
  "rediss+cluster:",
];

/** Several hosts (`redis+cluster://a:6379,b:6379`) are no URL by the standard, so the hosts are looked at one by one. */
export const redisUrl: Kind<string> = {
  form: "URL",
  expected: `a URL with one of the schemes ${REDIS_SCHEMES.map((scheme) => scheme.slice(0, -1)).join(", ")}`,
  read: (raw) => {
    const [, scheme, userinfo = "", hosts = "", rest = ""] =
      (typeof raw === "string" && /^([a-z+]+:)\/\/([^@/?#\s]*@)?([^@/?#\s]+)(\/[^?#\s]*)?$/.exec(raw)) || [];
    if (scheme === undefined || !REDIS_SCHEMES.includes(scheme)) return undefined;
    const each = hosts.split(",").map((host) => `redis://${userinfo}${host}${rest}`);
    const plural = scheme.includes("+") || each.length === 1;
    return plural && each.every((url) => URL.canParse(url)) ? (raw as string) : undefined;
  },
};

function readHostPort(raw: string): HostPort | undefined {
  const [, ipv6, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(raw) ?? [];
  const host = ipv6 ?? name ?? "";
  const port = Number(digits);
  const known = ipv6 === undefined ? HOST_NAME.test(host) : isIP(host) === 6;
  return known && port <= 65535 ? { host, port } : undefined;
}

/** A Host field: port optional, never 0. */
function isHostField(raw: string): boolean {
  const withPort = /:\d+$/.test(raw) && !raw.endsWith("]") ? raw : `${raw}:80`;
  return (readHostPort(withPort)?.port ?? 0) > 0;
}

function readUnixTarget(raw: string): TargetConfig | undefined {
  const socketPath = raw.slice("unix:".length);
  // sockaddr_un.sun_path holds 108 bytes with its final NUL (unix(7)); longer names fail at connect, not here.
  if (!/^\/[\x21-\x7e]+$/.test(socketPath)) return undefined;
  if (Buffer.byteLength(socketPath) > 107) throw new UnitError("the socket's path is longer than 107 bytes");
  return { url: raw, protocol: "unix", socketPath };
}

function readTcpTarget(raw: string): TargetConfig | undefined {
  const [, protocol, authority] = /^(https?):\/\/([^/?#@\s]+)\/?$/.exec(raw) ?? [];
  if (authority === undefined || !isHostField(authority)) return undefined;
  const defaultPort = protocol === "https" ? 443 : 80;
  const address =
    /:\d+$/.test(authority) && !authority.endsWith("]") ? authority : `${authority}:${defaultPort}`;
  const { host, port } = readHostPort(address) as HostPort;
  return { url: raw.replace(/\/$/, ""), protocol: protocol as "http" | "https", host, port };
}
