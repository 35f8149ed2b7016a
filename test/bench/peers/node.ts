/** Bare servers on Node: node:http with a function, http-proxy-3, undici; Hono through its own adapter. */
import { existsSync, readFileSync } from "node:fs";
import { ServerProcess } from "../measure/server-process.ts";
import type { App } from "../workloads.ts";
import { type Peer, type Site, type Started, bundleApp, peerFile } from "./peer.ts";

const READY = /^port (\d+)$/m;
const BARE_APPS: readonly (App | null)[] = ["hello", "json", "static", "allocate", "csv", "hog"];

async function start({ cpus }: Site, file: string, argument: string): Promise<Started> {
  const server = ServerProcess.spawn(process.execPath, [peerFile(`apps/node/${file}`), argument], { cpus });
  return { process: server, port: await server.portFrom(READY) };
}

const ROOT_MODULES = "../../../node_modules";
const PEER_MODULES = "node_modules";

/** Null where the package is not installed. */
function packageVersion(name: string, modules: string): string | null {
  const file = peerFile(`${modules}/${name}/package.json`);
  if (!existsSync(file)) return null;
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

export const nodeHttp: Peer = {
  name: "node:http",
  version: () => process.versions.node,
  serves: ({ kind, app }) => kind === "handler" && BARE_APPS.includes(app),
  start: ({ app }, site) => start(site, "server.js", app!),
};

export const honoOnNode: Peer = {
  name: "hono on node",
  version: () => packageVersion("@hono/node-server", PEER_MODULES),
  serves: ({ app }) => app === "hono",
  start: async (_, site) => start(site, "hono-server.js", await bundleApp("hono", site.directory)),
};

export const httpProxy3: Peer = {
  name: "http-proxy-3",
  version: () => packageVersion("http-proxy-3", ROOT_MODULES),
  serves: ({ kind }) => kind !== "handler",
  start: (_, site) => start(site, "http-proxy-3.js", String(site.upstreamPort)),
};

export const undiciPipe: Peer = {
  name: "undici pipe",
  version: () => packageVersion("undici", PEER_MODULES),
  serves: ({ kind }) => kind === "proxy",
  start: (_, site) => start(site, "undici.js", String(site.upstreamPort)),
};
