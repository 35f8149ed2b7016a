// HTTP/1.1 messages read from raw bytes by a parser that shares no code with what is tested and forgives nothing:
// bare CR or LF, folded lines, two framings at once, an unknown coding or a stray byte all throw.
import { Buffer } from "node:buffer";

export interface Message {
  readonly startLine: string;
  /** Names lower case, in order of arrival. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly framing: "none" | "length" | "chunked" | "close";
  readonly body: Buffer;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** The bytes of the head exactly as they came. */
  readonly rawHead: string;
}

export function fieldOf(message: Message, name: string): string | undefined {
  const values = message.fields.filter(([field]) => field === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

export function statusOf(message: Message): number {
  return Number(message.startLine.split(" ")[1]);
}

export class Malformed extends Error {}
/** The connection ended within a message. */
export class Cut extends Error {}

/** Pull-based: bytes are pushed in, readers wait for what they need. */
export class Wire {
  #bytes: Buffer = Buffer.alloc(0);
  /** Came later than #bytes and is joined to it when it is needed. */
  #later: Buffer[] = [];
  #laterBytes = 0;
  #ended = false;
  #failed: Error | null = null;
  #wake: (() => void)[] = [];

  push(chunk: Buffer): void {
    this.#later.push(chunk);
    this.#laterBytes += chunk.length;
    this.#signal();
  }

  get #length(): number {
    return this.#bytes.length + this.#laterBytes;
  }

  #join(): Buffer {
    if (this.#later.length > 0) this.#bytes = Buffer.concat([this.#bytes, ...this.#later.splice(0)]);
    this.#laterBytes = 0;
    return this.#bytes;
  }

  end(error: Error | null = null): void {
    this.#ended = true;
    this.#failed ??= error;
    this.#signal();
  }

  get ended(): boolean {
    return this.#ended;
  }

  get unread(): string {
    return this.#join().toString("latin1");
  }

  /** Resolves when there is a byte to read (true) or there never will be (false). */
  async more(): Promise<boolean> {
    while (this.#length === 0 && !this.#ended) await this.#changed();
    return this.#length > 0;
  }

  async line(): Promise<string> {
    for (;;) {
      const at = this.#join().indexOf("\r\n");
      if (at >= 0) return this.#checkedLine(this.#take(at + 2));
      await this.#needMore("a line");
    }
  }

  async exactly(bytes: number): Promise<Buffer> {
    while (this.#length < bytes) await this.#needMore(`${bytes} bytes`);
    return this.#take(bytes);
  }

  async rest(): Promise<Buffer> {
    while (!this.#ended) await this.#changed();
    if (this.#failed !== null) throw this.#failed;
    return this.#take(this.#length);
  }

  #checkedLine(raw: Buffer): string {
    const line = raw.toString("latin1").slice(0, -2);
    if (/[\r\n\0]/.test(line)) throw new Malformed(`bare CR, LF or NUL in ${JSON.stringify(line)}`);
    return line;
  }

  #take(bytes: number): Buffer {
    this.#join();
    const taken = this.#bytes.subarray(0, bytes);
    this.#bytes = this.#bytes.subarray(bytes);
    return taken;
  }

  async #needMore(what: string): Promise<void> {
    if (this.#ended)
      throw this.#failed ?? new Cut(`the connection ended; wanted ${what}; had ${this.unread}`);
    await this.#changed();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #signal(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

async function readFields(wire: Wire): Promise<{ fields: [string, string][]; raw: string }> {
  const fields: [string, string][] = [];
  let raw = "";
  for (;;) {
    const line = await wire.line();
    raw += `${line}\r\n`;
    if (line === "") return { fields, raw };
    const match = FIELD.exec(line);
    if (match === null) throw new Malformed(`not a field line: ${JSON.stringify(line)}`);
    fields.push([(match[1] as string).toLowerCase(), match[2] as string]);
  }
}

function framingOf(
  fields: readonly (readonly [string, string])[],
  otherwise: "none" | "close",
): Message["framing"] {
  const codings = fields.filter(([name]) => name === "transfer-encoding");
  const lengths = fields.filter(([name]) => name === "content-length");
  if (codings.length + lengths.length > 1) throw new Malformed("framed more than once");
  if (codings.length === 1) {
    if (codings[0]?.[1] !== "chunked") throw new Malformed(`coding ${codings[0]?.[1]}`);
    return "chunked";
  }
  if (lengths.length === 0) return otherwise;
  if (!/^\d+$/.test(lengths[0]?.[1] ?? "")) throw new Malformed(`length ${lengths[0]?.[1]}`);
  return "length";
}

async function readChunks(wire: Wire): Promise<{ body: Buffer; trailers: [string, string][] }> {
  const pieces: Buffer[] = [];
  for (;;) {
    const line = await wire.line();
    // No extensions: nobody we talk to has a use for them, so one that arrives was smuggled through.
    if (!/^[0-9a-fA-F]+$/.test(line)) throw new Malformed(`chunk size ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    if (size === 0) return { body: Buffer.concat(pieces), trailers: (await readFields(wire)).fields };
    pieces.push(await wire.exactly(size));
    if ((await wire.line()) !== "") throw new Malformed("no line end after a chunk");
  }
}

async function readBody(wire: Wire, fields: [string, string][], framing: Message["framing"]) {
  if (framing === "chunked") return readChunks(wire);
  if (framing === "close") return { body: await wire.rest(), trailers: [] };
  const length = framing === "none" ? 0 : Number(fields.find(([name]) => name === "content-length")?.[1]);
  return { body: await wire.exactly(length), trailers: [] };
}

export async function readRequest(wire: Wire): Promise<Message> {
  const startLine = await wire.line();
  if (!/^[A-Z-]+ \/[!-~]* HTTP\/1\.1$/.test(startLine)) throw new Malformed(`request line ${startLine}`);
  const { fields, raw } = await readFields(wire);
  if (fields.filter(([name]) => name === "host").length !== 1) throw new Malformed("not exactly one Host");
  const framing = framingOf(fields, "none");
  const { body, trailers } = await readBody(wire, fields, framing);
  return { startLine, fields, framing, body, trailers, rawHead: `${startLine}\r\n${raw}` };
}

/** `method`: what was asked, because HEAD's answer has no body whatever it says. */
export async function readResponse(wire: Wire, method = "GET"): Promise<Message> {
  const startLine = await wire.line();
  if (!/^HTTP\/1\.1 [1-9]\d\d( .*)?$/.test(startLine)) throw new Malformed(`status line ${startLine}`);
  const { fields, raw } = await readFields(wire);
  const status = Number(startLine.split(" ")[1]);
  const bodiless = method === "HEAD" || status < 200 || status === 204 || status === 304;
  const framing = bodiless ? "none" : framingOf(fields, "close");
  const { body, trailers } = await readBody(wire, fields, framing);
  return { startLine, fields, framing, body, trailers, rawHead: `${startLine}\r\n${raw}` };
}
