/**
 * The routes of one host by path. Order of precedence, as in Gateway API's HTTPRouteRule.matches: exact path,
 * longest prefix by element, then method, most headers, most query parameters, first listed.
 */
import { PREFIX_ELEMENTS } from "../limits.ts";
import { countElements } from "./path.ts";

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

export interface RouteMatch {
  /** `value` is canonical (path.ts); a prefix has no trailing slash, so the prefix "/" is "". */
  readonly path: { readonly kind: "exact" | "prefix"; readonly value: string };
  /** Empty: any method. GET does not stand for HEAD, as in HTTPRoute. */
  readonly methods: readonly string[];
  /** Lower case, exact or `*.suffix`. Empty: any host. */
  readonly hosts: readonly string[];
  /** Names in lower case; every one must have exactly this value. */
  readonly headers: readonly NameValue[];
  readonly query: readonly NameValue[];
}

export interface Routable {
  readonly match: RouteMatch;
}

/** What a route can depend on besides host and path. Asked for only by routes that do. */
export interface Conditions {
  readonly method: string;
  header(name: string): string | undefined;
  query(name: string): string | null;
}

interface Candidate<R> {
  readonly route: R;
  readonly match: RouteMatch;
  readonly index: number;
}

export class PathTable<R extends Routable> {
  readonly #exact = new Map<string, Candidate<R>[]>();
  readonly #prefixes = new Map<string, Candidate<R>[]>();
  /** Where the first n elements of the path being looked up end; [0] is the empty prefix. Reused: find() is synchronous. */
  readonly #ends = new Int32Array(PREFIX_ELEMENTS + 1);
  #deepestPrefix = 0;

  add(route: R, index: number): void {
    const { kind, value } = route.match.path;
    if (kind === "prefix") this.#deepestPrefix = Math.max(this.#deepestPrefix, countElements(value));
    const table = kind === "exact" ? this.#exact : this.#prefixes;
    const candidates = table.get(value) ?? [];
    candidates.push({ route, match: route.match, index });
    table.set(value, candidates.sort(byPrecedence));
  }

  find(path: string, conditions: Conditions): R | null {
    const exact = firstMatch(this.#exact.get(path), conditions);
    if (exact !== null) return exact;
    for (let elements = this.#markElements(path); elements >= 0; elements--) {
      const candidates = this.#prefixes.get(path.slice(0, this.#ends[elements]));
      const found = firstMatch(candidates, conditions);
      if (found !== null) return found;
    }
    return null;
  }

  /** No deeper than the deepest configured prefix: a path of ten thousand slashes costs no more look-ups than that. */
  #markElements(path: string): number {
    let end = 0;
    for (let elements = 0; elements < this.#deepestPrefix; elements++) {
      if (end >= path.length) return elements;
      const next = path.indexOf("/", end + 1);
      end = next === -1 ? path.length : next;
      this.#ends[elements + 1] = end;
    }
    return this.#deepestPrefix;
  }
}

function firstMatch<R>(candidates: readonly Candidate<R>[] | undefined, conditions: Conditions): R | null {
  if (candidates === undefined) return null;
  for (const candidate of candidates) {
    if (fulfils(candidate.match, conditions)) return candidate.route;
  }
  return null;
}

function fulfils(match: RouteMatch, conditions: Conditions): boolean {
  if (match.methods.length > 0 && !match.methods.includes(conditions.method)) return false;
  for (const { name, value } of match.headers) if (conditions.header(name) !== value) return false;
  for (const { name, value } of match.query) if (conditions.query(name) !== value) return false;
  return true;
}

function byPrecedence(a: Candidate<unknown>, b: Candidate<unknown>): number {
  return (
    Number(b.match.methods.length > 0) - Number(a.match.methods.length > 0) ||
    b.match.headers.length - a.match.headers.length ||
    b.match.query.length - a.match.query.length ||
    a.index - b.index
  );
}
