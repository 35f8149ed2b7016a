/** The keys under `routes`: which requests, run or forwarded how, within which limits. */
import { z } from "zod";
import { ROUTES } from "../limits.ts";
import {
  defaultedSection,
  keyDocs,
  list,
  namedMap,
  optional,
  optionalSection,
  required,
  requiredList,
  scalar,
  section,
  withDefault,
} from "./key.ts";
import { count, duration, filePath, flag, name, oneOf, size, text, variable } from "./kinds.ts";
import {
  cookieName,
  fieldName,
  fieldValue,
  location,
  matchPath,
  method,
  redirectStatus,
  ruleFieldName,
  sentPath,
  warmRequest,
} from "./kinds-http.ts";
import { hostField, hostPattern } from "./kinds-network.ts";
import { weightedUpstreams } from "./schema-upstreams.ts";

const match = defaultedSection(
  {
    path: optionalSection(
      {
        exact: optional(matchPath, "This path and no other."),
        prefix: optional(
          matchPath,
          "This path and all below it, by element: `/a` covers `/a` and `/a/b`, not `/ab`.",
        ),
      },
      "Exactly one of the two. Compared in the form that admit/path.ts describes, so that no spelling gets past a route.",
      "prefix /",
    ),
    methods: list(scalar(method), 32, "methods", "Any of these. GET does not cover HEAD. Empty: all."),
    hosts: list(
      scalar(hostPattern),
      64,
      "host names",
      "Any of these. `*.example.com` covers every name below example.com, not example.com itself. Empty: all.",
    ),
    headers: namedMap(
      fieldName,
      scalar(text(1024)),
      "value by header name",
      "All of these, with exactly these values.",
    ),
    query: namedMap(
      text(256),
      scalar(text(1024)),
      "value by parameter",
      "All of these; of a repeated parameter the first counts.",
    ),
  },
  "Which requests the route is for. Of several routes that match, the one wins that Gateway API's HTTPRoute would choose: most specific host, exact path, longest prefix, method, most headers, most query parameters, first listed.",
);

const limits = defaultedSection(
  {
    cpu: withDefault(duration("1ms", "60s"), "50ms", "CPU time of the handler per request."),
    wall: withDefault(
      duration("10ms", "1h"),
      "10s",
      "Time until the handler has answered and everything it asked to wait for is done.",
    ),
    body: withDefault(
      size("0", "1Ti"),
      "1Mi",
      "Bytes of request body, read by a handler or passed on. Holds for proxied requests as well.",
    ),
    subrequests: withDefault(
      count(0, 1000),
      4,
      "Requests the handler may make: `ctx.next()`, bindings and `fetch` together. A `ctx.next()` that is returned as it is, is the client's own and does not count.",
    ),
    console: withDefault(
      size("0", "1Mi"),
      "16Ki",
      "Bytes of console output per request. The rest is counted, not logged.",
    ),
  },
  "What one request may use.",
);

const headerRules = (direction: string) =>
  defaultedSection(
    {
      set: namedMap(
        ruleFieldName,
        scalar(fieldValue),
        "value by header name",
        "Replaces whatever was there.",
      ),
      add: namedMap(
        ruleFieldName,
        scalar(fieldValue),
        "value by header name",
        "One more line, beside what was there.",
      ),
      remove: list(scalar(ruleFieldName), 64, "header names", "Taken away first."),
    },
    `Changes to the fields of ${direction}.`,
  );

const redirect = optionalSection(
  {
    status: withDefault(redirectStatus, 302, "The status. 307 and 308 keep method and body."),
    location: optional(location, "The whole Location. Excludes the keys below."),
    scheme: optional(oneOf("http", "https"), "Another scheme.", "the request's"),
    host: optional(hostField, "Another host.", "the request's"),
    port: optional(count(1, 65_535), "Another port.", "the request's, or the scheme's when `scheme` is set"),
    path: optional(sentPath, "Another path.", "the request's"),
    prefix: optional(sentPath, "Takes the place of the matched prefix.", "the request's"),
  },
  "Answers with a redirect. Excludes `handler` and upstreams.",
);

