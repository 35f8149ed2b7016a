/** What the keys of one route mean for one another. A key that could have no effect is a fault: somebody expects one. */
import { ENV_CHARACTERS } from "../limits.ts";
import type { Path } from "./faults.ts";
import { asSection, listAt, readKey, sectionAt } from "./findings.ts";
import type { Findings, Section } from "./findings.ts";
import { weightedUpstreams } from "./schema-upstreams.ts";

const weighted = weightedUpstreams.unwrap().element;

export function checkRoutes(config: Section, findings: Findings): void {
  const names = new Set<string>();
  listAt(config, "routes").forEach((entry, index) => {
    const route = asSection(entry);
    const path: Path = ["routes", index];
    const name = route["name"];
    if (typeof name === "string" && names.has(name))
      findings.report([...path, "name"], "another route has this name");
    if (typeof name === "string") names.add(name);
    if (route === entry) checkRoute(route, path, findings);
  });
}

function checkRoute(route: Section, path: Path, findings: Findings): void {
  checkDestination(route, path, findings);
  checkHandlerKeys(route, path, findings);
  checkUpstreamKeys(route, path, findings);
  checkPathKeys(route, path, findings);
  checkEnv(route, path, findings);
}

function checkDestination(route: Section, path: Path, findings: Findings): void {
  const redirect = route["redirect"] !== undefined;
  const forwards = hasUpstream(route);
  if (redirect && (forwards || "handler" in route)) {
    findings.report([...path, "redirect"], "a route that redirects has no handler and no upstream");
  }
  if (!redirect && !forwards && !("handler" in route)) {
    findings.report(path, "a route needs a handler, an upstream, or a redirect");
  }
  if ("upstream" in route && "upstreams" in route) {
    findings.report([...path, "upstreams"], "a route has upstream or upstreams, not both");
  }
  const weights = listAt(route, "upstreams").map((entry) => readKey(weighted, asSection(entry), "weight"));
  if (weights.length > 0 && weights.every((weight) => weight === 0)) {
    findings.report([...path, "upstreams"], "at least one weight must be more than 0");
  }
}

const HANDLER_KEYS = ["pool", "env", "bindings", "warm", "onOverflow", "onFailure", "breaker"];

function checkHandlerKeys(route: Section, path: Path, findings: Findings): void {
  if (!("handler" in route)) {
    const idle = HANDLER_KEYS.filter((key) => key in route);
    for (const key of idle) findings.report([...path, key], "has no effect on a route without a handler");
    return;
  }
  if (!("pool" in route))
    findings.report([...path, "pool"], "is missing: a handler runs in the arenas of a pool");
  if (route["upgrade"] === true) {
    findings.report([...path, "upgrade"], "an upgrade would pass by the handler: give it a route of its own");
  }
  if (route["onFailure"] === "next" && !hasUpstream(route)) {
    findings.report([...path, "onFailure"], "there is no next: the route has no upstream");
  }
}

const UPSTREAM_KEYS = ["rewrite", "upgrade", "sticky", "timeouts"];

function checkUpstreamKeys(route: Section, path: Path, findings: Findings): void {
  if (!hasUpstream(route)) {
    const idle = UPSTREAM_KEYS.filter((key) => key in route && route[key] !== false);
    for (const key of idle) findings.report([...path, key], "has no effect on a route without an upstream");
  }
  const sticky = route["sticky"];
  if (sticky !== undefined && !exactlyOne(asSection(sticky), "cookie", "header")) {
    findings.report([...path, "sticky"], "expected exactly one of cookie and header");
  }
}

function checkPathKeys(route: Section, path: Path, findings: Findings): void {
  const match = sectionAt(route, "match");
  const pathMatch = sectionAt(match, "path");
  if ("path" in match && !exactlyOne(pathMatch, "exact", "prefix")) {
    findings.report([...path, "match", "path"], "expected exactly one of exact and prefix");
  }
  const redirect = sectionAt(route, "redirect");
  const needPrefix = "there is no prefix to replace: the route matches an exact path";
  if ("exact" in pathMatch && "rewrite" in route) findings.report([...path, "rewrite"], needPrefix);
  if ("exact" in pathMatch && "prefix" in redirect)
    findings.report([...path, "redirect", "prefix"], needPrefix);
  checkRedirect(redirect, [...path, "redirect"], route, findings);
}

function checkRedirect(redirect: Section, path: Path, route: Section, findings: Findings): void {
  const parts = ["scheme", "host", "port", "path", "prefix"].filter((key) => key in redirect);
  if ("location" in redirect && parts.length > 0) {
    findings.report([...path, "location"], `a whole location leaves nothing for ${parts.join(", ")}`);
  }
  if ("path" in redirect && "prefix" in redirect)
    findings.report([...path, "prefix"], "expected path or prefix, not both");
  if ("redirect" in route && !("location" in redirect) && parts.length === 0) {
    findings.report(
      path,
      "expected at least one of location, scheme, host, port, path and prefix: this goes to where it came from",
    );
  }
}

function checkEnv(route: Section, path: Path, findings: Findings): void {
  const env = sectionAt(route, "env");
  for (const name of Object.keys(sectionAt(route, "bindings"))) {
    if (Object.hasOwn(env, name))
      findings.report([...path, "bindings", name], "env has a value of this name");
  }
  const characters = Object.entries(env).reduce(
    (sum, [name, value]) => sum + name.length + String(value).length,
    0,
  );
  if (characters > ENV_CHARACTERS)
    findings.report([...path, "env"], `got ${characters} characters, expected at most ${ENV_CHARACTERS}`);
}

function hasUpstream(route: Section): boolean {
  return "upstream" in route || "upstreams" in route;
}

function exactlyOne(section: Section, one: string, other: string): boolean {
  return one in section !== other in section;
}
