// Whole gateways and one Redis: what operators see, and that no request notices any of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { FleetView } from "../../gateway/fleet/view.ts";
import { Exposition } from "../support/exposition.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import { freePort } from "../support/free-port.ts";
import { RedisServer } from "../support/redis-server.ts";

function configuration(redis: string, fleet: object = {}): object {
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    pools: { small: { slots: 2, arena: "4Mi" } },
    threads: 1,
    routes: [{ name: "hello", handler: inRepository("handlers/hello.ts"), pool: "small" }],
    fleet: { redis, name: "edge", ...fleet },
    drain: { delay: "0s", deadline: "1s" },
  };
}

async function gatewayIn(
  redis: string,
  fleet: object = {},
  env: NodeJS.ProcessEnv = {},
): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(configuration(redis, fleet), env);
  onTestFinished(async () => void (await gateway.stop()));
  return gateway;
}

async function viewOf({ adminUrl }: GatewayProcess): Promise<FleetView> {
  const response = await fetch(`${adminUrl}/api/fleet`);
  return ((await response.json()) as { fleet: FleetView }).fleet;
}

/** Nothing announces a change of the view. */
async function until(gateway: GatewayProcess, holds: (view: FleetView) => boolean): Promise<FleetView> {
  for (;;) {
    const view = await viewOf(gateway);
    if (holds(view)) return view;
    await sleep(20);
  }
}

const sees = (count: number) => (view: FleetView) => view.totals.live === count && !view.stale;

async function metricsOf({ adminUrl }: GatewayProcess): Promise<Exposition> {
  return new Exposition(await (await fetch(`${adminUrl}/metrics`)).text());
}

test("two gateways see each other within three seconds; one that is killed is marked, and gone after its time", async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.stop());
  const first = await gatewayIn(redis.url, { ttl: "5s" });
  const second = await gatewayIn(redis.url, { ttl: "5s" });
  const startedMs = performance.now();
  await Promise.all([until(first, sees(2)), until(second, sees(2))]);
  expect(performance.now() - startedMs).toBeLessThan(3000);
  const metrics = await metricsOf(first);
  expect(metrics.value("nea_fleet_replicas")).toBe(2);
  expect(metrics.value("nea_fleet_slots", { pool: "small" })).toBe(4);
  expect(metrics.value("nea_fleet_view_stale")).toBe(0);
  await second.stop("SIGKILL");
  const { replicas } = await until(first, ({ totals }) => totals.stale === 1);
  expect(replicas.map(({ self, stale }) => [self, stale]).sort()).toEqual([
    [false, true],
    [true, false],
  ]);
  await until(first, ({ replicas }) => replicas.length === 1);
});

test("one that stops says goodbye, and while it drains is seen as not ready", async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.stop());
  const first = await gatewayIn(redis.url, { interval: "100ms", ttl: "1m" });
  const second = await GatewayProcess.start({
    ...configuration(redis.url, { interval: "100ms", ttl: "1m" }),
    drain: { delay: "1s", deadline: "2s" },
  });
  await until(first, sees(2));
  const stopped = second.stop();
  await until(first, ({ replicas }) => replicas.some(({ ready }) => !ready));
  await stopped;
  await until(first, ({ replicas }) => replicas.length === 1);
});

test("with Redis killed, requests are served as before, the view says since when it is stale, metrics fall silent", async () => {
  const port = await freePort();
  const redis = await RedisServer.start([], port);
  onTestFinished(() => redis.stop());
  const gateway = await gatewayIn(redis.url, { interval: "100ms", ttl: "1s" });
  await until(gateway, ({ redis }) => redis.trueAt !== null);
  await redis.stop();
  const view = await until(gateway, ({ stale }) => stale);
  expect(Date.parse(view.redis.trueAt!)).toBeLessThan(Date.now());
  expect(view.redis.error).toMatch(/ECONNREFUSED|closed/i);
  for (let i = 0; i < 50; i++) expect((await fetch(`${gateway.url}/ada`)).status).toBe(200);
  const metrics = await metricsOf(gateway);
  expect(metrics.value("nea_fleet_view_stale")).toBe(1);
  expect(metrics.all("nea_fleet_slots")).toEqual([]);
  // An outage is one line in the log, however long it lasts.
  await until(gateway, () => true);
  expect(gateway.log.filter(({ msg }) => msg === "fleet: redis fails")).toHaveLength(1);
  const again = await RedisServer.start([], port);
  onTestFinished(() => again.stop());
  await until(gateway, sees(1));
  await gateway.line(({ msg }) => msg === "fleet: redis is back");
});

test("a change of the configuration moves a gateway to another fleet, or out of it, without a restart", async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.stop());
  const gateway = await gatewayIn(redis.url, { interval: "100ms", ttl: "1s" });
  await until(gateway, sees(1));
  const change = (fleet: object) => writeFileSync(gateway.configFile, JSON.stringify(fleet));
  change(configuration(redis.url, { name: "core", interval: "100ms", ttl: "1s" }));
  const view = await until(gateway, (view) => view.name === "core" && view.redis.trueAt !== null);
  expect(view.totals.live).toBe(1);
  const { fleet: _none, ...alone } = configuration(redis.url) as { fleet: unknown };
  change(alone);
  while ((await viewOf(gateway)) !== null) await sleep(20);
  while (((await redis.run("keys", "*")) as string[]).length > 0) await sleep(20);
});

test("rediss:// speaks TLS to a server whose certificate is trusted, and to no other", async () => {
  const directory = mkdtempSync(join(tmpdir(), "nea-tls-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [key, certificate] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const options = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "2",
  ];
  execFileSync("openssl", [...options, "-keyout", key, "-out", certificate, ...subject], { stdio: "ignore" });
  const tlsPort = await freePort();
  const tls = [
    `tls-port ${tlsPort}`,
    `tls-cert-file ${certificate}`,
    `tls-key-file ${key}`,
    `tls-ca-cert-file ${certificate}`,
  ];
  const redis = await RedisServer.start([...tls, "tls-auth-clients no"]);
  onTestFinished(() => redis.stop());
  const url = `rediss://localhost:${tlsPort}`;
  const trusting = await gatewayIn(
    url,
    { interval: "100ms", ttl: "1s" },
    { NODE_EXTRA_CA_CERTS: certificate },
  );
  await until(trusting, ({ redis, stale }) => redis.trueAt !== null && !stale);
  const wary = await gatewayIn(url, { interval: "100ms", ttl: "1s" });
  const view = await until(wary, ({ redis }) => redis.error !== null);
  expect(view.redis.error).toContain("self-signed certificate");
  expect((await fetch(`${wary.url}/ada`)).status).toBe(200);
});
