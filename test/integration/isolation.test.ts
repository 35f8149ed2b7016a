// Promise P2: what one request does to its thread, its arena or its time, no other request notices.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import { RawOrigin } from "../support/raw-origin.ts";
import { COUNTS_SWITCHES, voluntarySwitches } from "../support/voluntary-switches.ts";

const handlers = (name: string) => inRepository(`test/integration/handlers/${name}.ts`);

/** Handlers that compute until they are stopped: in bytecode, and in a native loop. */
const LONG = ["spin-loop", "native-sort"];
const LONG_MS = 200;

function configOf(upstream: string, threads: number) {
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    threads,
    upstreams: { app: { targets: [upstream] } },
    pools: { shared: { slots: 14, arena: "4Mi", queue: { wait: "20s" } } },
    drain: { delay: "0s" },
    routes: [
      {
        name: "patient",
        match: { path: { prefix: "/patient" } },
        handler: handlers("patient"),
        pool: "shared",
        upstream: "app",
        limits: { cpu: "20s", wall: "60s", subrequests: 100 },
      },
      {
        name: "culprit",
        match: { path: { prefix: "/culprit" } },
        handler: handlers("culprit"),
        pool: "shared",
        limits: { cpu: "20ms", wall: "20s" },
      },
      ...LONG.map((name) => ({
        name,
        match: { path: { prefix: `/${name}` } },
        handler: inRepository(`test/hostile/handlers/${name}.ts`),
        pool: "shared",
        limits: { cpu: `${LONG_MS}ms`, wall: "20s" },
      })),
    ],
  };
}

let upstream: RawOrigin;
beforeAll(async () => {
  upstream = await RawOrigin.start(({ startLine }, { socket }) => {
    const body = startLine.split(" ")[1]!.slice("/upstream/".length);
    const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    // Not at once: the handler is suspended meanwhile.
    setTimeout(() => socket.write(answer), 5);
    return null;
  });
});
afterAll(() => upstream.stop());

/** The line of the culprit's source in which this stands. */
function lineOf(text: string): number {
  return (
    readFileSync(handlers("culprit"), "utf8")
      .split("\n")
      .findIndex((line) => line.includes(text)) + 1
  );
}

/** Ten requests that wait for timers, the upstream or their bodies, and what they must answer. */
function innocents(gateway: GatewayProcess, round: number) {
  return Array.from({ length: 10 }, (_, i) => {
    const name = `${round}-${i}`;
    const url = `${gateway.url}/patient?name=${name}&timers=10&calls=4`;
    const heard = ["10 timers", ...[0, 1, 2, 3].map((call) => `${name}/${call}`)];
    if (i % 3 > 0) return { reply: ask(url), expected: `${name}: ${heard.join(", ")}` };
    const body = "x".repeat(100_000);
    return {
      reply: ask(url, { method: "POST", body }),
      expected: `${name}: 100000 bytes, ${heard.join(", ")}`,
    };
  });
}

async function expectUnharmed(asked: ReturnType<typeof innocents>): Promise<void> {
  for (const { reply, expected } of asked) {
    const { status, body } = await reply;
    expect([status, body]).toEqual([200, expected]);
  }
}

