// What /metrics says of a running gateway, and that the dashboard and the alerts speak of what is there.
import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { Exposition } from "../support/exposition.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import { HeldOrigin } from "../support/held-origin.ts";

let gateway: GatewayProcess;
let origin: HeldOrigin;

beforeAll(async () => {
  origin = await HeldOrigin.start();
  origin.release();
  gateway = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    upstreams: { app: { targets: [origin.url] }, away: { targets: ["http://127.0.0.1:1"] } },
    pools: { small: { slots: 2, arena: "4Mi" } },
    threads: 1,
    memory: { limit: "2Gi" },
    routes: [
      {
        name: "hello",
        match: { path: { prefix: "/hello" } },
        handler: inRepository("handlers/hello.ts"),
        pool: "small",
      },
      {
        name: "bomb",
        match: { path: { prefix: "/bomb" } },
        handler: inRepository("handlers/bomb.ts"),
        pool: "small",
        limits: { cpu: "5s" },
      },
      {
        name: "rescued",
        match: { path: { prefix: "/rescued" } },
        handler: inRepository("handlers/bomb.ts"),
        pool: "small",
        limits: { cpu: "5s" },
        upstream: "app",
        onFailure: "next",
      },
      {
        name: "fragile",
        match: { path: { prefix: "/fragile" } },
        handler: inRepository("handlers/bomb.ts"),
        pool: "small",
        limits: { cpu: "5s" },
        breaker: { failures: 1, window: "1m", cooldown: "1h" },
      },
      { name: "app", match: { path: { prefix: "/app" } }, upstream: "app" },
      { name: "away", match: { path: { prefix: "/away" } }, upstream: "away" },
    ],
    // Nobody is there: the fleet's metrics exist all the same.
    fleet: { redis: "redis://127.0.0.1:1" },
  });
});
afterAll(async () => {
  await gateway.stop();
  await origin.stop();
});

