// Promise P6 from outside: a plan over the limit does not start, and says what to do about it.
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../gateway/config.ts";
import { planOf } from "../../gateway/plan.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";

const MIB = 1024 * 1024;
const EXIT_CONFIG = 78;

interface Pools {
  readonly [name: string]: { readonly slots: number; readonly arena: string };
}

function configOf(limitMib: number, pools: Pools): object {
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    pools,
    images: "4Mi",
    memory: { limit: `${limitMib}Mi`, headroom: "0" },
    routes: [{ handler: inRepository("handlers/hello.ts"), pool: Object.keys(pools)[0] }],
  };
}

async function refused(config: object): Promise<string> {
  const gateway = GatewayProcess.spawn(config);
  expect((await gateway.exited).code).toBe(EXIT_CONFIG);
  expect(gateway.text).toBe("");
  return gateway.errorText;
}

describe("a plan over the limit", () => {
  test("exits 78 with both figures, the terms over 5 %, and the most slots that would fit", async () => {
    const pools = { small: { slots: 400, arena: "4Mi" }, large: { slots: 1, arena: "8Mi" } };
    const said = await refused(configOf(900, pools));
    const [first] = said.split("\n");
    expect(first).toMatch(/^the plan needs [\d.]+Mi, the limit is 900Mi \(config memory\.limit\)$/);
    expect(said).toMatch(/^ {2}arenas small +1600Mi {2}400 slots x 4Mi$/m);
    const total = Number(/needs ([\d.]+)Mi/.exec(said)![1]);
    const listed = [...said.matchAll(/^ {2}.{22} +([\d.]+)Mi {2}/gm)].map(([, mib]) => Number(mib));
    for (const mib of listed) expect(mib).toBeGreaterThan(total * 0.05 - 0.1);
    expect(said).toMatch(/pools\.small\.slots: \d+ would fit \(now 400\)/);
  });

  test("the slots that would fit do start, one more does not", async () => {
    const said = await refused(configOf(600, { small: { slots: 400, arena: "4Mi" } }));
    const fitting = Number(/slots: (\d+) would fit/.exec(said)![1]);
    const gateway = await GatewayProcess.start(configOf(600, { small: { slots: fitting, arena: "4Mi" } }));
    expect(gateway.plannedBytes).toBeLessThanOrEqual(600 * MIB);
    expect(gateway.text).toMatch(/^ {2}limit +600Mi {2}config memory\.limit$/m);
    expect((await gateway.stop()).code).toBe(0);
    await refused(configOf(600, { small: { slots: fitting + 1, arena: "4Mi" } }));
  });

  test("says so where not even one slot fits", async () => {
    const said = await refused(configOf(200, { huge: { slots: 2, arena: "512Mi" } }));
    expect(said).toMatch(/not even 1 slot in each pool fits, which needs [\d.]+Mi/);
  });

  test("without any pool says what else can be lowered", async () => {
    const config = {
      listen: "127.0.0.1:0",
      admin: "127.0.0.1:0",
      upstreams: { app: { targets: ["http://127.0.0.1:1"] } },
      memory: { limit: "100Mi", headroom: "0" },
      routes: [{ upstream: "app" }],
    };
    expect(await refused(config)).toMatch(/limits\.connections or proxy\.slots/);
  });
});

test("the shipped configuration starts in a container of 512Mi", async () => {
  const shipped = loadConfig(inRepository("config/gateway.yaml"));
  expect(planOf(shipped).totalBytes).toBeLessThanOrEqual(512 * MIB);
});
