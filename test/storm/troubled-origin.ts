// An upstream that does to the gateway what the path of the request asks for; clients of the storm choose by their seed.
//   /fault/reset/N     cuts its connection after N bytes of an answer
//   /fault/hang        never answers        /fault/slow    a byte now and then
//   /fault/garbage/N   N bytes that are no HTTP, made from N        /fault/refuse    (another port: nobody listens)
//   /stamp/TEXT/N      N bytes of TEXT, repeated
//   /echo              the body it was sent
// Everything else (what hostile handlers ask for) is answered "upstream", or never if the path says so.
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Random } from "../support/random.ts";
import { Wire, readRequest, type Message } from "../support/wire.ts";

const SLOW_STEP_MS = 50;
const SLOW_STEPS = 20;

export class TroubledOrigin {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Requests that were no HTTP by the letter: smuggled, or broken by the gateway. */
  readonly faults: string[] = [];

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => void this.#serve(socket));
  }

  static async start(): Promise<TroubledOrigin> {
    const origin = new TroubledOrigin();
    await new Promise<void>((resolve) => origin.#server.listen(0, "127.0.0.1", 1024, resolve));
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(socket: Socket): Promise<void> {
    const wire = new Wire();
    this.#sockets.add(socket);
    socket.on("data", (chunk: Buffer) => wire.push(chunk));
    socket.on("error", () => {}).on("end", () => wire.end());
    socket.on("close", () => {
      this.#sockets.delete(socket);
      wire.end();
    });
    try {
      while (await wire.more()) await answer(socket, await readRequest(wire));
    } catch (error) {
      if ((error as Error).constructor.name === "Malformed") this.faults.push(String(error));
      socket.destroy();
    }
  }
}

async function answer(socket: Socket, request: Message): Promise<void> {
  const path = request.startLine.split(" ")[1]!;
  const [, kind = "", text = "", figure = ""] = path.split("?")[0]!.split("/");
  if (kind === "fault") return fail(socket, text, Number(figure));
  if (kind === "stamp") return void socket.write(okWith(stamped(text, Number(figure))));
  if (kind === "echo") return void socket.write(okWith(request.body));
  if (/\/(wait-on-upstream|slow)$/.test(path)) return;
  socket.write(okWith("upstream"));
}

async function fail(socket: Socket, fault: string, figure: number): Promise<void> {
  const whole = okWith("x".repeat(20_000));
  if (fault === "reset") {
    if (figure === 0) socket.resetAndDestroy();
    else socket.write(whole.subarray(0, figure), () => socket.resetAndDestroy());
  } else if (fault === "garbage") {
    const random = new Random(figure);
    socket.end(Buffer.from(Array.from({ length: 1 + (figure % 2000) }, () => random.below(256))));
  } else if (fault === "slow") {
    for (let step = 0; step < SLOW_STEPS && !socket.destroyed; step++) {
      socket.write(whole.subarray(step, step + 1));
      await new Promise((resolve) => setTimeout(resolve, SLOW_STEP_MS));
    }
    socket.destroy();
  }
}

export function stamped(text: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${text} `);
}

function okWith(body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`), bytes]);
}
