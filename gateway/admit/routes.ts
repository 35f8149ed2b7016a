/**
 * The route table: which route a request belongs to, by Gateway API HTTPRoute's precedence. The most specific host
 * goes first (exact names before wildcards, longer before shorter, routes without hosts last); if none of its routes
 * match, the next host's are tried. Made once per load of the config and never changed; one look-up allocates at most
 * a few strings, and no regular expression meets a client's bytes.
 */
import { canonicalPath } from "./path.ts";
import { PathTable } from "./path-table.ts";
import type { Conditions, Routable } from "./path-table.ts";

export type { NameValue, Routable, RouteMatch } from "./path-table.ts";

export interface RoutedHead {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** The Host field's value (or the authority of an absolute target), port and all. */
  readonly host: string;
  /** After the `?`, or "". */
  readonly queryString: string;
  /** A field's value by lower-case name, several lines joined by ", ". */
  readonly header: (name: string) => string | undefined;
}

/** RFC 1035 section 2.3.4. A longer name is nobody's, and its labels are not worth walking. */
const HOST_NAME_CHARACTERS = 253;

export class RouteTable<R extends Routable> {
  readonly #exactHosts = new Map<string, PathTable<R>>();
  /** By suffix with its leading dot: `*.example.com` is ".example.com". */
  readonly #wildcardHosts = new Map<string, PathTable<R>>();
  readonly #anyHost = new PathTable<R>();

  constructor(routes: readonly R[]) {
    routes.forEach((route, index) => {
      if (route.match.hosts.length === 0) this.#anyHost.add(route, index);
      for (const host of route.match.hosts) this.#tableFor(host).add(route, index);
    });
  }

  /** Null when nothing matches. Throws ACCEPT_BAD_REQUEST for a path that has no canonical form. */
  find(head: RoutedHead): R | null {
    const path = canonicalPath(head.path);
    const conditions = new LazyConditions(head);
    const named = this.#exactHosts.size + this.#wildcardHosts.size > 0;
    return (
      (named ? this.#findByHost(head.host, path, conditions) : null) ?? this.#anyHost.find(path, conditions)
    );
  }

  #findByHost(hostField: string, path: string, conditions: Conditions): R | null {
    const host = hostName(hostField);
    if (host.length > HOST_NAME_CHARACTERS) return null;
    const exact = this.#exactHosts.get(host)?.find(path, conditions) ?? null;
    if (exact !== null || this.#wildcardHosts.size === 0) return exact;
    // From index 1: a wildcard stands for at least one label, so ".example.com" itself is not covered.
    for (let dot = host.indexOf(".", 1); dot !== -1; dot = host.indexOf(".", dot + 1)) {
      const found = this.#wildcardHosts.get(host.slice(dot))?.find(path, conditions) ?? null;
      if (found !== null) return found;
    }
    return null;
  }

  #tableFor(host: string): PathTable<R> {
    const wildcard = host.startsWith("*.");
    const tables = wildcard ? this.#wildcardHosts : this.#exactHosts;
    const key = wildcard ? host.slice(1) : host;
    const table = tables.get(key) ?? new PathTable<R>();
    tables.set(key, table);
    return table;
  }
}

/** Parses the query only for a route that asks, and as upstream frameworks do: form encoding, first value counts. */
class LazyConditions implements Conditions {
  readonly #head: RoutedHead;
  #parsedQuery: URLSearchParams | undefined;

  constructor(head: RoutedHead) {
    this.#head = head;
  }

  get method(): string {
    return this.#head.method;
  }

  header(name: string): string | undefined {
    return this.#head.header(name);
  }

  query(name: string): string | null {
    this.#parsedQuery ??= new URLSearchParams(this.#head.queryString);
    return this.#parsedQuery.get(name);
  }
}

/** Without port and trailing dot, in lower case. An IPv6 literal keeps its brackets and can match no configured name. */
function hostName(hostField: string): string {
  const port = hostField.indexOf(":", hostField.indexOf("]") + 1);
  const name = port === -1 ? hostField : hostField.slice(0, port);
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}
