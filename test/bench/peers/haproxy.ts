/** HAProxy: as a proxy, and with its built-in Lua as a runtime of handlers. */
import { writeFileSync } from "node:fs";
import { freePort } from "../../support/free-port.ts";
import { ServerProcess } from "../measure/server-process.ts";
import type { App } from "../workloads.ts";
import { type Peer, type Site, type Started, findProgram, peerFile, versionOf } from "./peer.ts";

const program = findProgram("haproxy", "/usr/sbin/haproxy");
const LUA_APPS: readonly (App | null)[] = ["hello", "json", "static", "allocate", "csv", "hog"];
/** All of Lua's memory: the nearest it has to an arena. */
const LUA_MIB = 256;

function configuration(port: number, global: string, rules: string): string {
  return `global
  nbthread 1
${global}
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
frontend clients
  bind 127.0.0.1:${port}
${rules}
`;
}

async function start({ directory, cpus }: Site, global: string, rules: string): Promise<Started> {
  const port = await freePort();
  const file = `${directory}/haproxy.cfg`;
  writeFileSync(file, configuration(port, global, rules));
  const server = ServerProcess.spawn(program!, ["-db", "-f", file], { cpus });
  return { process: server, port: await server.accepts(port) };
}

const version = () => versionOf(program, "-v", /version (\S+)/);

export const haproxy: Peer = {
  name: "haproxy",
  version,
  serves: ({ kind }) => kind === "proxy" || kind === "websocket",
  start: (_, site) =>
    start(
      site,
      "",
      `  option forwardfor
  default_backend origin
backend origin
  server origin 127.0.0.1:${site.upstreamPort}`,
    ),
};

export const haproxyLua: Peer = {
  name: "haproxy lua",
  version,
  serves: ({ kind, app }) => kind === "handler" && LUA_APPS.includes(app),
  start: ({ app }, site) => {
    const load = ["answer", app].map((name) => `  lua-load ${peerFile(`apps/lua/${name}.lua`)}`).join("\n");
    return start(site, `  tune.lua.maxmem ${LUA_MIB}\n${load}`, "  http-request use-service lua.bench");
  },
};
