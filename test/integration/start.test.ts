// What a start does not do: load what serving needs not, and take more of V8's threads than leave a processor to others.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import type { LoadedModules } from "../support/report-modules.ts";

const CONFIG = {
  listen: "127.0.0.1:0",
  admin: "127.0.0.1:0",
  pools: { small: { slots: 1, arena: "4Mi" } },
  routes: [{ handler: inRepository("handlers/hello.ts"), pool: "small" }],
  drain: { delay: "0s" },
};

async function modulesOf(changes: object): Promise<LoadedModules> {
  const directory = mkdtempSync(join(tmpdir(), "nea-modules-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "modules.json");
  const gateway = await GatewayProcess.start(
    { ...CONFIG, ...changes },
    {
      NODE_OPTIONS: `--import=${inRepository("test/support/report-modules.ts")}`,
      MODULES_FILE: file,
    },
  );
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

const THREADS_DIFFER = existsSync("/proc/thread-self/comm");

/** How much the threads of a gateway that has started give way: [name, nice]. */
async function threadsOf(options = ""): Promise<[string, number][]> {
  const gateway = await GatewayProcess.start(CONFIG, { NODE_OPTIONS: options });
  const tasks = `/proc/${gateway.pid}/task`;
  const threads = readdirSync(tasks).map((task): [string, number] => [
    readFileSync(`${tasks}/${task}/comm`, "latin1").trim(),
    getPriority(Number(task)),
  ]);
  await gateway.stop();
  return threads;
}

const isV8 = ([name]: [string, number]) => name.endsWith("V8Worker");

test.runIf(THREADS_DIFFER)(
  "V8 has one thread fewer than there are processors, one at least and four at most, or as many as it is told",
  async () => {
    const expected = Math.max(1, Math.min(4, availableParallelism() - 1));
    expect((await threadsOf()).filter(isV8)).toHaveLength(expected);
    expect((await threadsOf("--v8-pool-size=3")).filter(isV8)).toHaveLength(3);
  },
);

// What is started by somebody who gives way himself gives way from the beginning.
test.runIf(THREADS_DIFFER && getPriority() === 0)(
  "the I/O thread gives way to nobody, arena threads and V8's to it, and the thread for long turns to all",
  async () => {
    const threads = await threadsOf();
    const nices = (is: (thread: [string, number]) => boolean) =>
      new Set(threads.filter(is).map(([, nice]) => nice));
    expect(nices(([name]) => name.endsWith("MainThread"))).toEqual(new Set([0]));
    expect(nices(isV8)).toEqual(new Set([4]));
    expect(nices(([name]) => name === "WorkerThread")).toEqual(new Set([4, 10]));
  },
);
