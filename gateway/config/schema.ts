/**
 * The configuration file, key by key. This is the definition: ranges, defaults and meanings are read from here by the
 * loader, by the faults it reports and by the reference in config/README.md. What keys mean for one another (names that
 * must exist, numbers that must fit together) is in references.ts.
 */
import type { z } from "zod";
import { ARENA_PAGE_BYTES, SLOTS } from "../limits.ts";
import {
  defaultedSection,
  list,
  namedMap,
  optional,
  optionalSection,
  required,
  scalar,
  section,
  withDefault,
} from "./key.ts";
import { count, duration, filePath, flag, fraction, matching, name, oneOf, size } from "./kinds.ts";
import { addressRange, hostPort, redisUrl } from "./kinds-network.ts";
import { routes } from "./schema-routes.ts";
import { upstreams } from "./schema-upstreams.ts";

const restart = { restart: true } as const;

const tls = optionalSection(
  {
    cert: required(filePath, "PEM file with the certificate and its chain."),
    key: required(filePath, "PEM file with its private key."),
    minVersion: withDefault(oneOf("TLSv1.2", "TLSv1.3"), "TLSv1.2", "The oldest protocol version spoken."),
  },
  "TLS on the listener. Changed files are taken up without a restart.",
  "plain HTTP",
);

const limits = defaultedSection(
  {
    connections: withDefault(
      count(1, 65_536),
      1024,
      "Client connections at once. Each costs memory, see `nea plan`.",
      restart,
    ),
    headBytes: withDefault(size("1Ki", "64Ki"), "16Ki", "Bytes of one request head.", restart),
    headers: withDefault(count(1, 1000), 100, "Header fields of one request."),
    targetBytes: withDefault(size("64", "64Ki"), "8Ki", "Bytes of one request target. At most `headBytes`."),
    requestsPerConnection: withDefault(
      count(1, 1_000_000),
      1000,
      "Then the connection is closed, so that a load balancer in front can spread clients anew.",
    ),
    headTimeout: withDefault(
      duration("100ms", "5m"),
      "10s",
      "Longest wait for a whole request head, from its first byte.",
    ),
    bodyTimeout: withDefault(
      duration("100ms", "1h"),
      "30s",
      "Longest pause of a client within a request body.",
    ),
    replyTimeout: withDefault(
      duration("100ms", "1h"),
      "30s",
      "Longest pause of a client while reading the answer. The kernel reports that bytes were taken in steps of up to a third of its send buffer (about 1 MB): a client that takes less than that in the time counts as one that has stopped.",
    ),
    idleTimeout: withDefault(
      duration("100ms", "1h"),
      "75s",
      "How long an unused connection is kept. Stay above the figure of the load balancer in front, or its requests meet closing connections.",
    ),
  },
  "What one client may ask of the listener.",
);

const queue = (length: number, wait: string) =>
  defaultedSection(
    {
      length: withDefault(
        count(0, 65_536),
        length,
        "Requests that may wait for a slot. 0: none, full means refused.",
      ),
      wait: withDefault(
        duration("1ms", "1m"),
        wait,
        "How long each may wait before it is answered 503 with Retry-After.",
      ),
    },
    "Where requests wait when every slot is taken.",
  );

const pool = section(
  {
    slots: required(count(1, SLOTS), "Requests that run at once.", restart),
    arena: required(
      size("1Mi", "1Gi", ARENA_PAGE_BYTES),
      "Memory of each. All of it is committed at start.",
      restart,
    ),
    queue: queue(64, "250ms"),
  },
  "One pool: `slots` arenas of one size. Its name is a label in metrics.",
);

const fleet = optionalSection(
  {
    redis: required(
      redisUrl,
      "Where the gateways meet. Several hosts, for Sentinel and Cluster, are separated by commas; Sentinel's path is `/MASTER/DB`.",
    ),
    name: withDefault(name, "nea", "Gateways with the same name are one fleet."),
    prefix: withDefault(
      matching("text", "a key prefix of at most 64 visible characters", /^[\x21-\x7e]{0,64}$/),
      "nea:",
      "What every Redis key begins with.",
    ),
    interval: withDefault(duration("100ms", "1m"), "1s", "How often a gateway publishes its figures."),
    ttl: withDefault(
      duration("1s", "10m"),
      "10s",
      "How long they are shown after the last time. At least twice `interval`.",
    ),
  },
  "Shows all gateways on every gateway's admin port. Never in the path of a request.",
  "this gateway alone",
);