const onOverflow = z
  .union([z.literal("fail"), section({ retry: required(name, "The pool to run it in.") }, "")], {
    error: "fail or {retry: POOL}",
  })
  .prefault("fail")
  .register(keyDocs, {
    form: "fail or {retry: POOL}",
    default: "fail",
    meaning:
      "When the request outgrows its arena: answer 500, or run it once more in a pool of larger arenas if nothing it did has left the arena yet.",
  });

const breaker = optionalSection(
  {
    failures: withDefault(
      count(1, 10_000),
      10,
      "Aborts (memory, CPU, time, trap) within `window` that open it.",
    ),
    window: withDefault(duration("100ms", "1h"), "10s", "The time they are counted over."),
    cooldown: withDefault(
      duration("100ms", "1h"),
      "5s",
      "How long it stays open; then one request is let through, and its end decides.",
    ),
  },
  "Rests a route whose handler keeps being aborted: its requests get ARENA_ROUTE_TRIPPED without taking a slot, or go upstream with `onFailure: next`.",
  "never rests",
);

const ms = (meaning: string) => optional(duration("10ms", "24h"), meaning, "the upstream's");

const route = section(
  {
    name: optional(name, "Its label in logs and metrics. Must be unique.", "methods, host and path"),
    match,
    handler: optional(filePath, "The handler's module, TypeScript or JavaScript. Needs `pool`."),
    pool: optional(name, "The pool whose arenas the handler runs in."),
    upstream: optional(name, "Where the request goes, or what the handler's `ctx.next()` reaches."),
    upstreams: weightedUpstreams,
    env: namedMap(
      variable,
      scalar(text(32_768)),
      "text by name",
      "What the handler gets as `env`. Part of its image, so not for keys that change.",
    ),
    bindings: namedMap(
      variable,
      scalar(name),
      "upstream by name",
      "`bindings: {USERS: app}` gives the handler `env.USERS.fetch()`, which reaches that upstream.",
    ),
    warm: list(
      scalar(warmRequest),
      16,
      "requests (METHOD /target)",
      "Requests run before the image is taken, so that what they build (routers, caches) need not be built again.",
    ),
    limits,
    slots: optionalSection(
      {
        reserve: withDefault(count(0, 65_536), 0, "Slots kept for this route."),
        cap: optional(
          count(1, 65_536),
          "The most slots this route may hold; of the proxied as well, by requests that its handler passes on.",
          "all",
        ),
      },
      "The route's share of the slots it waits for: its pool's, the proxy's, or with `upgrade: true` those for upgrades.",
      "no reserve, no cap",
    ),
    onOverflow,
    onFailure: withDefault(
      oneOf("error", "next"),
      "error",
      "When the handler is aborted or throws before anything was sent: answer with the error, or forward to the upstream instead.",
    ),
    breaker,
    rewrite: optionalSection(
      { prefix: optional(sentPath, "What to put in its place.", "/") },
      "Replaces the matched prefix of the path on the way upstream.",
    ),
    redirect,
    requestHeaders: headerRules("the request on its way upstream or to the handler"),
    responseHeaders: headerRules("the response on its way to the client"),
    upgrade: withDefault(
      flag,
      false,
      "Whether WebSockets and other upgrades are forwarded. Such a route can have no handler.",
    ),
    sticky: optionalSection(
      {
        cookie: optional(cookieName, "By this cookie's value."),
        header: optional(fieldName, "By this header's value."),
      },
      "Requests with the same value reach the same target as long as it is there. Exactly one of the two.",
    ),
    timeouts: defaultedSection(
      {
        connect: ms("Longest wait for a connection."),
        head: ms("Longest wait for the head of the answer."),
        idle: ms("Longest pause within a body."),
        total: ms("Longest time for the whole exchange."),
      },
      "Instead of the upstream's own timeouts, for this route.",
    ),
  },
  "One route: a handler, an upstream, both, or a redirect.",
);

export const routes = requiredList(
  route,
  ROUTES,
  "routes",
  "What is answered, and how. A request that no route matches gets 404.",
);
