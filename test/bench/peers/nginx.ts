/** nginx: as a proxy, and with njs (Debian: nginx-light, libnginx-mod-http-js) as a runtime of handlers. */
import { existsSync, writeFileSync } from "node:fs";
import { freePort } from "../../support/free-port.ts";
import { ServerProcess } from "../measure/server-process.ts";
import type { App } from "../workloads.ts";
import { type Peer, type Site, type Started, findProgram, peerFile, versionOf } from "./peer.ts";

const program = findProgram("nginx", "/usr/sbin/nginx");
const NJS_MODULE = "/usr/lib/nginx/modules/ngx_http_js_module.so";
const NJS_APPS: readonly (App | null)[] = ["hello", "json", "static", "allocate", "csv", "hog"];

interface Parts {
  /** Lines at the top of the file. */
  main: string;
  /** Lines within http {}. */
  http: string;
  /** Lines within location / {}. */
  location: string;
}

function configuration(port: number, directory: string, { main, http, location }: Parts): string {
  const asRoot = process.getuid?.() === 0 ? "user root;" : "";
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${directory}/${name};`)
    .join("\n");
  return `${asRoot}
${main}
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
${temporary}
  access_log off;
  keepalive_requests 1000000;
  ${http}
  server {
    listen 127.0.0.1:${port};
    location / {
      ${location}
    }
  }
}
`;
}

async function start({ directory, cpus }: Site, parts: Parts): Promise<Started> {
  const port = await freePort();
  const file = `${directory}/nginx.conf`;
  writeFileSync(file, configuration(port, directory, parts));
  const args = ["-p", directory, "-e", "stderr", "-c", file];
  const server = ServerProcess.spawn(program!, args, { cpus });
  return { process: server, port: await server.accepts(port) };
}

function proxyParts(upstreamPort: number): Parts {
  return {
    main: "",
    http: `map $http_upgrade $passed_connection { default upgrade; "" ""; }
  upstream origin { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000; }`,
    // Without the temporary file: bodies are streamed, as by everybody else.
    location: `proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $passed_connection;
      proxy_max_temp_file_size 0;`,
  };
}

const nginxVersion = () => versionOf(program, "-v", /nginx\/(\S+)/);

export const nginx: Peer = {
  name: "nginx",
  version: nginxVersion,
  serves: ({ kind }) => kind === "proxy" || kind === "websocket",
  start: (_, site) => start(site, proxyParts(site.upstreamPort)),
};

export const njs: Peer = {
  name: "nginx njs",
  version: () => (existsSync(NJS_MODULE) ? nginxVersion() : null),
  serves: ({ kind, app }) => kind === "handler" && NJS_APPS.includes(app),
  start: ({ app }, site) =>
    start(site, {
      main: `load_module ${NJS_MODULE};`,
      http: `js_import app from ${peerFile(`apps/njs/${app}.js`)};`,
      location: "client_body_in_single_buffer on; js_content app.handle;",
    }),
};
