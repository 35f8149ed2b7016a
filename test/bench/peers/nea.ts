/** Nea Gateway itself, as its users run it. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ServerProcess } from "../measure/server-process.ts";
import { type Workload, handlerFile } from "../workloads.ts";
import type { Peer, Site } from "./peer.ts";

const MAIN = fileURLToPath(new URL("../../../gateway/main.ts", import.meta.url));
const PACKAGE = new URL("../../../package.json", import.meta.url);

export interface NeaOptions {
  name: string;
  serves: Peer["serves"];
  /** The access log is part of the default configuration; the other servers write none. */
  accessLog?: boolean;
  /** Answers without the handler, from the upstream. */
  withoutHandler?: boolean;
  slots?: number;
  /** Arena threads; the gateway's default if it is not said. */
  threads?: number;
  /** Most connections at a time. */
  connections?: number;
  /** For Node and V8, before the gateway's own arguments. */
  nodeFlags?: readonly string[];
}

export function nea(options: NeaOptions): Peer {
  return {
    name: options.name,
    serves: options.serves,
    version: () => (JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string }).version,
    async start(workload, site) {
      const { args } = neaFiles(options, workload, site);
      const process_ = ServerProcess.spawn(process.execPath, args, { cpus: site.cpus, cwd: site.directory });
      return { process: process_, port: await process_.portFrom(/listening +https?:\/\/\S+:(\d+)/) };
    },
  };
}

/** Writes its configuration, and says what to give to Node. */
export function neaFiles(
  {
    accessLog = false,
    withoutHandler = false,
    slots = 64,
    threads,
    connections = 512,
    nodeFlags = [],
  }: NeaOptions,
  { kind, app }: Pick<Workload, "kind" | "app">,
  { directory, upstreamPort }: Pick<Site, "directory" | "upstreamPort">,
): { args: string[] } {
  const handler = app !== null && !withoutHandler ? { handler: handlerFile(app), pool: "bench" } : {};
  const upgrade = kind === "websocket" ? { upgrade: true } : {};
  const warm = app === "hono" ? { warm: ["GET /api/users/1/orders?limit=1"] } : {};
  const config = {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    ...(threads === undefined ? {} : { threads }),
    limits: { requestsPerConnection: 1_000_000, connections },
    upstreams: { origin: { targets: [`http://127.0.0.1:${upstreamPort}`] } },
    pools: { bench: { slots, arena: "4Mi", queue: { length: 512, wait: "5s" } } },
    routes: [{ match: { path: { prefix: "/" } }, upstream: "origin", ...handler, ...upgrade, ...warm }],
    log: { access: { sample2xx: accessLog ? 1 : 0 } },
    drain: { delay: "0s", deadline: "1s" },
  };
  // JSON is YAML.
  writeFileSync(`${directory}/gateway.yaml`, JSON.stringify(config));
  return { args: [...nodeFlags, MAIN, "serve", "--config", `${directory}/gateway.yaml`] };
}
