import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Arenas } from "../../gateway/arena/arenas.ts";
import { loadConfig, parseConfig } from "../../gateway/config.ts";
import { handOver, takeOver } from "../../gateway/config/handover.ts";
import { Generation, signatureOf } from "../../gateway/generation.ts";
import { Deadlines } from "../../gateway/proxy/deadlines.ts";

const CONFIG = `
pools: { small: { slots: 4, arena: 4Mi } }
upstreams: { app: { targets: ["http://127.0.0.1:3000"] } }
routes:
  - { name: hello, match: { path: { prefix: /hello } }, handler: handlers/hello.ts, pool: small, env: { SECRET: keep } }
  - { name: rest, upstream: app }
`;

function handedOver(text: string): string {
  const config = parseConfig(text, "gateway.yaml", {});
  const environment = handOver({ config, readAtMs: 1234 });
  Object.assign(process.env, environment);
  return Object.keys(environment)[0]!;
}

describe("a configuration that is handed over", () => {
  test("comes out as it went in: the same values, frozen, and no prototypes where names are keys", () => {
    handedOver(CONFIG);
    const { config, readAtMs } = takeOver()!;
    const original = parseConfig(CONFIG, "gateway.yaml", {});
    expect(config).toEqual(original);
    expect(readAtMs).toBe(1234);
    expect(Object.getPrototypeOf(config.pools)).toBeNull();
    expect(Object.isFrozen(config.routes[0]!.limits)).toBe(true);
  });

  test("can be taken once, and is not in the environment of what is started later", () => {
    const variable = handedOver(CONFIG);
    takeOver();
    expect(process.env[variable]).toBeUndefined();
    expect(takeOver()).toBeUndefined();
  });

  test("is read again when the kernel would not take it", () => {
    // Nothing that could be compressed.
    const noise = () => Array.from({ length: 2000 }, () => Math.random().toString(36).slice(2)).join("");
    const routes = Array.from(
      { length: 10 },
      () => `  - { upstream: app, responseHeaders: ${fields(noise())} }`,
    );
    handedOver(`upstreams: { app: { targets: ["http://127.0.0.1:3000"] } }\nroutes:\n${routes.join("\n")}\n`);
    expect(takeOver()).toBeUndefined();
  });
});

/** Values of fields are up to 4 KiB long. */
function fields(text: string): string {
  const values = text.match(/.{4000}/g)!.map((value, i) => `x-${i}: "${value}"`);
  return `{ set: { ${values.join(", ")} } }`;
}

test("a file that changed after it was read, and before the generation was made, counts as changed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "nea-handover-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "gateway.yaml");
  writeFileSync(
    file,
    `upstreams: { app: { targets: ["http://127.0.0.1:9"] } }\nroutes: [{ upstream: app }]\n`,
  );
  const config = loadConfig(file);
  const readAtMs = Date.now();
  const open = async (changedAtMs: number) => {
    utimesSync(file, changedAtMs / 1000, changedAtMs / 1000);
    // There are no handlers, so no arenas are needed.
    const generation = await Generation.open(
      { config, readAtMs },
      undefined as unknown as Arenas,
      new Deadlines(),
    );
    onTestFinished(() => generation.destroy());
    return generation;
  };
  expect((await open(readAtMs - 1000)).signature).toBe(signatureOf([file]));
  expect((await open(readAtMs + 1000)).signature).not.toBe(signatureOf([file]));
});
