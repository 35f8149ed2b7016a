/**
 * The client's side of a test: fetch() to a fixed port with whatever host the URL names, which fetch() itself cannot do
 * (it takes the Host field from the address it connects to).
 */
import { randomBytes } from "node:crypto";
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { fieldsOf } from "./served-function.ts";

export interface Received {
  response: Response;
  complete: boolean;
  requestId: string;
}

/** Statuses whose responses cannot have a body (Fetch standard, "null body status"). */
const BODYLESS = new Set([204, 205, 304]);

export class TestClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves when all of the answer is there, or what came of it; rejects when it was aborted. */
  async fetch(input: Request | URL | string, init?: RequestInit): Promise<Received> {
    const asked = new Request(absolute(input), init);
    const url = new URL(asked.url);
    if (url.protocol !== "http:") throw new TypeError(`the arena is reached by http, not by ${url.protocol}`);
    const body = asked.body ? Buffer.from(await asked.arrayBuffer()) : null;
    const fields = fieldsFor(asked, url, body);
    const sent = request({
      host: "127.0.0.1",
      port: this.#port,
      agent: this.#agent,
      method: asked.method,
      path: url.pathname + url.search,
      headers: fields,
      signal: asked.signal,
    });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    sent
      .on("response", resolve)
      .on("error", reject)
      .end(body ?? undefined);
    try {
      return await receive(await promise);
    } catch (error) {
      asked.signal.throwIfAborted();
      if (!isBroken(error)) throw error;
      return { response: Response.error(), complete: false, requestId: fields["x-request-id"] as string };
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

function absolute(input: Request | URL | string): Request | URL | string {
  return typeof input === "string" && input.startsWith("/") ? `http://localhost${input}` : input;
}

/** The request's id is ours, so that a request without an answer can be found in the log. */
function fieldsFor({ headers }: Request, url: URL, body: Buffer | null): OutgoingHttpHeaders {
  const length = body ? { "content-length": body.length } : {};
  const id = { "x-request-id": randomBytes(10).toString("hex") };
  return { host: url.host, ...id, ...Object.fromEntries(headers), ...length };
}

async function receive(res: IncomingMessage): Promise<Received> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of res) chunks.push(chunk as Uint8Array);
  } catch (error) {
    // The answer broke off: what came of it is handed out, and `complete` says so.
    if (!isBroken(error)) throw error;
  }
  const status = res.statusCode!;
  const body = BODYLESS.has(status) ? null : Buffer.concat(chunks);
  const response = new Response(body, { status, headers: fieldsOf(res.rawHeaders) });
  return { response, complete: res.complete, requestId: res.headers["x-request-id"] as string };
}

function isBroken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ECONNRESET";
}
