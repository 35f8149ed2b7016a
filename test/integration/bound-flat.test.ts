// After the start the resident size stays where it is: what a pass of requests takes, the next pass of the same takes
// again, and nothing is left of either. (That no load exceeds the plan is for test/storm to show.)
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";

const MIB = 1024 * 1024;
/** V8 sizes its young generation by what it just saw; that much may differ from pass to pass. */
const SAME_BYTES = 10 * MIB;
const REQUESTS = 900;
const CLIENTS = 24;

let origin: Server;
let gateway: GatewayProcess;
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const BODY = Buffer.alloc(200_000, "x");

beforeAll(async () => {
  origin = createServer((req, res) => {
    req.resume().on("end", () => res.end(BODY));
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const handler = (path: string, file: string) => ({
    match: { path: { prefix: path } },
    handler: inRepository(file),
    pool: "small",
    upstream: "app",
  });
  gateway = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    upstreams: { app: { targets: [`http://127.0.0.1:${(origin.address() as AddressInfo).port}`] } },
    pools: { small: { slots: 8, arena: "4Mi", queue: { length: 64, wait: "10s" } } },
    images: "8Mi",
    routes: [
      handler("/hello", "handlers/hello.ts"),
      handler("/bomb", "handlers/bomb.ts"),
      handler("/kill", "test/hostile/handlers/native-sort.ts"),
      { match: { path: { prefix: "/" } }, upstream: "app" },
    ],
  });
});

afterAll(async () => {
  agent.destroy();
  await gateway.stop();
  origin.close();
});

function ask(path: string, body: Buffer | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { port: gateway.port, host: "127.0.0.1", path, agent, method: body ? "POST" : "GET" };
    const req = request(options, (res) => res.resume().on("end", resolve));
    req.on("error", reject).end(body ?? undefined);
  });
}

/** The same requests in the same order each time: handlers, overflows, a few kills, bodies both ways. */
async function pass(): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < REQUESTS; i = next++) {
      if (i % 150 === 7) await ask("/kill", null);
      else if (i % 5 === 0) await ask("/bomb", null);
      else if (i % 5 < 3) await ask("/hello/you", null);
      else await ask("/file", i % 2 === 0 ? BODY : null);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** The resident size once it no longer moves. */
async function settled(): Promise<number> {
  let [last, same] = [0, 0];
  while (same < 5) {
    await sleep(100);
    const { residentBytes } = gateway.memory.read();
    same = Math.abs(residentBytes - last) < MIB / 4 ? same + 1 : 0;
    last = residentBytes;
  }
  return last;
}

test(
  "two passes of the same requests end at the same resident size, far below the plan",
  { timeout: 120_000 },
  async () => {
    // The first passes compile, fill caches and grow the heap to its working size.
    await pass();
    await pass();
    const before = await settled();
    await pass();
    const after = await settled();
    expect(Math.abs(after - before)).toBeLessThan(SAME_BYTES);
    const { peakBytes } = gateway.memory.read();
    expect(peakBytes).toBeLessThanOrEqual(gateway.plannedBytes);
  },
);
