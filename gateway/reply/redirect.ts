/** A route's redirect (Gateway API HTTPRequestRedirectFilter): the parts of the URL that are given replace the request's. */
import type { Exchange } from "../accept/exchange.ts";
import type { RedirectConfig } from "../config/types.ts";
import type { Routable } from "../admit/routes.ts";

export function redirectTo(redirect: RedirectConfig, route: Routable, exchange: Exchange) {
  const location = redirect.location ?? locationOf(redirect, route, exchange);
  return { status: redirect.status, headers: ["location", location], body: null };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

function locationOf(
  { scheme, host, port, path, prefix }: RedirectConfig,
  { match }: Routable,
  exchange: Exchange,
) {
  const { connection, hostName, target } = exchange;
  const toScheme = scheme ?? connection.scheme;
  const authority = exchange.head.host ?? hostName;
  const ownPort = /:(\d+)$/.exec(authority)?.[1];
  const toPort = port ?? (scheme === null && host === null && ownPort ? Number(ownPort) : null);
  const shownPort = toPort === null || toPort === DEFAULT_PORTS[toScheme] ? "" : `:${toPort}`;
  const [, ownPath = "/", query = ""] = /^([^?]*)(\?.*)?$/.exec(target) ?? [];
  let toPath = path ?? ownPath;
  if (prefix !== null && match.path.kind === "prefix") {
    toPath = prefix.replace(/\/$/, "") + ownPath.slice(match.path.value.length) || "/";
  }
  return `${toScheme}://${host ?? hostName}${shownPort}${toPath}${query}`;
}
