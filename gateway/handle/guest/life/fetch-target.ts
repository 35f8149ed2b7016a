/** The handler: what a module exports by default. */

export interface FetchTarget {
  fetch(request: unknown, env: unknown, ctx: unknown): unknown;
}

const EXPECTED = "expected `export default { fetch(request, env, ctx) { ... } }`";

export function fetchTarget(namespace: Record<string, unknown>): FetchTarget {
  const names = Object.keys(namespace);
  if (!names.includes("default")) {
    const exported =
      names.length === 0 ? "it exports nothing" : `it exports ${names.slice(0, 20).join(", ")}`;
    throw new TypeError(`The module has no default export (${exported}); ${EXPECTED}`);
  }
  const value = namespace["default"];
  if (typeof value === "object" && value !== null) {
    if (typeof (value as FetchTarget).fetch === "function") return value as FetchTarget;
    const keys = Object.keys(value).slice(0, 20).join(", ") || "nothing";
    throw new TypeError(`The default export has no fetch function (it has ${keys}); ${EXPECTED}`);
  }
  if (typeof value === "function") return functionTarget(value as FetchTarget["fetch"]);
  throw new TypeError(`The default export is ${value === null ? "null" : `a ${typeof value}`}; ${EXPECTED}`);
}

/** A function, unless it carries a fetch method of its own, as some routers' do. */
function functionTarget(handler: FetchTarget["fetch"]): FetchTarget {
  const own = (handler as unknown as Partial<FetchTarget>).fetch;
  return typeof own === "function" ? (handler as unknown as FetchTarget) : { fetch: handler };
}
