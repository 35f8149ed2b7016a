// `nea plan` as people call it: proposals that can be held against the plan, errors of one line, tables of 80 columns.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandError } from "../../gateway/commands/command-error.ts";
import { runPlan } from "../../gateway/commands/plan.ts";
import { parseConfig } from "../../gateway/config.ts";
import { fitSlots, leastBytes } from "../../gateway/plan/fit.ts";
import { planOf } from "../../gateway/plan.ts";
import { ask } from "../support/client.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";

const MIB = 2 ** 20;
const EXIT_USAGE = 64;
const COLUMNS = 80;

const handler = (file: string) => inRepository(`test/integration/handlers/${file}.ts`);

const CONFIG = {
  listen: "127.0.0.1:0",
  admin: "127.0.0.1:0",
  watch: false,
  images: "8Mi",
  pools: {
    small: { slots: 6, arena: "4Mi", queue: { length: 64, wait: "250ms" } },
    large: { slots: 2, arena: "16Mi" },
  },
  drain: { delay: "0s" },
  routes: [
    { name: "little", match: { path: { prefix: "/little" } }, handler: handler("counting"), pool: "small" },
    { name: "much", match: { path: { prefix: "/culprit" } }, handler: handler("culprit"), pool: "large" },
  ],
};
const parsed = parseConfig(JSON.stringify(CONFIG), inRepository("plan.yaml"), {});

let directory: string;
let file: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nea-plan-"));
  file = join(directory, "gateway.yaml");
  writeFileSync(file, JSON.stringify(CONFIG));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What it writes. Throws CommandError. */
async function plan(...args: string[]): Promise<string> {
  let written = "";
  expect(await runPlan(["--config", file, ...args], (text) => (written += text))).toBe(0);
  return written;
}

function expectNarrow(text: string): void {
  for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(COLUMNS);
}

describe("nea plan", () => {
  test("prints the table, or the same as JSON", async () => {
    expect(JSON.parse(await plan("--json"))).toEqual(JSON.parse(JSON.stringify(planOf(parsed))));
    const table = await plan();
    expect(table).toMatch(/^ {2}arenas small +24Mi {2}6 slots x 4Mi$/m);
    expectNarrow(table);
  });

  test("--help says what there is to ask, and is no error", async () => {
    const help = await plan("--help");
    expect(help).toMatch(/--memory.*--rps.*--target.*--from.*--beyond/s);
    expectNarrow(help);
  });

  test("as a process ends with 64 and one line on standard error for what cannot be meant", async () => {
    const argv = [inRepository("gateway/main.ts"), "plan", "--config", file, "--rps", "400"];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    expect([status, stdout, stderr]).toEqual([EXIT_USAGE, "", "--rps and --service-ms go together\n"]);
  });
});

describe("nea plan --memory", () => {
  test("that the configuration does not fit says which slots would", async () => {
    const memoryMib = Math.ceil(leastBytes(parsed) / MIB) + 10;
    expect(planOf(parsed).totalBytes).toBeGreaterThan(memoryMib * MIB);
    const table = await plan("--memory", `${memoryMib}Mi`);
    const [small, large] = fitSlots(parsed, memoryMib * MIB)!.pools.map(({ slots }) => slots);
    expect(table).toMatch(new RegExp(`^ {2}small +4Mi +6 +${small} `, "m"));
    expect(table).toMatch(new RegExp(`^ {2}large +16Mi +2 +${large} `, "m"));
    expectNarrow(table);
  });

  test("of one slot each and nothing to spare is enough; a byte less is not, and the error says what would be", async () => {
    const least = leastBytes(parsed);
    const { fit } = JSON.parse(await plan("--memory", String(least), "--json")) as {
      fit: { pools: { slots: number }[]; totalBytes: number };
    };
    expect([fit.pools.map(({ slots }) => slots), fit.totalBytes]).toEqual([[1, 1], least]);
    await expect(plan("--memory", String(least - 1))).rejects.toThrow(`takes ${Math.ceil(least / MIB)}Mi`);
  });
});

