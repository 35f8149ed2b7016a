/** Clients that ask without a pause, each on its own kept-alive connection, and note every answer that is not right. */
import { Agent, type IncomingMessage, request } from "node:http";

export interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
  readonly expected: string;
  /** On a connection of its own, closed afterwards. */
  readonly once?: boolean;
}

export class SteadyLoad {
  answers = 0;
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #clients: Promise<void>[];
  #stopped = false;

  constructor(port: number, clients: number, asks: readonly Ask[]) {
    this.#port = port;
    this.#clients = Array.from({ length: clients }, (_, index) => this.#ask(asks, index));
  }

  /** Resolves when that many more answers have come. */
  async more(answers: number): Promise<void> {
    const wanted = this.answers + this.failures.length + answers;
    while (this.answers + this.failures.length < wanted)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #ask(asks: readonly Ask[], first: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let index = first; !this.#stopped; index++) {
      const ask = asks[index % asks.length] as Ask;
      try {
        const { status, text } = await this.#exchange(ask, agent);
        if (status === 200 && text === ask.expected) this.answers++;
        else this.failures.push(`${ask.method} ${ask.path}: ${status} ${text.slice(0, 200)}`);
      } catch (error) {
        this.failures.push(`${ask.method} ${ask.path}: ${String(error)}`);
      }
    }
    agent.destroy();
  }

  #exchange({ method, path, body, once }: Ask, agent: Agent): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: this.#port,
        method,
        path,
        agent: once ? false : agent,
      } as const;
      const req = request(options, (res) => {
        readText(res).then((text) => resolve({ status: res.statusCode ?? 0, text }), reject);
      });
      req.on("error", reject);
      req.end(body);
    });
  }
}

async function readText(res: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of res) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
