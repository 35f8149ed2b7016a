// A node:http server that passes requests on with undici's Pool.request() and pipes the answer, as reply plugins of
// web frameworks do: `node undici.js UPSTREAM_PORT`. Prints its port.
import { createServer } from "node:http";
import { pipeline } from "node:stream";
import { Pool } from "undici";

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 256, pipelining: 1 });
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

function passedOn(headers) {
  const kept = { ...headers };
  for (const name of HOP_BY_HOP) delete kept[name];
  return kept;
}

async function pass(req, res) {
  const headers = { ...passedOn(req.headers), "x-forwarded-for": req.socket.remoteAddress };
  const body = req.method === "GET" || req.method === "HEAD" ? null : req;
  const answer = await pool.request({ method: req.method, path: req.url, headers, body });
  res.writeHead(answer.statusCode, passedOn(answer.headers));
  pipeline(answer.body, res, () => {});
}

const server = createServer((req, res) => void pass(req, res).catch(() => res.destroy()));
server.listen(0, "127.0.0.1", () => process.stdout.write(`port ${server.address().port}\n`));
