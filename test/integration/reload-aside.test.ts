// A reload reads its configuration on a thread of its own: a long one delays nobody, and one that takes too much memory to
// check ends that thread and not the gateway (V8 ends a process whose heap is full).
import { rmSync, writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConfigError, loadConfig } from "../../gateway/config.ts";
import { loadConfigAside } from "../../gateway/config/load-aside.ts";
import { ask } from "../support/client.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import { RawOrigin } from "../support/raw-origin.ts";

const SHIPPED = inRepository("config/gateway.yaml");

describe("a configuration that is loaded aside", () => {
  test("is the one that is loaded at start: frozen, and by-name parts take no name for known", async () => {
    const [aside, here] = [await loadConfigAside(SHIPPED), loadConfig(SHIPPED)];
    expect(aside).toEqual(here);
    expect(JSON.stringify(aside)).toBe(JSON.stringify(here));
    expect(Object.isFrozen(aside.routes[0])).toBe(true);
    expect(aside.pools["constructor"]).toBeUndefined();
  });

  test("has the same faults", async () => {
    const directory = mkdtempSync(join(tmpdir(), "nea-aside-"));
    const file = join(directory, "gateway.yaml");
    writeFileSync(file, "pools: { small: { slots: many } }\ncolour: blue\n");
    const faultsOf = (error: unknown) => (error as ConfigError).faults;
    const aside = await loadConfigAside(file).catch(faultsOf);
    const here = await (async () => loadConfig(file))().catch(faultsOf);
    expect(here).toHaveLength(4);
    expect(aside).toEqual(here);
    rmSync(directory, { recursive: true });
  });
});

describe("a gateway that runs", () => {
  let upstream: RawOrigin;
  let gateway: GatewayProcess;
  const configOf = (routes: number) => ({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    upstreams: { app: { targets: [upstream.url] } },
    limits: { connections: 64 },
    proxy: { slots: 8 },
    drain: { delay: "0s" },
    routes: Array.from({ length: routes }, (_, i) => ({
      name: `route-${i}`,
      match: { path: { prefix: `/path/${i}` }, headers: { "x-a": "b" }, methods: ["GET", "POST"] },
      upstream: "app",
      requestHeaders: { set: { "x-one": "1", "x-two": "2" }, remove: ["x-three"] },
      timeouts: { head: "10s", idle: "5s" },
    })),
  });
  beforeAll(async () => {
    upstream = await RawOrigin.start();
    gateway = await GatewayProcess.start(configOf(1));
  });
  afterAll(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  const statusOf = async (path: string) =>
    (await ask(gateway.url + path, { headers: { "x-a": "b" } })).status;

  test("takes up a thousand routes, again and again, within its plan", async () => {
    for (let round = 0; round < 3; round++) {
      expect((await gateway.reload(configOf(1000))).msg).toBe("reloaded");
      expect(await statusOf("/path/999")).toBe(200);
    }
    expect(gateway.memory.read().peakBytes).toBeLessThanOrEqual(gateway.plannedBytes);
  });

  test("stays as it is when a configuration takes too much memory to check, and says so", async () => {
    // No longer than a file may be, but all of it nodes for the YAML parser.
    const line = await gateway.reload({ ...configOf(1), pools: Array.from({ length: 190_000 }, () => 0) });
    expect(line.msg).toBe("reload failed, the old configuration stays");
    expect(line["problem"]).toMatch(/gateway\.yaml:1:1: takes more than 44 MiB to check/);
    expect(await statusOf("/path/999")).toBe(200);
    expect((await gateway.reload(configOf(2))).msg).toBe("reloaded");
    expect(await statusOf("/path/999")).toBe(404);
  });
});