export const configSchema = section(
  {
    listen: withDefault(
      hostPort,
      "0.0.0.0:8080",
      "Where clients connect. IPv6 in brackets; port 0 takes a free one.",
      restart,
    ),
    admin: withDefault(
      hostPort,
      "127.0.0.1:9090",
      "Where operators and probes connect. For Kubernetes: `0.0.0.0:9090`.",
      restart,
    ),
    tls,
    limits,
    trustedProxies: list(
      scalar(addressRange),
      256,
      "addresses and ranges (CIDR)",
      "Whose X-Forwarded-* and Forwarded fields are believed. Empty: nobody's.",
    ),
    upstreams,
    pools: namedMap(name, pool, "section per name", "Pools of arenas by name."),
    proxy: defaultedSection(
      {
        slots: withDefault(
          count(1, 65_536),
          256,
          "Requests forwarded at once: those without a handler, and those that one has passed on (`return ctx.next()`).",
          restart,
        ),
        queue: queue(256, "1s"),
        bufferBytes: withDefault(
          size("16Ki", "1Mi"),
          "64Ki",
          "Bytes held per slot and direction when one side is slower than the other.",
          restart,
        ),
      },
      "Forwarded requests.",
    ),
    upgrades: defaultedSection(
      {
        slots: withDefault(count(0, 65_536), 64, "Upgraded connections (WebSockets) at once.", restart),
        idleTimeout: withDefault(
          duration("1s", "24h"),
          "5m",
          "One on which nothing moves for this long is closed.",
        ),
      },
      "Upgraded connections. There is no queue: when all slots are taken, 503.",
    ),
    routes,
    threads: optional(
      count(1, 64),
      "Arena threads: how many handlers can compute at the same moment. Two more are kept: for long turns, and a spare.",
      "cores - 1, at least 1",
      restart,
    ),
    images: withDefault(
      size("1Mi", "16Gi"),
      "32Mi",
      "Room for the images of all handlers: what each looks like before its first request. During a reload both generations are in it, but for images that have not changed. `nea check` says how much the handlers need.",
      restart,
    ),
    prefault: withDefault(
      flag,
      true,
      "Touch all arena memory at start, so that a limit too small for it shows at start and not under load.",
      restart,
    ),
    memory: defaultedSection(
      {
        limit: optional(
          size("64Mi", "1Ti"),
          "What the plan must fit into.",
          "the container's limit",
          restart,
        ),
        headroom: withDefault(size("0", "1Ti"), "32Mi", "Left free below the limit.", restart),
      },
      "The bound that is checked at start.",
    ),
    log: defaultedSection(
      {
        level: withDefault(
          oneOf("trace", "debug", "info", "warn", "error", "silent"),
          "info",
          "What is logged, besides the access log.",
        ),
        access: defaultedSection(
          {
            sample2xx: withDefault(
              fraction,
              1,
              "The part of requests answered 2xx that get a line. All others always do.",
            ),
          },
          "One line per request.",
        ),
      },
      "Logs, JSON lines on standard output. Header values, bodies and query strings are never logged: only what a handler writes to its console can bring a credential into them.",
    ),
    drain: defaultedSection(
      {
        delay: withDefault(
          duration("0s", "10m"),
          "5s",
          "After SIGTERM: how long requests are still accepted while /readyz already says no.",
        ),
        deadline: withDefault(
          duration("100ms", "1h"),
          "25s",
          "Counted from the signal: then what is unfinished is cut off. Longer than `delay`, shorter than Kubernetes' grace period (30s).",
        ),
      },
      "How the gateway stops.",
    ),
    fleet,
    capture: withDefault(
      flag,
      false,
      "Keep the latest failing requests of handlers (4, with bodies up to 64Ki; values of credentials are left out) for `nea profile --replay`. Off, because queries and bodies are people's data: whoever reaches the admin port can read them.",
    ),
    watch: withDefault(
      flag,
      true,
      "Reload when this file, a handler or a certificate changes. A faulty change leaves the old state running.",
    ),
  },
  "The whole file.",
);

/** What the schema makes of a file without faults; build.ts makes a GatewayConfig of it. */
export type ParsedConfig = z.output<typeof configSchema>;
