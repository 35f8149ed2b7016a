// Promise P4, from outside: one slot, so that every request runs where the one before it ran.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";

let gateway: GatewayProcess;
let clean: string;

beforeAll(async () => {
  const memory = {
    handler: inRepository("test/integration/handlers/memory.ts"),
    pool: "one",
    env: { NAME: "value" },
  };
  gateway = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    pools: { one: { slots: 1, arena: "4Mi", queue: { wait: "20s" } } },
    drain: { delay: "0s" },
    routes: [
      {
        name: "warmed",
        match: { path: { prefix: "/warmed" } },
        handler: inRepository("test/integration/handlers/counting.ts"),
        pool: "one",
        warm: ["GET /warmed/1", "GET /warmed/2"],
      },
      { ...memory, name: "waits", match: { path: { exact: "/poison/wait" } }, limits: { wall: "300ms" } },
      // It takes 90 ms, and is given this and 30 ms to hear the bell.
      { ...memory, name: "wraps", match: { path: { exact: "/poison/wrap" } }, limits: { cpu: "20ms" } },
      { ...memory, name: "memory", limits: { cpu: "100ms", wall: "20s" } },
    ],
  });
  clean = (await ask(`${gateway.url}/look`)).body;
}, 60_000);
afterAll(() => gateway.stop());

describe("a handler finds nothing of an earlier request", () => {
  test("to begin with, everything is as its module left it", () => {
    expect(JSON.parse(clean)).toMatchObject({
      count: 0,
      generator: 0,
      global: "clean",
      closure: "clean",
      env: "NAME",
    });
    expect(clean).not.toContain("dirty");
  });

  test.each([
    ["answered", "/poison", 200, ""],
    ["overflowed", "/poison/overflow", 500, "ARENA_MEMORY_EXCEEDED"],
    ["used up its time", "/poison/spin", 500, "HANDLE_CPU_EXCEEDED"],
    ["used up its time in a native loop", "/poison/native", 500, "HANDLE_CPU_EXCEEDED"],
    ["threw", "/poison/throw", 500, "HANDLE_THREW"],
    ["waited for ever", "/poison/wait", 504, "HANDLE_TIMED_OUT"],
  ])("that patched everything and then %s", async (_how, path, status, code) => {
    for (let round = 0; round < 3; round++) {
      const reply = await ask(gateway.url + path);
      expect([reply.status, reply.code]).toEqual([status, code]);
      expect((await ask(`${gateway.url}/look`)).body).toBe(clean);
    }
  });

  test("that patched everything and then was killed with its thread", async () => {
    const reply = await ask(`${gateway.url}/poison/wrap`);
    expect([reply.status, reply.code]).toEqual([500, "HANDLE_CPU_EXCEEDED"]);
    expect((await ask(`${gateway.url}/look`)).body).toBe(clean);
    expect((await ask(`${gateway.adminUrl}/metrics`)).body).toContain("nea_arena_thread_kills_total 1\n");
  });

  test("that brought the engine down", async () => {
    const reply = await ask(`${gateway.url}/poison/trap`);
    expect(reply.status).toBe(500);
    expect((await ask(`${gateway.url}/look`)).body).toBe(clean);
  });

  test("whose client left", async () => {
    const leave = new AbortController();
    const leaving = ask(`${gateway.url}/poison/wait`, { signal: leave.signal });
    setTimeout(() => leave.abort(), 50);
    expect((await leaving).status).toBe(0);
    expect((await ask(`${gateway.url}/look`)).body).toBe(clean);
  });
});

test("random numbers are new in every request, and never a sequence seen before", async () => {
  const numbers: number[] = [];
  for (let i = 0; i < 40; i++)
    numbers.push(...(JSON.parse((await ask(`${gateway.url}/random`)).body) as number[]));
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const number of numbers) expect(number >= 0 && number < 1).toBe(true);
});

test("what warm requests leave is part of the image; what clients leave is not", async () => {
  for (let i = 0; i < 3; i++)
    expect((await ask(`${gateway.url}/warmed/3`)).body).toBe("2 before: /warmed/1 /warmed/2");
});

test("requests that are under way at the same time in arenas of one pool see only themselves", async () => {
  const crowd = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    pools: { many: { slots: 8, arena: "4Mi", queue: { wait: "20s" } } },
    drain: { delay: "0s" },
    routes: [
      {
        handler: inRepository("test/integration/handlers/interleaving.ts"),
        pool: "many",
        limits: { cpu: "5s" },
      },
    ],
  });
  const paths = Array.from({ length: 60 }, (_, i) => `/who/${i}`);
  const bodies = await Promise.all(paths.map(async (path) => (await ask(crowd.url + path)).body));
  expect(bodies).toEqual(paths.map((path) => `${path} only`));
  await crowd.stop();
});