describe("on one thread", () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await GatewayProcess.start(configOf(upstream.url, 1));
  });
  afterAll(() => gateway.stop());

  test.each(["sort", "bigint", "split", "derive", "wrap"])(
    "ten that wait outlive a turn ended in %s, seven times in a row",
    async (kind) => {
      for (let round = 0; round < 7; round++) {
        const asked = innocents(gateway, round);
        const culprits = await Promise.all([
          ask(`${gateway.url}/culprit/${kind}`),
          ask(`${gateway.url}/culprit/${kind}`),
        ]);
        for (const { status, code } of culprits) expect([status, code]).toEqual([500, "HANDLE_CPU_EXCEEDED"]);
        await expectUnharmed(asked);
      }
    },
  );

  test("and every other way to end", async () => {
    const kinds = ["spin", "overflow", "throw", "wait", "sort", "nothing"];
    for (let round = 0; round < 4; round++) {
      const asked = innocents(gateway, round);
      const ended = await Promise.all(kinds.map((kind) => ask(`${gateway.url}/culprit/${kind}`)));
      expect(ended.map(({ status, code }) => code || status)).toEqual([
        "HANDLE_CPU_EXCEEDED",
        "ARENA_MEMORY_EXCEEDED",
        "HANDLE_THREW",
        "HANDLE_TIMED_OUT",
        "HANDLE_CPU_EXCEEDED",
        200,
      ]);
      await expectUnharmed(asked);
    }
  });

  test("a reload while threads are killed: nothing of either generation is lost", async () => {
    for (let round = 0; round < 4; round++) {
      const reloads = gateway.log.filter(({ msg }) => msg === "reloaded").length;
      const asked = innocents(gateway, round);
      // All images are made anew.
      const { routes, ...rest } = configOf(upstream.url, 1);
      const changed = routes.map((route) => ({ ...route, env: { ROUND: String(round) } }));
      writeFileSync(gateway.configFile, JSON.stringify({ ...rest, routes: changed }));
      gateway.child.kill("SIGHUP");
      const culprits = [ask(`${gateway.url}/culprit/wrap`), ask(`${gateway.url}/culprit/sort`)];
      for (const { code } of await Promise.all(culprits)) expect(code).toBe("HANDLE_CPU_EXCEEDED");
      await expectUnharmed(asked);
      await gateway.until(() => gateway.log.filter(({ msg }) => msg === "reloaded").length > reloads);
      await expectUnharmed(innocents(gateway, round));
    }
    expect(gateway.log.filter(({ msg }) => msg?.startsWith("reload failed"))).toEqual([]);
  });

  test.each([
    ["bigint", "large.toString()"],
    ["derive", "await crypto.subtle.deriveBits("],
    ["wrap", "await subtle.wrapKey("],
  ])("every %s is in the log with its line; no upstream heard anything twice", (kind, code) => {
    const records = gateway.log.filter(
      (line) => line["cause"] === "cpu" && String(line["path"]).endsWith(`/${kind}`),
    );
    expect(records.length).toBeGreaterThan(0);
    for (const { at, function: name } of records as Record<string, unknown>[]) {
      expect([at === null ? null : String(at).replace(/:\d+$/, ""), name]).toEqual([
        `test/integration/handlers/culprit.ts:${lineOf(code)}`,
        "<anonymous>",
      ]);
    }
    expect(upstream.faults).toEqual([]);
  });
});

/** By worker thread. */
function switchesOf({ pid }: GatewayProcess): Map<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`);
  const workers = threads.filter((thread) => readFileSync(`${thread}/comm`, "latin1") === "WorkerThread\n");
  return new Map(workers.map((thread) => [thread, voluntarySwitches(thread)]));
}

describe.runIf(COUNTS_SWITCHES)("a turn that computes for long", () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await GatewayProcess.start(configOf(upstream.url, 1));
  });
  afterAll(() => gateway.stop());

  test.each(LONG)("leaves its processor to others all the time: %s", async (name) => {
    // The first one also waits for code to be compiled.
    await ask(`${gateway.url}/${name}`);
    const before = switchesOf(gateway);
    expect((await ask(`${gateway.url}/${name}`)).code).toBe("HANDLE_CPU_EXCEEDED");
    const more = [...switchesOf(gateway)].map(
      ([thread, switches]) => switches - (before.get(thread) ?? switches),
    );
    // By its own clock each millisecond, or rung for each other one; on a busy machine it waits in between.
    expect(Math.max(...more)).toBeGreaterThan(LONG_MS / 10);
  });
});

test("on two threads, both killed at the same moment", async () => {
  const gateway = await GatewayProcess.start(configOf(upstream.url, 2));
  for (let round = 0; round < 5; round++) {
    const asked = innocents(gateway, round);
    const culprits = await Promise.all(Array.from({ length: 4 }, () => ask(`${gateway.url}/culprit/wrap`)));
    for (const { status, code } of culprits) expect([status, code]).toEqual([500, "HANDLE_CPU_EXCEEDED"]);
    await expectUnharmed(asked);
  }
  await gateway.stop();
});

test("a gateway that is itself kept waiting for a processor blames no handler for it", async () => {
  const gateway = await GatewayProcess.start(configOf(upstream.url, 1));
  const stop = setInterval(() => {
    gateway.child.kill("SIGSTOP");
    setTimeout(() => gateway.child.kill("SIGCONT"), 60);
  }, 150);
  for (let round = 0; round < 3; round++) {
    await expectUnharmed(innocents(gateway, round));
    const { body } = await ask(`${gateway.url}/culprit/nothing`);
    expect(body).toBe("innocent after all");
  }
  clearInterval(stop);
  gateway.child.kill("SIGCONT");
  await gateway.stop();
});
