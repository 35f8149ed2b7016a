// `nea profile` as it is called: a process of its own, its report read from standard output.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPLAY_BYTES } from "../../gateway/limits.ts";
import { serve } from "nea-gateway/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { GatewayProcess, inRepository, REPOSITORY } from "../support/gateway-process.ts";

const HANDLER = "test/integration/profile/hungry.ts";
const READER = "test/integration/profile/reader.ts";
const PROFILE_MS = 120_000;

interface Profiled {
  code: number;
  text: string;
  errorText: string;
}

function profile(...options: string[]): Promise<Profiled> {
  const argv = ["gateway/main.ts", "profile", ...options];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: REPOSITORY }, (error, text, errorText) =>
      resolve({ code: error ? Number(error.code) : 0, text, errorText }),
    );
  });
}

/** "file:line" of the line that carries the mark. */
function place(mark: string): string {
  const lines = readFileSync(inRepository(HANDLER), "utf8").split("\n");
  return `${HANDLER}:${lines.findIndex((line) => line.includes(`// here: ${mark}`)) + 1}`;
}

/** The first entry under a heading: its share, and its place. */
function heaviest(text: string, heading: string): { percent: number; at: string } {
  const [, rest = ""] = text.split(`\n${heading}\n`);
  const [, percent, at] = /^ *\S+(?: ms)? +(\d+)% +(\S+)/.exec(rest) ?? [];
  return { percent: Number(percent), at: at ?? "" };
}

test(
  "tells the answer, the peak, and the line that the memory went to",
  async () => {
    const { code, text } = await profile(HANDLER, "--path", "/?keep=1500", "--runs", "3");
    expect(code).toBe(0);
    expect(text).toContain(`${HANDLER}  GET /?keep=1500\n  200 OK, `);
    expect(text).toMatch(/\n {2}memory {2}3\.\dMi of 4Mi: 1\.\dMi before the request, 1\.\dMi for it\n/);
    const growth = heaviest(text, "heap growth");
    expect(growth.at).toBe(place("keeps"));
    expect(growth.percent).toBeGreaterThan(80);
    expect(text).toContain("\nconsole\n  info: kept 1500\n");
    expect(text).toMatch(/\n {2}pools: {3}\{ NAME: \{ slots: 16, arena: (6Mi|8Mi) \} \}\n/);
  },
  PROFILE_MS,
);

test(
  "tells the line that the time went to, also when it is spent in a native call",
  async () => {
    const sums = await profile(HANDLER, "--path", "/?sum=200000", "--runs", "3");
    const { at, percent } = heaviest(sums.text, "time");
    // The loop is two lines: its head and its body.
    const body = Number(place("sums").split(":")[1]);
    expect([body - 1, body].map((line) => `${HANDLER}:${line}`)).toContain(at);
    expect(percent).toBeGreaterThan(30);
    const sorts = await profile(HANDLER, "--path", "/?sort=60000", "--runs", "3");
    expect(sorts.text).toContain(place("sorts"));
  },
  PROFILE_MS,
);

test(
  "a request that outgrows its arena is shown what it would need",
  async () => {
    const { code, text } = await profile(HANDLER, "--path", "/?keep=5000", "--runs", "2");
    expect(code).toBe(0);
    expect(text).toMatch(/^ {2}outgrows 4Mi\n/);
    expect(text).toMatch(/memory {2}\d\.\dMi of 16Mi/);
    expect(text).toMatch(/arena: (8|12)Mi/);
  },
  PROFILE_MS,
);

test(
  "a handler that throws ends with its line and exit code 1",
  async () => {
    const { code, text } = await profile(HANDLER, "--path", "/throws");
    expect(code).toBe(1);
    expect(text).toContain("\nHANDLE_THREW\n  Error: not today\n");
    expect(text).toContain(`at ${place("throws")}`);
    expect(text).toMatch(/> \d+ \|     if \(pathname === "\/throws"\) throw new Error/);
    expect(text).not.toContain("suggested");
  },
  PROFILE_MS,
);

test(
  "method, header, body, env, arena and upstream are what the options say",
  async () => {
    const upstream = await serve(
      (request) => new Response(`upstream ${new URL(request.url).pathname}`.padEnd(77)),
    );
    const once = ["--runs", "1", "--arena", "8Mi"];
    const said = await profile(
      HANDLER,
      ...once,
      "--header",
      "X-A: one",
      "--data",
      "body",
      "--env",
      "GREETING=hi",
    );
    const passed = await profile(HANDLER, ...once, "--path", "/next", "--upstream", upstream.url);
    await upstream.close();
    expect(said.text).toContain("POST /\n");
    // "POST one body hi 8388608 0"
    expect(said.text).toContain("200 OK, 26 bytes");
    expect(passed.text).toContain("200 OK, 77 bytes");
  },
  PROFILE_MS,
);

