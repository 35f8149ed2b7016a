// What a start does not do: load what serving needs not.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import type { LoadedModules } from "../support/report-modules.ts";

async function modulesOf(changes: object): Promise<LoadedModules> {
  const directory = mkdtempSync(join(tmpdir(), "nea-modules-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "modules.json");
  const config = {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    pools: { small: { slots: 1, arena: "4Mi" } },
    routes: [{ handler: inRepository("handlers/hello.ts"), pool: "small" }],
    drain: { delay: "0s" },
    ...changes,
  };
  const gateway = await GatewayProcess.start(config, {
    NODE_OPTIONS: `--import=${inRepository("test/support/report-modules.ts")}`,
    MODULES_FILE: file,
  });
  expect(await (await fetch(gateway.url)).text()).toContain("you");
  await gateway.stop();
  return JSON.parse(readFileSync(file, "utf8")) as LoadedModules;
}

test("the process that serves has not loaded what reads a configuration, Redis' client, or Node's fetch", async () => {
  const { files, builtins } = await modulesOf({});
  expect(files.filter((url) => url.includes("/gateway/arena/"))).not.toEqual([]);
  expect(files.filter((url) => /\/node_modules\/(zod|yaml|ioredis)\//.test(url))).toEqual([]);
  expect(builtins.filter((name) => name.includes("undici"))).toEqual([]);
});

test("a gateway of a fleet has loaded Redis' client before its first request", async () => {
  const { files } = await modulesOf({ fleet: { redis: "redis://127.0.0.1:9" } });
  expect(files.filter((url) => url.includes("/node_modules/ioredis/"))).not.toEqual([]);
});
