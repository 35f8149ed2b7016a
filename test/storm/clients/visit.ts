// What every client of the storm needs: where the gateway is, the book its answers are entered in, and one way to ask and
// read an answer to its end. Nothing here throws or hangs: whatever happens is entered or is the client's own doing.
import { setTimeout as sleep } from "node:timers/promises";
import { RawClient } from "../../support/raw-client.ts";
import type { Random } from "../../support/random.ts";
import { type Message, Malformed, fieldOf, statusOf } from "../../support/wire.ts";
import { type Book, idOf, secretOf } from "../book.ts";

export interface Site {
  readonly port: number;
  readonly book: Book;
  /** Paths of the hostile handlers that are loaded now. */
  readonly hostilePaths: () => readonly string[];
  /** Longer than anything in the gateway may take (queue.wait, wall limits and timeouts together), busy machine included. */
  readonly answerMs: number;
}

/** One visit of one client; what it does is decided by `random` alone. */
export type Client = (site: Site, random: Random) => Promise<void>;

export interface Asked {
  readonly method?: string;
  readonly fields?: readonly string[];
  readonly body?: string;
}

/** The bytes of a request that carries its number in its id and in its secret. */
export function requestOf(
  number: number,
  path: string,
  { method = "GET", fields = [], body }: Asked = {},
): string {
  const length = body === undefined ? [] : [`content-length: ${body.length}`];
  const own = ["host: storm.example", `x-request-id: ${idOf(number)}`, `x-secret: ${secretOf(number)}`];
  return `${method} ${path} HTTP/1.1\r\n${[...own, ...fields, ...length].join("\r\n")}\r\n\r\n${body ?? ""}`;
}

/** Undefined where nobody answers connections. */
export async function connectTo({ port }: Site): Promise<RawClient | undefined> {
  try {
    const client = await RawClient.connect(port);
    client.socket.on("error", () => {});
    return client;
  } catch {
    return undefined;
  }
}

/** Asks once over a connection of its own. */
export async function visit(site: Site, path: string, asked: Asked = {}): Promise<void> {
  const client = await connectTo(site);
  if (!client) return;
  const number = site.book.next();
  client.send(requestOf(number, path, asked));
  await readAnswer(site, client, number, asked.method);
  client.destroy();
}

/** Reads the answer to a request that was sent whole, and enters it; false: there was none to read. */
export async function readAnswer(
  { book, answerMs }: Site,
  client: RawClient,
  number: number,
  method = "GET",
): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(answerMs, "late" as const, { signal: timer.signal, ref: false }).catch(
    () => "late" as const,
  );
  const answer = await Promise.race([client.response(method).catch((error: Error) => error), late]);
  timer.abort();
  if (answer === "late") book.hangs(`${idOf(number)} had no end of its answer`);
  else if (answer instanceof Malformed) book.misread(number, answer.message);
  else if (!(answer instanceof Error)) enter(book, number, answer);
  return typeof answer === "object" && !(answer instanceof Error);
}

function enter(book: Book, number: number, answer: Message): void {
  book.answer(number, fieldOf(answer, "x-request-id"), statusOf(answer));
  book.read(number, answer.rawHead);
  book.read(number, answer.body.toString("latin1"));
}
