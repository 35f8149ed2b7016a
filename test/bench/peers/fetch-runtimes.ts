/** Runtimes whose servers take a fetch handler: workerd, Bun, Deno. They run the handler modules that Nea runs. */
import { writeFileSync } from "node:fs";
import { ServerProcess } from "../measure/server-process.ts";
import { type Peer, bundleApp, findProgram, peerFile, versionOf } from "./peer.ts";

const READY = /^port (\d+)$/m;

const servesHandlers: Peer["serves"] = ({ kind }) => kind === "handler";

const workerdProgram = findProgram("workerd", "node_modules/@cloudflare/workerd-linux-64/bin/workerd");

const WORKERD_CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .app)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const app :Workerd.Worker = (
  modules = [(name = "app.mjs", esModule = embed "app.mjs")],
  compatibilityDate = "2026-01-01",
);
`;

export const workerd: Peer = {
  name: "workerd",
  version: () => versionOf(workerdProgram, "--version", /workerd (\S+)/),
  serves: servesHandlers,
  async start({ app }, { directory, cpus }) {
    await bundleApp(app!, directory);
    writeFileSync(`${directory}/config.capnp`, WORKERD_CONFIG);
    // Tells on the descriptor which port it got.
    const args = ["serve", "--control-fd=3", `${directory}/config.capnp`];
    const server = ServerProcess.spawn(workerdProgram!, args, { cpus, extraPipes: 1 });
    return { process: server, port: await server.portFrom(/"port":\s*(\d+)/) };
  },
};

const bunProgram = findProgram("bun", "node_modules/@oven/bun-linux-x64/bin/bun");

export const bun: Peer = {
  name: "bun",
  version: () => versionOf(bunProgram, "--version", /(\S+)/),
  serves: servesHandlers,
  async start({ app }, { directory, cpus }) {
    const args = [peerFile("apps/fetch/bun.js"), await bundleApp(app!, directory)];
    const server = ServerProcess.spawn(bunProgram!, args, { cpus });
    return { process: server, port: await server.portFrom(READY) };
  },
};

const denoProgram = findProgram("deno", "node_modules/@deno/linux-x64-glibc/deno");

export const deno: Peer = {
  name: "deno",
  version: () => versionOf(denoProgram, "--version", /deno (\S+)/),
  serves: servesHandlers,
  async start({ app }, { directory, cpus }) {
    const file = await bundleApp(app!, directory);
    const args = ["run", "--no-config", "--allow-net", "--allow-read", peerFile("apps/fetch/deno.js"), file];
    const env = { DENO_DIR: directory, DENO_NO_UPDATE_CHECK: "1" };
    const server = ServerProcess.spawn(denoProgram!, args, { cpus, env });
    return { process: server, port: await server.portFrom(READY) };
  },
};