async function scrape(): Promise<Exposition> {
  const response = await fetch(`${gateway.adminUrl}/metrics`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return new Exposition(await response.text());
}

async function ask(path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(gateway.url + path, init);
  await response.arrayBuffer();
  return response.status;
}

/** A request is counted when its connection is done with it, which is a moment after its client has the answer. */
async function counted(requests: number): Promise<Exposition> {
  for (;;) {
    const metrics = await scrape();
    if (metrics.value("nea_requests_total") >= requests) return metrics;
  }
}

describe("the metrics", () => {
  test("keep the conventions: prefix, help, base units, _total on counters and on nothing else", async () => {
    const { metrics } = await scrape();
    expect(metrics.size).toBeGreaterThan(50);
    for (const [name, { help, type }] of metrics) {
      expect(name).toMatch(/^nea_[a-z0-9]+(_[a-z0-9]+)*$/);
      expect(help).toMatch(/^[A-Z0-9].*\.$/);
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      expect(name).not.toMatch(/(milliseconds|_ms|kilobytes|_kib|_mib|_percent|_count|_sum|_bucket)(_|$)/);
    }
  });

  test("are listed in gateway/admin/README.md, each with its type and meaning, and no others are", async () => {
    const { metrics } = await scrape();
    const rows = readFileSync("gateway/admin/README.md", "utf8").matchAll(
      /^\| `(nea_\w+)` +\| (\w+) +\| [^|]*\| (.*?) *\|$/gm,
    );
    const listed = [...rows].map(([, name, type, help]) => [name, type, help]);
    expect(listed).toEqual([...metrics].map(([name, { type, help }]) => [name, type, help]));
  });

  test("count what came, by route, class and code, and how long it took", async () => {
    const before = await scrape();
    const rose = (after: Exposition, name: string, labels: Record<string, string>) =>
      after.value(name, labels) - before.value(name, labels);
    for (let i = 0; i < 3; i++) expect(await ask("/hello/ada")).toBe(200);
    expect(await ask("/app", { method: "POST", body: "x".repeat(1000) })).toBe(200);
    expect(await ask("/away")).toBe(502);
    expect(await ask("/nowhere")).toBe(404);
    const after = await counted(before.value("nea_requests_total") + 6);
    expect(rose(after, "nea_requests_total", { route: "hello", code: "2xx" })).toBe(3);
    expect(rose(after, "nea_requests_total", { route: "app", code: "2xx" })).toBe(1);
    expect(rose(after, "nea_requests_total", { route: "(none)", code: "4xx" })).toBe(1);
    expect(rose(after, "nea_errors_total", { code: "PROXY_CONNECT_FAILED" })).toBe(1);
    expect(rose(after, "nea_errors_total", { code: "ADMIT_NO_ROUTE" })).toBe(1);
    for (const name of [
      "nea_request_duration_seconds",
      "nea_handler_duration_seconds",
      "nea_arena_peak_bytes",
    ]) {
      expect(rose(after, `${name}_count`, { route: "hello" })).toBe(3);
      expect(rose(after, `${name}_bucket`, { route: "hello", le: "+Inf" })).toBe(3);
      expect(rose(after, `${name}_sum`, { route: "hello" })).toBeGreaterThan(0);
    }
    expect(rose(after, "nea_request_wait_seconds_count", { pool: "small" })).toBe(3);
    expect(rose(after, "nea_request_wait_seconds_count", { pool: "proxy" })).toBe(2);
    expect(rose(after, "nea_upstream_head_seconds_count", { upstream: "app" })).toBe(1);
    expect(rose(after, "nea_received_body_bytes_total", { route: "app" })).toBe(1000);
    expect(after.value("nea_upstream_failures_total", { upstream: "away" })).toBeGreaterThanOrEqual(1);
    expect(after.value("nea_upstream_targets", { upstream: "app", state: "healthy" })).toBe(1);
  });

  test("count an overflow at its route and cause, and the slot comes back", async () => {
    const before = await scrape();
    expect(await ask("/bomb")).toBe(500);
    const after = await counted(before.value("nea_requests_total") + 1);
    expect(after.value("nea_handler_failures_total", { route: "bomb", cause: "memory" })).toBe(1);
    expect(after.value("nea_handler_failures_total", { route: "bomb", cause: "cpu" })).toBe(0);
    expect(after.value("nea_slots_in_use", { pool: "small" })).toBe(0);
    expect(after.value("nea_slots_high_water", { pool: "small" })).toBeGreaterThanOrEqual(1);
  });

  test("tell a failure that the client did not see from one that it did", async () => {
    const before = await scrape();
    const after = async (path: string) => {
      const status = await ask(path);
      return [status, await counted(before.value("nea_requests_total") + 1)] as const;
    };
    const [status, metrics] = await after("/rescued");
    expect(status).toBe(200);
    expect(metrics.value("nea_handler_takeovers_total", { route: "rescued", by: "upstream" })).toBe(1);
    expect(metrics.value("nea_handler_failures_total", { route: "rescued" })).toBe(1);
    expect(metrics.value("nea_requests_total", { route: "rescued", code: "5xx" })).toBe(0);
  });

  test("show a breaker that has opened, and whom it kept away", async () => {
    const before = await scrape();
    expect(before.value("nea_breaker_state", { route: "fragile", state: "closed" })).toBe(1);
    expect(await ask("/fragile")).toBe(500);
    await counted(before.value("nea_requests_total") + 1);
    expect(await ask("/fragile")).toBe(503);
    const after = await counted(before.value("nea_requests_total") + 2);
    expect(after.value("nea_breaker_state", { route: "fragile", state: "open" })).toBe(1);
    expect(after.value("nea_breaker_state", { route: "fragile", state: "closed" })).toBe(0);
    expect(after.value("nea_breaker_trips_total", { route: "fragile" })).toBe(1);
    expect(after.value("nea_breaker_refused_total", { route: "fragile" })).toBe(1);
    expect(after.value("nea_errors_total", { code: "ARENA_ROUTE_TRIPPED" })).toBe(1);
  });

  test("have the plan in them, whose terms add up to it, and it is more than what is used", async () => {
    const metrics = await scrape();
    const terms = metrics.all("nea_plan_term_bytes").reduce((sum, { value }) => sum + value, 0);
    expect(terms).toBe(metrics.value("nea_plan_bytes"));
    expect(metrics.value("nea_process_resident_memory_peak_bytes")).toBeLessThan(terms);
    expect(metrics.value("nea_memory_limit_bytes")).toBe(2 * 1024 ** 3);
  });

  test("do not grow with what clients send: paths, methods, hosts, ids", async () => {
    const before = await scrape();
    const requests = Array.from({ length: 300 }, (_, i) =>
      ask(`/${"x".repeat(i)}/${i}?q=${i}`, {
        method: ["GET", "PUT", "PATCH", "REPORT"][i % 4]!,
        headers: { "x-request-id": `id-${i}`, "user-agent": `agent ${i}`, "traceparent": `junk-${i}` },
      }),
    );
    await Promise.all(requests);
    const after = await counted(before.value("nea_requests_total") + requests.length);
    // One class and one code at most that was not there before.
    expect(after.lines - before.lines).toBeLessThanOrEqual(2);
  });

  test("are the same for several who ask at once, and a fifth is told to come again", async () => {
    const sockets = await Promise.all(Array.from({ length: 4 }, () => fetch(`${gateway.adminUrl}/metrics`)));
    expect(sockets.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const response of sockets) new Exposition(await response.text());
  });
});

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Labels that Prometheus or Kubernetes add to every series. */
const FROM_OUTSIDE = new Set(["job", "instance", "namespace", "pod", "service", "container", "endpoint"]);

const rules = (
  parse(readFileSync("charts/nea-gateway/rules/nea-gateway.yaml", "utf8")) as {
    groups: { name: string; rules: Rule[] }[];
  }
).groups.flatMap(({ rules }) => rules);

const dashboard = JSON.parse(
  readFileSync("charts/nea-gateway/dashboards/nea-gateway.json", "utf8"),
) as unknown;

/** Every `expr` in the dashboard, with Grafana's variables replaced by what they may stand for. */
function expressions(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key !== "expr" || typeof value !== "string") return expressions(value);
    return [value.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, ".*")];
  });
}

