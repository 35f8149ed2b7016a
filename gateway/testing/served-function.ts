/** A function from Request to Response as an HTTP server on a free port of this machine. */
import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Answer, TestServer } from "./types.ts";

export class ServedFunction implements TestServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(answer: Answer): Promise<ServedFunction> {
    const server = createServer((req, res) => void serveOne(answer, req, res));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ServedFunction(server);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** A function that throws breaks the connection: to the handler, that is an upstream that failed. */
async function serveOne(answer: Answer, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    await send(await answer(requestOf(req)), res);
  } catch {
    res.destroy();
  }
}

function requestOf(req: IncomingMessage): Request {
  const { method = "GET", headers } = req;
  const url = `http://${headers.host ?? "localhost"}${req.url ?? "/"}`;
  const fields = fieldsOf(req.rawHeaders);
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers: fields });
  const body = Readable.toWeb(req) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return new Request(url, { method, headers: fields, body, duplex: "half" });
}

export function fieldsOf(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index]!, raw[2 * index + 1]!]);
}

async function send(response: Response, res: ServerResponse): Promise<void> {
  // Flat, so that several Set-Cookie fields stay several.
  res.writeHead(response.status, [...response.headers].flat());
  if (!response.body) res.end();
  else await pipeline(Readable.fromWeb(response.body), res);
}
