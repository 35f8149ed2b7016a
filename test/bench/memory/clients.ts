/** Clients and an origin that make the gateway hold as much as it ever will: slow, silent, or with the largest heads. */
import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";

/** Paths: /bytes/N sends N bytes, /hang never answers, /sink never reads, /head answers with a large head and no end. */
export class Origin {
  readonly #server: Server = createServer((req, res) => answer(req, res));

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1", 4096);
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const PIECE = Buffer.alloc(65_536, "x");

function answer(req: IncomingMessage, res: ServerResponse): void {
  const [, kind, figure] = /^\/(\w+)(?:\/(\d+))?/.exec(req.url!) ?? [];
  if (kind === "sink") return void req.pause();
  req.resume();
  if (kind === "hang") return;
  if (kind === "head") return headOnly(res);
  if (kind === "bytes") return sendBytes(res, Number(figure));
  res.end("ok");
}

function headOnly(res: ServerResponse): void {
  for (let i = 0; i < 14; i++) res.setHeader(`x-field-${i}`, "v".repeat(1000));
  res.write("begun");
}

function sendBytes(res: ServerResponse, bytes: number): void {
  res.setHeader("content-length", bytes);
  let left = bytes;
  const push = (): void => {
    while (left > 0) {
      const piece = PIECE.subarray(0, left);
      left -= piece.length;
      if (!res.write(piece)) return void res.once("drain", push);
    }
    res.end();
  };
  push();
}

/** Opens `count` connections one after the other; what is read is not taken off the socket. */
export async function openClients(
  port: number,
  count: number,
  then: (socket: Socket) => void,
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.pause();
    then(socket);
    sockets.push(socket);
  }
  return sockets;
}

export function head(path: string, fields = "", method = "GET"): string {
  return `${method} ${path} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`;
}

/** Header fields of about `bytes` in all. */
export function fields(bytes: number, count: number): string {
  const value = "v".repeat(Math.floor(bytes / count) - 14);
  return Array.from({ length: count }, (_, i) => `x-field-${i}: ${value}\r\n`).join("");
}
