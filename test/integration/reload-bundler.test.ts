// A reload bundles handlers aside: the I/O thread has nothing to do with esbuild's process, which gives way to everybody.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { GatewayProcess, type LogLine } from "../support/gateway-process.ts";

const SAYS = (what: string) => `export default { fetch: () => new Response(${JSON.stringify(what)}) };`;

/** A process that one of the gateway's threads has started. */
interface Child {
  readonly pid: number;
  readonly thread: number;
  readonly nice: number;
}

let directory: string;
let gateway: GatewayProcess;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "nea-bundler-"));
  gateway = await GatewayProcess.start(configOf("first"));
});
afterAll(async () => {
  await gateway.stop();
  rmSync(directory, { recursive: true });
});

/** A handler in each of three files, so that there is something to bundle for a while. */
function configOf(said: string) {
  const routes = ["a", "b", "c"].map((name) => {
    const handler = join(directory, `${name}.js`);
    writeFileSync(handler, SAYS(`${name} ${said}`));
    return { name, match: { path: { exact: `/${name}` } }, handler, pool: "all" };
  });
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    pools: { all: { slots: 1, arena: "4Mi" } },
    drain: { delay: "0s" },
    routes,
  };
}

/** Reloads, and looks at its children again and again meanwhile. */
async function reload(config: object): Promise<{ line: LogLine; seen: Child[] }> {
  const seen: Child[] = [];
  let isOver = false;
  const end = gateway.reload(config).finally(() => (isOver = true));
  while (!isOver) {
    seen.push(...children());
    await turnOfTheLoop();
  }
  return { line: await end, seen };
}

function children(): Child[] {
  const { pid } = gateway;
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const list = readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean);
      return list.map((child) => ({ pid: +child, thread: +thread, nice: getPriority(+child) }));
    } catch {
      // The thread has ended, or the process.
      return [];
    }
  });
}

describe.runIf(existsSync("/proc/thread-self/children"))("esbuild's process", () => {
  test("belongs to another thread than the one that answers, gives way, and leaves nothing behind", async () => {
    const { line, seen } = await reload(configOf("second"));
    expect(line.msg).toBe("reloaded");
    expect((await ask(`${gateway.url}/c`)).body).toBe("c second");
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen.map(({ pid }) => pid)).size).toBe(1);
    expect(seen.filter(({ thread }) => thread === gateway.pid)).toEqual([]);
    // It inherits the priority when it begins.
    expect(new Set(seen.map(({ nice }) => nice))).toEqual(new Set([10]));
    expect(children()).toEqual([]);
  });

  test("is gone as well after a handler that cannot be bundled, whose fault is told with its line", async () => {
    const config = configOf("third");
    writeFileSync(join(directory, "b.js"), "export default {\n  fetch: () => }\n};");
    const { msg, problem } = await gateway.reload(config);
    expect(msg).toBe("reload failed, the old configuration stays");
    expect(problem).toMatch(/b\.js:2:16: Unexpected "\}"/);
    expect(children()).toEqual([]);
    expect((await ask(`${gateway.url}/a`)).body).toBe("a second");
    expect((await gateway.reload(configOf("fourth"))).msg).toBe("reloaded");
    expect((await ask(`${gateway.url}/b`)).body).toBe("b fourth");
  });

  test("is not started for a configuration without handlers", async () => {
    const redirect = { name: "moved", match: { path: { exact: "/a" } }, redirect: { location: "/b" } };
    const { line, seen } = await reload({ ...configOf("fifth"), routes: [redirect] });
    expect(line.msg).toBe("reloaded");
    expect(seen).toEqual([]);
  });
});
