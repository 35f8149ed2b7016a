// A client as it comes: node's, over kept connections. Whatever happens is a value, so that nothing hangs or throws.
import { Agent, type IncomingHttpHeaders, request } from "node:http";

export interface Reply {
  /** 0: there was no answer. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of a problem document; "" for any other answer. */
  readonly code: string;
  /** The connection ended before the answer was complete. */
  readonly cut: boolean;
  readonly error: string;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  agent?: Agent;
  signal?: AbortSignal;
}

const kept = new Agent({ keepAlive: true, maxSockets: 64 });

export function ask(
  url: string,
  { method = "GET", headers = {}, body, agent = kept, signal }: Ask = {},
): Promise<Reply> {
  return new Promise((resolve) => {
    const over = (reply: Partial<Reply>) => {
      const { status = 0, body: text = "" } = reply;
      resolve({ status, headers: {}, body: text, cut: false, error: "", ...reply, code: codeOf(reply) });
    };
    const req = request(url, { method, headers, agent, ...(signal ? { signal } : {}) }, (res) => {
      const chunks: Buffer[] = [];
      const known = () => ({
        status: res.statusCode ?? 0,
        headers: res.headers,
        body: Buffer.concat(chunks).toString(),
      });
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("end", () => over(known()));
      res.on("error", (error) => over({ ...known(), cut: true, error: error.message }));
    });
    req.on("error", (error) => over({ cut: true, error: error.message }));
    req.end(body);
  });
}

function codeOf({ headers, body }: Partial<Reply>): string {
  if (headers?.["content-type"] !== "application/problem+json") return "";
  return (JSON.parse(body ?? "{}") as { code?: string }).code ?? "";
}

/** Somebody who asks for the same thing all the time and must never notice anything. */
export class Neighbour {
  readonly errors: string[] = [];
  requests = 0;
  readonly #url: string;
  readonly #isRight: (reply: Reply) => boolean;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #done: Promise<void>;
  #stopping = false;
  #waiting: (() => void)[] = [];

  constructor(url: string, isRight: (reply: Reply) => boolean) {
    this.#url = url;
    this.#isRight = isRight;
    this.#done = this.#run();
  }

  /** Resolves when it has had this many more answers. */
  async answers(count: number): Promise<void> {
    const until = this.requests + count;
    while (this.requests < until) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const reply = await ask(this.#url, { agent: this.#agent });
      this.requests++;
      if (!this.#isRight(reply))
        this.errors.push(`${reply.status} ${reply.code} ${reply.error} ${reply.body.slice(0, 200)}`);
      for (const wake of this.#waiting.splice(0)) wake();
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  }
}

/** Between two requests of a neighbour: it is there to be disturbed, not to be the load. */
const PACE_MS = 2;
