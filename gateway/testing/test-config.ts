/** A configuration with one route, out of what a test says; checked like any other. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseConfig } from "../config.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { ArenaOptions, Upstream } from "./types.ts";

/** More than any handler needs: the images' room is not what a test is about. */
const IMAGES = "128Mi";

type AddressOf = (upstream: Upstream) => Promise<string>;

/** Throws ConfigError; `addressOf` starts a server where an upstream is a function. */
export async function testConfig(options: ArenaOptions, addressOf: AddressOf): Promise<GatewayConfig> {
  const { env = {}, arena = "4Mi", slots = 1, warm = [], limits = {} } = options;
  const upstreams = await upstreamsOf(options, addressOf);
  const route = {
    name: "handler",
    match: { path: { prefix: "/" } },
    handler: handlerFile(options.handler),
    pool: "arena",
    ...(options.upstream && { upstream: "next" }),
    env: Object.fromEntries(Object.entries(env).map(([name, text]) => [name, literal(text)])),
    bindings: Object.fromEntries(
      Object.keys(options.bindings ?? {}).map((name, index) => [name, `binding-${index}`]),
    ),
    warm,
    limits,
  };
  const config = {
    listen: "127.0.0.1:0",
    threads: 1,
    images: IMAGES,
    prefault: false,
    watch: false,
    log: { level: "debug" },
    pools: { arena: { slots, arena } },
    upstreams,
    routes: [route],
  };
  // JSON is YAML.
  return parseConfig(JSON.stringify(config), resolve("(test)"), {});
}

async function upstreamsOf({ upstream, bindings = {}, reachable = [] }: ArenaOptions, addressOf: AddressOf) {
  const named: [string, Upstream][] = [
    ...(upstream ? [["next", upstream] as [string, Upstream]] : []),
    ...Object.values(bindings).map((bound, index): [string, Upstream] => [`binding-${index}`, bound]),
    ...reachable.map((url, index): [string, Upstream] => [`reachable-${index}`, url]),
  ];
  const entries = await Promise.all(
    named.map(async ([name, to]) => [name, { targets: [new URL(await addressOf(to)).origin] }]),
  );
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function handlerFile(handler: string | URL): string {
  const file = handler instanceof URL ? fileURLToPath(handler) : resolve(handler);
  if (!existsSync(file)) throw new Error(`there is no handler ${file}`);
  return file;
}

/** The configuration would look for a variable of the environment. */
function literal(text: string): string {
  return text.replaceAll("${", () => "$${");
}