test(
  "a configuration says what the options do not",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "nea-profile-"));
    const config = join(directory, "gateway.yaml");
    const route = { match: { path: { prefix: "/" } }, handler: inRepository(HANDLER), pool: "own" };
    const pools = { own: { slots: 1, arena: "3Mi" } };
    writeFileSync(config, JSON.stringify({ pools, routes: [{ ...route, env: { GREETING: "hello" } }] }));
    const { text } = await profile(HANDLER, "--config", config, "--runs", "1");
    const other = await profile("handlers/hello.ts", "--config", config);
    rmSync(directory, { recursive: true });
    expect(text).toContain("of 3Mi:");
    // "GET   hello 3145728 0"
    expect(text).toContain("200 OK, 21 bytes");
    expect(other.errorText).toContain("has no route with the handler handlers/hello.ts");
  },
  PROFILE_MS,
);

test(
  "fits 80 columns and has no colours where nobody sees them",
  async () => {
    const { text } = await profile(HANDLER, "--path", `/?keep=1000&${"long".repeat(30)}`, "--runs", "2");
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text).not.toContain("\u001b");
  },
  PROFILE_MS,
);

test(
  "what is wrong with the command line is told in words",
  async () => {
    const [none, missing, option, runs, header] = await Promise.all([
      profile(),
      profile("nowhere.ts"),
      profile(HANDLER, "--depth", "1"),
      profile(HANDLER, "--runs", "many"),
      profile(HANDLER, "--header", "x"),
    ]);
    expect(none.errorText).toMatch(/^usage: nea profile HANDLER/);
    expect(missing.errorText).toBe("there is no handler nowhere.ts\n");
    expect(option.errorText).toMatch(/^Unknown option '--depth'/);
    expect(runs.errorText).toBe("--runs: expected a whole number from 1 to 100000\n");
    expect(header.errorText).toBe("--header: expected NAME:VALUE, got x\n");
    for (const { code } of [none, missing, option, runs, header]) expect(code).toBe(64);
  },
  PROFILE_MS,
);

describe("a gateway that captures", () => {
  let gateway: GatewayProcess;
  const failing = (path: string, body: string, headers: Record<string, string> = {}) =>
    ask(`${gateway.url}${path}`, { method: "POST", body, headers });
  const captured = (id: number) => ask(`${gateway.adminUrl}/api/overflows/${id}`);

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      listen: "127.0.0.1:0",
      admin: "127.0.0.1:0",
      watch: false,
      capture: true,
      pools: { small: { slots: 1, arena: "4Mi" } },
      routes: [{ handler: inRepository(READER), pool: "small" }],
      drain: { delay: "0s" },
    });
  });
  afterAll(() => gateway.stop());

  test("keeps the latest four failing requests, without credentials, and a body up to its limit", async () => {
    const headers = {
      "authorization": "Bearer s3cret",
      "cookie": "a=s3cret",
      "X-Api-Key": "s3cret",
      "x-a": "b",
    };
    await failing("/?fail=1", "hello", headers);
    const first = await captured(1);
    const { headers: fields, ...rest } = JSON.parse(first.body) as { headers: [string, string][] };
    expect(rest).toEqual({
      method: "POST",
      url: `${gateway.url}/?fail=1`,
      body: Buffer.from("hello").toString("base64"),
      whole: true,
    });
    expect(first.body).not.toContain("s3cret");
    expect(Object.fromEntries(fields)).toEqual({
      "authorization": "redacted",
      "cookie": "redacted",
      "X-Api-Key": "redacted",
      "x-a": "b",
    });
    await failing("/?fail=1", "x".repeat(REPLAY_BYTES));
    await failing("/?fail=1", "x".repeat(REPLAY_BYTES + 1));
    const whole = async (id: number) => (JSON.parse((await captured(id)).body) as { whole: boolean }).whole;
    expect([await whole(2), await whole(3)]).toEqual([true, false]);
    for (let id = 4; id <= 5; id++) await failing("/?fail=1", "x");
    expect([(await captured(1)).status, (await captured(2)).status, (await captured(5)).status]).toEqual([
      404, 200, 200,
    ]);
  });

  test(
    "gives nea profile the request again",
    async () => {
      await failing("/?fail=1", "again", { authorization: "Bearer s3cret" });
      const { body } = await ask(`${gateway.adminUrl}/api/overflows`);
      const { latest } = JSON.parse(body) as { latest: { id: number; captured: boolean }[] };
      expect(latest[0]).toMatchObject({ captured: true, cause: "threw" });
      const url = `${gateway.adminUrl}/api/overflows/${latest[0]!.id}`;
      const { code, text } = await profile(READER, "--replay", url, "--runs", "1");
      expect(code).toBe(1);
      expect(text).toContain("not captured: authorization (give your own with --header)");
      expect(text).toContain("Error: failed on again for redacted");
      const given = await profile(READER, "--replay", url, "--runs", "1", "--header", "Authorization: mine");
      expect(given.text).toContain("Error: failed on again for mine");
      const gone = await profile(READER, "--replay", `${gateway.adminUrl}/api/overflows/999`);
      expect([gone.code, gone.errorText]).toEqual([
        64,
        expect.stringContaining("no such request is kept there"),
      ]);
    },
    PROFILE_MS,
  );
});
