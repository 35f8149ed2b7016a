/** The routes, from what the schema read to what the gateway uses. */
import type { RouteMatch } from "../admit/routes.ts";
import { mapNamed } from "./build.ts";
import type { FileResolver } from "./build.ts";
import type { ParsedConfig } from "./schema.ts";
import type {
  HandlerConfig,
  HeaderRules,
  RedirectConfig,
  RouteConfig,
  RouteLimits,
  RouteTimeouts,
  SlotShare,
  StickyConfig,
  WeightedUpstream,
} from "./types.ts";

type ParsedRoute = ParsedConfig["routes"][number];

export function buildRoutes(parsed: ParsedConfig, toFile: FileResolver): RouteConfig[] {
  const taken = new Set(parsed.routes.flatMap(({ name }) => name ?? []));
  return parsed.routes.map((route) => {
    const match = buildMatch(route.match);
    return buildRoute(route, route.name ?? freeName(describeMatch(match), taken), match, toFile);
  });
}

function buildRoute(route: ParsedRoute, name: string, match: RouteMatch, toFile: FileResolver): RouteConfig {
  return {
    name,
    match,
    handler: buildHandler(route, toFile),
    upstreams: buildWeights(route),
    limits: buildLimits(route.limits),
    slots: buildShare(route.slots),
    rewrite: route.rewrite === undefined ? null : { prefix: route.rewrite.prefix ?? "/" },
    redirect: buildRedirect(route.redirect),
    requestHeaders: buildRules(route.requestHeaders),
    responseHeaders: buildRules(route.responseHeaders),
    upgrade: route.upgrade,
    sticky: buildSticky(route.sticky),
    timeouts: buildTimeouts(route.timeouts),
  };
}

function buildMatch({ path, methods, hosts, headers, query }: ParsedRoute["match"]): RouteMatch {
  const pairs = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => ({ name, value }));
  return {
    path:
      path?.exact === undefined
        ? { kind: "prefix", value: asPrefix(path?.prefix) }
        : { kind: "exact", value: path.exact },
    methods: [...new Set(methods)],
    hosts: [...new Set(hosts)],
    headers: pairs(headers).map(({ name, value }) => ({ name: name.toLowerCase(), value })),
    query: pairs(query),
  };
}

/** `/a/` covers what `/a` covers (HTTPRoute), and `/` is the prefix of no elements. */
function asPrefix(path = "/"): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** `GET,HEAD example.com/hello/*`: readable in a log, and bounded because it becomes a metric's label. */
function describeMatch({ path, methods, hosts }: RouteMatch): string {
  const place = `${hosts[0] ?? ""}${path.value}${path.kind === "prefix" ? "/*" : ""}`;
  return `${methods.length > 0 ? `${methods.join(",")} ` : ""}${place}`.slice(0, 100);
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted} #${count}`;
  taken.add(name);
  return name;
}

function buildHandler(route: ParsedRoute, toFile: FileResolver): HandlerConfig | null {
  if (route.handler === undefined || route.pool === undefined) return null;
  const { env, bindings, warm, onOverflow, onFailure, breaker } = route;
  const copy = (values: Readonly<Record<string, string>>) => mapNamed(values, (value) => value);
  return {
    file: toFile(route.handler),
    pool: route.pool,
    env: copy(env),
    bindings: copy(bindings),
    ...{ warm, onFailure },
    retryPool: onOverflow === "fail" ? null : onOverflow.retry,
    breaker:
      breaker === undefined
        ? null
        : { failures: breaker.failures, windowMs: breaker.window, cooldownMs: breaker.cooldown },
  };
}

function buildWeights({ upstream, upstreams }: ParsedRoute): readonly WeightedUpstream[] {
  return upstream === undefined ? upstreams : [{ name: upstream, weight: 1 }];
}

function buildLimits({ cpu, wall, body, subrequests, console }: ParsedRoute["limits"]): RouteLimits {
  return { cpuMs: cpu, wallMs: wall, bodyBytes: body, subrequests, consoleBytes: console };
}

function buildShare(slots: ParsedRoute["slots"]): SlotShare | null {
  return slots === undefined ? null : { reserve: slots.reserve, cap: slots.cap ?? Number.MAX_SAFE_INTEGER };
}

function buildRedirect(redirect: ParsedRoute["redirect"]): RedirectConfig | null {
  if (redirect === undefined) return null;
  const { status, location, scheme, host, port, path, prefix } = redirect;
  const or = <T>(value: T | undefined): T | null => value ?? null;
  return {
    status,
    location: or(location),
    scheme: or(scheme),
    host: or(host),
    port: or(port),
    path: or(path),
    prefix: or(prefix),
  };
}

function buildRules({ set, add, remove }: ParsedRoute["requestHeaders"]): HeaderRules {
  const lower = (values: Readonly<Record<string, string>>) =>
    mapNamed(
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value])),
      (value) => value,
    );
  return { remove, set: lower(set), add: lower(add) };
}

function buildSticky(sticky: ParsedRoute["sticky"]): StickyConfig | null {
  if (sticky?.cookie !== undefined) return { kind: "cookie", name: sticky.cookie };
  return sticky?.header === undefined ? null : { kind: "header", name: sticky.header };
}

function buildTimeouts({ connect, head, idle, total }: ParsedRoute["timeouts"]): RouteTimeouts {
  return {
    connectMs: connect ?? null,
    headMs: head ?? null,
    idleMs: idle ?? null,
    totalMs: total ?? null,
  };
}
