/** The keys under `upstreams`: where requests go that no handler answers by itself. */
import { z } from "zod";
import { TARGETS_PER_UPSTREAM } from "../limits.ts";
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
import { count, duration, filePath, flag, name, oneOf, orNone } from "./kinds.ts";
import { sentPath } from "./kinds-http.ts";
import { hostName, hostRule, target } from "./kinds-network.ts";

const timeouts = defaultedSection(
  {
    connect: withDefault(
      duration("10ms", "1m"),
      "2s",
      "Longest wait for a connection (for TLS: a secured one), and for a free one when all are in use.",
    ),
    head: withDefault(
      duration("10ms", "1h"),
      "30s",
      "Longest wait for the head of the answer, from the moment the request has been sent.",
    ),
    idle: withDefault(duration("10ms", "1h"), "30s", "Longest pause within a body, in either direction."),
    total: withDefault(orNone(duration("10ms", "24h")), "none", "Longest time for the whole exchange."),
    keepAlive: withDefault(
      duration("0s", "1h"),
      "4s",
      "How long an unused connection is kept. Stay below the upstream's own figure (5s for Node), or requests meet closing connections.",
    ),
  },
  "How long to wait for a target, by what is waited for.",
);

const retry = defaultedSection(
  {
    attempts: withDefault(
      count(0, 3),
      1,
      "Further tries after the first, on another target if there is one. 0: none.",
    ),
    on: z
      .array(scalar(oneOf("connect", "reset")), { error: "a list of connect, reset" })
      .refine((reasons) => reasons.length <= 2, "a list of connect, reset, each once")
      .prefault(["connect", "reset"])
      .register(keyDocs, {
        form: "list of connect, reset",
        default: "[connect, reset]",
        meaning:
          "`connect`: no connection came about, so nothing was sent. `reset`: the connection ended before any byte of an answer; only for idempotent methods without a body (RFC 9110 section 9.2.2).",
      }),
    budgetPercent: withDefault(
      count(0, 100),
      20,
      "Retries in flight, as a part of the requests in flight to this upstream (at least one is allowed). Keeps retries from doubling the load of an upstream that is failing.",
    ),
  },
  "When a request is sent again. Never after a byte of the answer has arrived.",
);

const health = defaultedSection(
  {
    active: optionalSection(
      {
        path: withDefault(sentPath, "/", "What is asked for with GET. Healthy: any 2xx or 3xx."),
        interval: withDefault(duration("100ms", "1h"), "5s", "Time between checks of one target."),
        timeout: withDefault(duration("10ms", "1m"), "2s", "A check that takes longer has failed."),
        failures: withDefault(count(1, 100), 2, "Failed checks in a row until a target gets no requests."),
        successes: withDefault(count(1, 100), 1, "Passed checks in a row until it gets them again."),
      },
      "Checks made whether or not there are requests.",
      "no checks",
    ),
    passive: defaultedSection(
      {
        failures: withDefault(
          count(0, 1000),
          5,
          "Requests in a row that fail without an answer (no connection, reset, timeout) until the target is ejected. 0: never.",
        ),
        eject: withDefault(
          duration("100ms", "1h"),
          "10s",
          "How long an ejected target gets no requests; then one is tried. The last target left is never ejected.",
        ),
      },
      "What is learned from the requests themselves.",
    ),
  },
  "Which targets get requests.",
);

const tls = defaultedSection(
  {
    ca: optional(
      filePath,
      "PEM file with the authorities to trust instead of the built-in ones.",
      "the built-in ones",
    ),
    servername: optional(hostName, "The name asked for (SNI) and verified.", "the target's host"),
    cert: optional(filePath, "PEM file with a client certificate. Needs `key`."),
    key: optional(filePath, "PEM file with its private key. Needs `cert`."),
    verify: withDefault(
      flag,
      true,
      "Whether the target's certificate must be valid. Turning it off lets anyone in between read and answer.",
    ),
  },
  "For https targets.",
);

const upstream = section(
  {
    targets: requiredList(
      scalar(target),
      TARGETS_PER_UPSTREAM,
      "URLs",
      "Where to send requests. A name that resolves to several addresses stands for all of them.",
    ),
    balance: withDefault(
      oneOf("least-pending", "round-robin"),
      "least-pending",
      "Which target is next: the one with the fewest requests in flight, or each in turn.",
    ),
    connections: withDefault(count(1, 65_536), 256, "Connections to one target at once, used or kept."),
    pending: withDefault(
      count(0, 65_536),
      64,
      "Requests that may wait for a connection to one target when all are in use, for `timeouts.connect` at most. They hold their slots meanwhile.",
    ),
    host: withDefault(
      hostRule,
      "keep",
      "The Host field the target gets: `keep` what the client sent, the `target`'s own host and port, or this host.",
    ),
    timeouts,
    retry,
    health,
    resolve: withDefault(
      duration("1s", "1h"),
      "5s",
      "How often a target's name is resolved again. Kubernetes' headless services change with every pod.",
    ),
    tls,
  },
  "One upstream. Its name is a label in metrics.",
);

export const upstreams = namedMap(
  name,
  upstream,
  "section per name",
  "Upstreams by name. Routes, bindings and a handler's `fetch` reach these and nothing else.",
);

export const weightedUpstreams = list(
  section(
    {
      name: required(name, "A name from `upstreams`."),
      weight: withDefault(
        count(0, 1_000_000),
        1,
        "Its part of the requests, relative to the other weights. 0: none for now.",
      ),
    },
    "One upstream and its part.",
  ),
  16,
  "sections",
  "Instead of `upstream`: several, each with a part of the requests (canary releases).",
);
