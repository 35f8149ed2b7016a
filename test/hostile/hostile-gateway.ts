// The gateway that hostile handlers are tried on: one route for each of them, all in one small pool, and neighbours that
// ask for something innocent in the same pool, in another pool, and from an upstream.
import { readdirSync } from "node:fs";
import { GatewayProcess, type LogLine, inRepository } from "../support/gateway-process.ts";
import { Neighbour, type Reply } from "../support/client.ts";
import { type Answer, RawOrigin } from "../support/raw-origin.ts";
import { OUTCOMES } from "./outcomes.ts";

const HANDLERS = "test/hostile/handlers";

export const HANDLER_NAMES: readonly string[] = readdirSync(inRepository(HANDLERS)).map((file) =>
  file.slice(0, -3),
);

export const fileOf = (name: string): string => `${HANDLERS}/${name}.ts`;

/** What is to end by memory or by answering must not end by time first, on a slow machine either. */
function limitsOf(name: string) {
  if (OUTCOMES[name]?.code === "HANDLE_CPU_EXCEEDED") return { cpu: "40ms", wall: "20s" };
  return { cpu: "5s", wall: name.startsWith("wait-") ? "700ms" : "20s" };
}

const upstreamAnswer: Answer = ({ startLine }) =>
  / \/(wait-on-upstream|slow) /.test(startLine)
    ? null
    : "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nupstream";

function route(name: string) {
  return {
    name,
    match: { path: { exact: `/${name}` } },
    handler: inRepository(fileOf(name)),
    pool: "hostile",
    upstream: "app",
    limits: { ...limitsOf(name), body: "16Mi" },
  };
}

export class HostileGateway {
  readonly process: GatewayProcess;
  readonly upstream: RawOrigin;
  readonly neighbours: readonly Neighbour[];

  private constructor(process: GatewayProcess, upstream: RawOrigin) {
    this.process = process;
    this.upstream = upstream;
    const { url } = process;
    const answered = ({ status, body }: Reply) => status === 200 && body.includes('"seen":1,');
    this.neighbours = [
      new Neighbour(`${url}/same-pool`, answered),
      new Neighbour(`${url}/other-pool`, answered),
      new Neighbour(`${url}/proxied`, ({ status, body }) => status === 200 && body === "upstream"),
    ];
  }

  static async start(names: readonly string[] = HANDLER_NAMES): Promise<HostileGateway> {
    const upstream = await RawOrigin.start(upstreamAnswer);
    const innocent = (name: string, pool: string) => ({
      ...route("answers"),
      name,
      pool,
      match: { path: { exact: `/${name}` } },
    });
    // Patient: on one thread, three that use up their time one after the other are a second for whoever comes behind.
    const queue = { length: 64, wait: "20s" };
    const process = await GatewayProcess.start({
      listen: "127.0.0.1:0",
      admin: "127.0.0.1:0",
      watch: false,
      images: "512Mi",
      upstreams: { app: { targets: [upstream.url] } },
      pools: { hostile: { slots: 6, arena: "4Mi", queue }, other: { slots: 2, arena: "4Mi", queue } },
      drain: { delay: "0s" },
      routes: [
        ...names.map(route),
        innocent("same-pool", "hostile"),
        innocent("other-pool", "other"),
        { name: "proxied", match: { path: { prefix: "/" } }, upstream: "app" },
      ],
    });
    return new HostileGateway(process, upstream);
  }

  /** Every neighbour has been answered once more since now; none has ever seen anything wrong. */
  async neighboursAreWell(): Promise<string[]> {
    await Promise.all(this.neighbours.map((neighbour) => neighbour.answers(1)));
    return this.neighbours.flatMap(({ errors }) => errors);
  }

  /** The access-log line of a request. */
  access(requestId: string): Promise<LogLine> {
    return this.process.line((line) => line.msg === "request" && line.requestId === requestId);
  }

  /** The record of its abort or throw; it is written before the access line. */
  record(requestId: string): LogLine | undefined {
    return this.process.log.find((line) => "cause" in line && line.requestId === requestId);
  }

  async stop(): Promise<void> {
    await Promise.all(this.neighbours.map((neighbour) => neighbour.stop()));
    await this.process.stop();
    await this.upstream.stop();
  }
}
