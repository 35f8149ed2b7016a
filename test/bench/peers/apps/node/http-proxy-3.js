// Bare http-proxy-3 with a keep-alive agent: `node http-proxy-3.js UPSTREAM_PORT`. Prints its port.
import { Agent, createServer } from "node:http";
import { createProxyServer } from "http-proxy-3";

const target = `http://127.0.0.1:${process.argv[2]}`;
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true }), xfwd: true });
proxy.on("error", (_error, _req, res) => res.destroy());

const server = createServer((req, res) => proxy.web(req, res));
server.on("upgrade", (req, socket, head) => proxy.ws(req, socket, head));
server.listen(0, "127.0.0.1", () => process.stdout.write(`port ${server.address().port}\n`));
