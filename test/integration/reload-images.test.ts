// What a change of the configuration makes of handlers' images: those that would come out the same are kept.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { GatewayProcess } from "../support/gateway-process.ts";

/** Says which evaluation of the module answers; "/throw" ends on the module's fourth line. */
const NAMED = `const evaluation = Date.now();
export default {
  fetch(request, env) {
    if (request.url.endsWith("/throw")) throw new Error("on purpose");
    return Response.json({ evaluation, greeting: env.GREETING });
  },
};
`;

let directory: string;
let gateway: GatewayProcess | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nea-images-"));
});
afterEach(async () => {
  await gateway?.stop();
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

function configOf(handlers: Record<string, { file: string; env?: object }>, images = "32Mi") {
  const routes = Object.entries(handlers).map(([name, { file, env = {} }]) => ({
    name,
    match: { path: { prefix: `/${name}` } },
    handler: file,
    pool: "all",
    env,
  }));
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    watch: false,
    images,
    pools: { all: { slots: 3, arena: "4Mi" } },
    drain: { delay: "0s" },
    routes,
  };
}

const asked = async (path: string) =>
  JSON.parse((await ask(gateway!.url + path)).body) as { evaluation: number | string; greeting?: string };

test("a handler that has not changed keeps its image; with another env, or other code, it is evaluated anew", async () => {
  const same = { file: write("same.js", NAMED) };
  const changed = { file: write("changed.js", NAMED), env: { GREETING: "hello" } };
  gateway = await GatewayProcess.start(configOf({ same, changed }));
  const before = { same: await asked("/same"), changed: await asked("/changed") };

  const greeted = { ...changed, env: { GREETING: "good day" } };
  expect((await gateway!.reload(configOf({ same, changed: greeted }))).msg).toBe("reloaded");
  expect(await asked("/same")).toEqual(before.same);
  const after = await asked("/changed");
  expect(after.greeting).toBe("good day");
  expect(after.evaluation).not.toBe(before.changed.evaluation);

  write("same.js", NAMED.replace("{ evaluation,", "{ changed: true, evaluation,"));
  expect((await gateway!.reload(configOf({ same, changed: greeted }))).msg).toBe("reloaded");
  expect((await asked("/same")).evaluation).not.toBe(before.same.evaluation);
  expect(await asked("/changed")).toEqual(after);
});

test("an image outlives every configuration but the last that has it, through failures as well", async () => {
  const same = { file: write("same.js", NAMED) };
  const broken = { file: write("broken.js", "export default 1;") };
  gateway = await GatewayProcess.start(configOf({ same }));
  const before = await asked("/same");
  for (let round = 0; round < 3; round++) {
    expect((await gateway!.reload(configOf({ same, other: same }))).msg).toBe("reloaded");
    expect((await gateway!.reload(configOf({ same, broken }))).msg).toMatch(/^reload failed/);
    expect((await gateway!.reload(configOf({ same }))).msg).toBe("reloaded");
    expect(await asked("/same")).toEqual(before);
  }
  expect(
    (
      await gateway!.reload(
        configOf({ other: { file: write("other.js", `${NAMED}export const other = 1;`) } }),
      )
    ).msg,
  ).toBe("reloaded");
  expect((await gateway!.reload(configOf({ same }))).msg).toBe("reloaded");
  expect((await asked("/same")).evaluation).not.toBe(before.evaluation);
});

test("a handler whose lines have moved keeps its image, and is blamed at the new line", async () => {
  const moved = { file: write("moved.js", NAMED) };
  gateway = await GatewayProcess.start(configOf({ moved }));
  const before = await asked("/moved");
  const blamed = async (id: string) => {
    await ask(`${gateway!.url}/moved/throw`, { headers: { "x-request-id": id } });
    const line = await gateway!.line(({ requestId, cause }) => requestId === id && cause === "threw");
    return String(line["at"]);
  };
  expect(await blamed("first")).toMatch(/moved\.js:4:\d+$/);
  write("moved.js", `// A line more.\n${NAMED}`);
  expect((await gateway!.reload(configOf({ moved }))).msg).toBe("reloaded");
  expect(await asked("/moved")).toEqual(before);
  expect(await blamed("second")).toMatch(/moved\.js:5:\d+$/);
});

test("where images have no room for two of everything, a change of one handler is taken up, again and again", async () => {
  // Each image has 256 KiB of its own, so that three take more than half of the room.
  const large = (name: string, version: number) => ({
    file: write(
      `${name}.js`,
      `const table = new Uint8Array(262144).fill(${version});
       export default { fetch: () => Response.json({ evaluation: "${name} " + table[7] }) };`,
    ),
  });
  const all = () => ({ a: large("a", 1), b: large("b", 1), c: large("c", 1) });
  gateway = await GatewayProcess.start(configOf(all(), "3Mi"));
  for (let version = 2; version < 12; version++) {
    expect((await gateway!.reload(configOf({ ...all(), b: large("b", version) }, "3Mi"))).msg).toBe(
      "reloaded",
    );
    expect((await asked("/b")).evaluation).toBe(`b ${version}`);
    expect((await asked("/a")).evaluation).toBe("a 1");
  }
  const other = { a: large("a", 2), b: large("b", 2), c: large("c", 2) };
  const refused = await gateway!.reload(configOf(other, "3Mi"));
  expect(refused["problem"]).toContain("raise `images`");
  expect((await asked("/a")).evaluation).toBe("a 1");
});
