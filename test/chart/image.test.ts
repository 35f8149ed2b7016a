// The image, without an engine to build it: the Dockerfile is linted, and its steps are done by hand in an empty folder.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { validate } from "dockerfile-utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { helmIsHere, template } from "./helm.ts";
import { gatewayOf, podOf } from "./pod.ts";

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const dockerfile = readFileSync(join(REPOSITORY, "Dockerfile"), "utf8");
const instructions = dockerfile
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n\s*/g, "")
  .split("\n")
  .map((line) => /^([A-Z]+) (.*)$/.exec(line))
  .filter((match) => match !== null)
  .map(([, name = "", rest = ""]) => ({ name, rest }));
const all = (wanted: string) => instructions.filter(({ name }) => name === wanted).map(({ rest }) => rest);
const lastOf = (wanted: string) => all(wanted).at(-1);

test("the Dockerfile passes the linter", () => {
  const faults = validate(dockerfile).map(
    ({ message, range }) => `Dockerfile:${range.start.line + 1}: ${message}`,
  );
  expect(faults).toEqual([]);
});

test("the image runs as a numbered user who is not root, and stops on the signal that the gateway knows", () => {
  expect(lastOf("USER")).toBe("65532:65532");
  expect(lastOf("STOPSIGNAL")).toBe("SIGTERM");
  expect(lastOf("ENV")).toContain("NODE_ENV=production");
});

test("what is copied or mounted is what .dockerignore lets through", () => {
  const own = all("COPY").filter((rest) => !rest.startsWith("--from"));
  const copied = own.flatMap((rest) => rest.split(" ").slice(0, -1));
  const mounted = [...dockerfile.matchAll(/type=bind,source=([^,\s]+)/g)].map(
    ([, source]) => source as string,
  );
  const allowed = readFileSync(join(REPOSITORY, ".dockerignore"), "utf8").split("\n");
  const names = allowed
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1).split("/", 1)[0] as string);
  expect(new Set([...copied, ...mounted])).toEqual(new Set(names));
});

test("the version of Node is the one that is tested", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  expect(dockerfile).toContain(`ARG NODE_IMAGE=node:${devDependencies["node"]}-slim\n`);
});

test.skipIf(!helmIsHere)("the chart runs what the image runs, as the image's user", async () => {
  const manifests = await template();
  const { args, workingDir } = gatewayOf(manifests);
  expect(args).toEqual(JSON.parse(lastOf("CMD") as string));
  expect(workingDir).toBe(lastOf("WORKDIR"));
  const { runAsUser, runAsGroup } = podOf(manifests).securityContext;
  expect(`${runAsUser}:${runAsGroup}`).toBe(lastOf("USER"));
});

describe("its steps in an empty folder", () => {
  let app: string;

  beforeAll(async () => {
    app = join(await mkdtemp(join(tmpdir(), "nea-image-")), "app");
    await mkdir(app);
    for (const file of all("COPY")
      .filter((rest) => !rest.startsWith("--from"))
      .flatMap((rest) => rest.split(" ").slice(0, -1))) {
      await cp(join(REPOSITORY, file), join(app, file), { recursive: true });
    }
    const install = all("RUN").find((rest) => rest.startsWith("npm ci")) as string;
    await run("sh", ["-c", install], { cwd: app });
  }, 300_000);

  afterAll(() => rm(join(app, ".."), { recursive: true }));

  test("install what production needs and nothing for development", async () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(app, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const installed = await readdir(join(app, "node_modules"), { recursive: true });
    expect(installed).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(Object.keys(devDependencies).filter((name) => installed.includes(name))).toEqual([]);
  });

  test("give a gateway that finds nothing wrong with a config, and serves", async () => {
    const file = join(app, "../gateway.yaml");
    const handler = join(REPOSITORY, "handlers/hello.ts");
    await writeFile(
      file,
      `listen: 127.0.0.1:0
admin: 127.0.0.1:0
pools: { small: { slots: 1, arena: 2Mi } }
routes: [{ handler: ${handler}, pool: small, env: { GREETING: hi } }]
drain: { delay: 0s }
`,
    );
    const [main, env] = [join(app, "gateway/main.ts"), { PATH: process.env["PATH"], NODE_ENV: "production" }];
    const check = await run(process.execPath, [main, "check", "--config", file], { env, cwd: app });
    expect(check.stdout).toContain("is fine");

    const gateway = spawn(process.execPath, [main, "serve", "--config", file], { env, cwd: app });
    let output = "";
    gateway.stdout.setEncoding("utf8").on("data", (text: string) => void (output += text));
    gateway.stderr.setEncoding("utf8").on("data", (text: string) => void (output += text));
    await expect.poll(() => output, { timeout: 30_000 }).toMatch(/listening .*\n/);
    const url = /listening +(\S+)/.exec(output)?.[1] as string;
    expect(await (await fetch(url)).text()).toBe("hi you\n");
    gateway.kill("SIGTERM");
    expect(await once(gateway, "exit")).toEqual([0, null]);
  }, 60_000);
});
