// A gateway with one route per handler, written down as source text, before an origin that the test scripts.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayProcess, type LogLine } from "../support/gateway-process.ts";

/** What the origin was sent. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface HandlerRoute {
  /** The module's text. */
  handler: string;
  upstream?: boolean;
  limits?: object;
  warm?: string[];
}

export class HandlerGateway {
  readonly received: Received[] = [];
  readonly gateway: GatewayProcess;
  readonly originUrl: string;
  readonly #origin: Server;
  readonly #directory: string;

  private constructor(gateway: GatewayProcess, origin: Server, directory: string) {
    this.gateway = gateway;
    this.#origin = origin;
    this.#directory = directory;
    this.originUrl = urlOf(origin);
    origin.on("nea-received", (received: Received) => this.received.push(received));
  }

  /** Routes by name: each handles /NAME. ORIGIN in a handler's text stands for the origin's URL. */
  static async start(
    routes: Readonly<Record<string, HandlerRoute>>,
    answer: (request: Received, response: ServerResponse) => void,
  ): Promise<HandlerGateway> {
    const origin = await startOrigin(answer);
    const directory = mkdtempSync(join(tmpdir(), "nea-handlers-"));
    const config = {
      listen: "127.0.0.1:0",
      admin: "127.0.0.1:0",
      upstreams: { app: { targets: [urlOf(origin)] } },
      pools: { small: { slots: 4, arena: "4Mi" } },
      routes: Object.entries(routes).map(([name, { handler, upstream = true, limits = {}, warm }]) => {
        const file = join(directory, `${name}.mjs`);
        writeFileSync(file, handler.replaceAll("ORIGIN", urlOf(origin)));
        return {
          match: { path: { prefix: `/${name}` } },
          handler: file,
          pool: "small",
          ...(upstream ? { upstream: "app" } : {}),
          ...(warm ? { warm } : {}),
          env: { GREETING: "hi" },
          bindings: { APP: "app" },
          limits: { cpu: "1s", wall: "5s", subrequests: 30, body: "64Mi", ...limits },
        };
      }),
    };
    return new HandlerGateway(await GatewayProcess.start(config), origin, directory);
  }

  /** What the client gets from the handler NAME. */
  fetch(name: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.gateway.url}/${name}`, { redirect: "manual", ...init });
  }

  /** The access-log line of the last request to the handler NAME. */
  accessLine(name: string): Promise<LogLine> {
    return this.gateway.line(({ msg, path }) => msg === "request" && String(path).startsWith(`/${name}`));
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    this.#origin.closeAllConnections();
    this.#origin.close();
    rmSync(this.#directory, { recursive: true });
  }
}

async function startOrigin(answer: (request: Received, response: ServerResponse) => void): Promise<Server> {
  const origin = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url = "", headers } = request;
    const received = { method, url, headers, body: Buffer.concat(chunks).toString() };
    origin.emit("nea-received", received);
    answer(received, response);
  });
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  return origin;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