describe("nea plan --rps --service-ms", () => {
  test("gives, per pool, what the formulas give: 100 requests/s of 50 ms on 6 slots are 5 erlangs", async () => {
    const load = ["--rps", "100", "--service-ms", "50"];
    const { load: report } = JSON.parse(await plan(...load, "--json")) as {
      load: { erlangs: number; pools: { pool: string; blocked: number; waits: number }[] };
    };
    const small = report.pools.find(({ pool }) => pool === "small")!;
    // Erlang B and C of 6 servers at 5 erlangs, as in the usual tables: 19.18 % and 58.75 %.
    const figures = [report.erlangs, small.blocked, small.waits].map((value) => Number(value.toFixed(4)));
    expect(figures).toEqual([5, 0.1918, 0.5875]);
    const table = await plan(...load, "--target", "0.01");
    expect(table).toMatch(/at most 1% wait longer than queue\.wait/);
    expectNarrow(table);
  });

  test("answers for the largest load there is", async () => {
    expect(await plan("--rps", "65536", "--service-ms", "1000")).toContain("keep 65500 slots busy");
  });
});

describe("nea plan --from", () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await GatewayProcess.start(CONFIG);
  });
  afterAll(() => gateway.stop());

  test("a gateway that has seen nothing says so in one line", async () => {
    await expect(plan("--from", gateway.adminUrl)).rejects.toThrow(
      /^\S+ has seen no request of a handler yet$/,
    );
  });

  test("proposes the arenas that requests needed, with what of them lies idle", async () => {
    for (let i = 0; i < 5; i++) await ask(`${gateway.url}/little`);
    for (let i = 0; i < 5; i++) await ask(`${gateway.url}/culprit/nothing`);
    const { routes, proposal } = JSON.parse(await plan("--from", gateway.adminUrl, "--json")) as {
      routes: { route: string; requests: number; meanPeakBytes: number }[];
      proposal: { pools: { arenaBytes: number; routes: string[]; waste: number }[]; waste: number };
    };
    expect(routes.map(({ route, requests }) => [route, requests])).toEqual([
      ["little", 5],
      ["much", 5],
    ]);
    for (const { route, meanPeakBytes } of routes) {
      const pool = proposal.pools.find(({ routes: inside }) => inside.includes(route))!;
      expect(pool.arenaBytes).toBeGreaterThanOrEqual(meanPeakBytes);
    }
    expect(proposal.waste).toBeGreaterThan(0);
    expect(proposal.waste).toBeLessThan(1);
    const table = await plan("--from", gateway.adminUrl);
    expect(table).toMatch(/^ {2}little +5 .* small /m);
    expectNarrow(table);
  });
});

describe("what cannot be meant is told in one line, with what can", () => {
  test.each([
    [["--memory", "lots"], /--memory: "lots" is not a size such as 65536, 64Ki/],
    [["--rps", "400"], /--rps and --service-ms go together/],
    [["--rps", "0", "--service-ms", "3"], /--rps: "0" is not a number above 0/],
    [["--rps=-5", "--service-ms", "3"], /--rps: "-5" is not a number above 0/],
    [["--rps", "4", "--service-ms", "x"], /--service-ms: "x" is not a number above 0/],
    [["--rps", "65537", "--service-ms", "1000"], /keep 65537 slots busy; expected 65536 at most/],
    [["--rps", "4", "--service-ms", "3", "--target", "1"], /--target: "1" is not a part of 1/],
    [["--target", "0.1"], /--target goes with --rps/],
    [["--from", "nowhere"], /--from: "nowhere" is not an http\(s\) URL/],
    [["--from", "http://127.0.0.1:9", "--beyond", "1"], /--beyond: "1" is not a part of 1/],
    [["--beyond", "0.1"], /--beyond goes with --from/],
    [["--from", "http://127.0.0.1:9"], /http:\/\/127\.0\.0\.1:9\/metrics does not answer/],
    [["--bogus"], /Unknown option '--bogus' \(nea plan --help\)/],
    [["surplus"], /'surplus'.*\(nea plan --help\)/],
  ])("%j", async (args, says) => {
    const error = (await plan(...args).catch((thrown: unknown) => thrown)) as CommandError;
    expect(error).toBeInstanceOf(CommandError);
    expect(error.message).toMatch(says);
    expect(error.message.split("\n")).toHaveLength(1);
  });
});