interface Selector {
  readonly name: string;
  readonly labels: string[];
}

/** The metrics of a query with the labels that it selects by, and those that it groups by. Throws if it is no PromQL. */
function selectorsOf(query: string): { selectors: Selector[]; grouping: string[] } {
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  let inGrouping = false;
  parser.parse(query).iterate({
    enter({ type, from, to }) {
      const text = query.slice(from, to);
      if (type.isError) throw new Error(`not PromQL at ${from}: ${query}`);
      if (type.name === "Identifier") selectors.push({ name: text, labels: [] });
      if (type.name === "GroupingLabels") inGrouping = true;
      if (type.name === "LabelName") (inGrouping ? grouping : selectors.at(-1)!.labels).push(text);
    },
    leave({ type }) {
      if (type.name === "GroupingLabels") inGrouping = false;
    },
  });
  return { selectors, grouping };
}

function faultsOf(query: string, names: Map<string, Set<string>>): string[] {
  const { selectors, grouping } = selectorsOf(query);
  const unknown = selectors.flatMap(({ name, labels }) => {
    const known = names.get(name);
    if (!known) return [`there is no ${name}`];
    return labels
      .filter((label) => !known.has(label) && !FROM_OUTSIDE.has(label))
      .map((label) => `${name} has no ${label}`);
  });
  const all = new Set(selectors.flatMap(({ name }) => [...(names.get(name) ?? [])]));
  const odd = grouping.filter((label) => !all.has(label) && !FROM_OUTSIDE.has(label));
  return [...unknown, ...odd.map((label) => `nothing in it has ${label}: ${query}`)];
}

describe("the dashboard and the alerts", () => {
  let names: Map<string, Set<string>>;
  beforeAll(async () => {
    await ask("/hello");
    await ask("/away");
    const metrics = await counted(2);
    names = metrics.names();
    // Absent while the view is stale, which it is here: nobody is at that port.
    for (const name of ["nea_fleet_slots", "nea_fleet_slots_in_use", "nea_fleet_queue_length"])
      names.set(name, new Set(["pool"]));
  });

  test("the check itself knows a metric and a label that do not exist", () => {
    expect(faultsOf('sum by (rout) (rate(nea_requests_total{clas="5xx"}[5m])) > nea_nothing', names)).toEqual(
      [
        "nea_requests_total has no clas",
        "there is no nea_nothing",
        expect.stringMatching(/^nothing in it has rout/),
      ],
    );
    expect(() => selectorsOf("rate(nea_x[5m]")).toThrow("not PromQL");
  });

  test("every query of the dashboard is PromQL about metrics and labels that exist", () => {
    const queries = expressions(dashboard);
    expect(queries.length).toBeGreaterThan(40);
    expect(queries.flatMap((query) => faultsOf(query, names))).toEqual([]);
  });

  test("every alert is PromQL about metrics and labels that exist", () => {
    expect(rules.flatMap(({ expr }) => faultsOf(expr, names))).toEqual([]);
  });

  test.each(rules)(
    "$alert says what it means, and has a runbook and a severity",
    ({ alert, labels, annotations }) => {
      expect(alert).toMatch(/^Nea[A-Z][A-Za-z]+$/);
      expect(["warning", "critical"]).toContain(labels["severity"]);
      for (const key of ["summary", "description", "runbook"]) expect(annotations[key]).toMatch(/\S{3}/);
    },
  );

  test("there is an alert for saturation, overflows, shed load, condemned slots, plan against use, and failed reloads", () => {
    const about = (metric: string) => rules.some(({ expr }) => expr.includes(metric));
    for (const metric of [
      "nea_slots_in_use",
      'nea_handler_failures_total{cause="memory"}',
      "nea_refused_total",
      "nea_slots_condemned_total",
      "nea_plan_bytes",
      "nea_config_last_reload_successful",
    ]) {
      expect([metric, about(metric)]).toEqual([metric, true]);
    }
  });

  test("alerts name labels of their own series only in what they say", () => {
    for (const { alert, annotations } of rules) {
      for (const [, label] of annotations["summary"]!.matchAll(/\$labels\.(\w+)/g)) {
        expect([alert, FROM_OUTSIDE.has(label!) || ["pool", "route", "upstream"].includes(label!)]).toEqual([
          alert,
          true,
        ]);
      }
    }
  });
});
