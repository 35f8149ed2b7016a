// The engine on undici's dispatcher, one Pool per target, driven through its raw handler: no streams, no header
// objects, no promises per request.
//
// Bounds: at most `connections` sockets; per running request one chunk in flight in each direction (64 KiB) plus
// the sockets' buffers of `bufferBytes`. undici's own queue stays short because callers send no more requests
// than there are connections. Its timeouts are switched off: they tick once a second, and ours are elsewhere.
import { EventEmitter } from "node:events";
import { Pool, type Dispatcher } from "undici";
import { GatewayError, type Code } from "../errors.ts";
import { authorityOf, connect, type ConnectOptions, type TargetAddress } from "./connect.ts";
import type { BodySource, BodyWriter, Engine, EngineCall, ResponseSink, UpstreamRequest } from "./engine.ts";

export interface EngineOptions extends ConnectOptions {
  readonly connections: number;
  /** How long an idle connection is kept; below the upstream's own keep-alive, or requests meet closed sockets. */
  readonly keepAliveMs: number;
  /** Bytes of a response head. */
  readonly headBytes: number;
}

export class UndiciEngine implements Engine {
  connections = 0;
  readonly #pool: Pool;
  readonly #address: TargetAddress;
  readonly #authority: string;

  constructor(address: TargetAddress, options: EngineOptions) {
    this.#address = address;
    this.#authority = authorityOf(address);
    this.#pool = new Pool(`http://${address.unix ? "unix" : hostInUrl(address)}`, {
      connections: options.connections,
      pipelining: 1,
      keepAliveTimeout: options.keepAliveMs,
      keepAliveMaxTimeout: options.keepAliveMs,
      maxHeaderSize: options.headBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_, callback) => this.#connect(options, callback as ConnectCallback),
    });
  }

  send(request: UpstreamRequest, sink: ResponseSink): EngineCall {
    const call = new UndiciCall(sink, this.#address.label);
    const body = request.body;
    const source = body === null || body instanceof Uint8Array ? null : body;
    const headers = ["host", request.host ?? this.#authority, ...request.headers];
    if (source?.lengthBytes != null) headers.push("content-length", String(source.lengthBytes));
    const options: Dispatcher.DispatchOptions = {
      method: request.method,
      path: request.path,
      headers,
      body: source === null ? (body as Uint8Array | null) : (new BodyStream(source) as never),
      // Nothing is ever written behind a request that has not been answered.
      blocking: true,
    };
    this.#pool.dispatch(options, call);
    call.dispatched();
    return call;
  }

  close(): Promise<void> {
    return this.#pool.destroyed ? Promise.resolve() : this.#pool.close();
  }

  destroy(): void {
    if (!this.#pool.destroyed) void this.#pool.destroy();
  }

  #connect(options: EngineOptions, callback: ConnectCallback): void {
    this.connections += 1;
    const socket = connect(this.#address, options, callback);
    socket.once("close", () => void (this.connections -= 1));
  }
}

type ConnectCallback = (...args: [error: GatewayError | null, socket: unknown]) => void;

function hostInUrl(address: TargetAddress): string {
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

class UndiciCall implements EngineCall, Dispatcher.DispatchHandler {
  readonly #sink: ResponseSink;
  readonly #label: string;
  #abort: ((error?: Error) => void) | null = null;
  #resume: (() => void) | null = null;
  #over = false;
  #dispatching = true;
  #headed = false;
  #abortedWith: GatewayError | null = null;

  constructor(sink: ResponseSink, label: string) {
    this.#sink = sink;
    this.#label = label;
  }

  dispatched(): void {
    this.#dispatching = false;
  }

  resume(): void {
    this.#resume?.();
  }

  abort(error: GatewayError): void {
    if (this.#over) return;
    this.#abortedWith = error;
    if (this.#abort !== null) this.#abort(error);
    // Still waiting for a connection: whoever called need not wait with it.
    else this.#fail(error);
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#abortedWith !== null) {
      abort(this.#abortedWith);
      return;
    }
    this.#abort = abort;
    this.#sink.onSent();
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (status < 200) {
      this.#sink.onInformation(status, decode(raw));
      return true;
    }
    this.#resume = resume;
    this.#headed = true;
    this.#sink.onHead(status, reason, decode(raw));
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#sink.onData(chunk);
  }

  onComplete(trailers: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink.onEnd(decode((trailers as Buffer[] | null) ?? []));
  }

  onError(error: Error): void {
    if (this.#over) return;
    const named = error instanceof GatewayError ? error : this.#name(error);
    if (this.#dispatching) queueMicrotask(() => this.#fail(named));
    else this.#fail(named);
  }

  #fail(error: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink.onError(error);
  }

  #name(error: Error & { code?: string }): GatewayError {
    const detail = `${this.#label}: ${error.message}`;
    return new GatewayError(this.#codeFor(error), detail, { cause: error });
  }

  #codeFor(error: Error): Code {
    if (this.#headed) return "PROXY_TRUNCATED";
    if (this.#abort === null) return "PROXY_CONNECT_FAILED";
    return NOT_HTTP.has(error.name) || error.message.startsWith("bad ")
      ? "PROXY_BAD_RESPONSE"
      : "PROXY_RESET";
  }
}

const NOT_HTTP = new Set(["HTTPParserError", "HeadersOverflowError", "ResponseContentLengthMismatchError"]);

function decode(raw: Buffer[]): string[] {
  const text = new Array<string>(raw.length);
  for (let i = 0; i < raw.length; i++) text[i] = (raw[i] as Buffer).toString("latin1");
  return text;
}

// What undici takes for a stream: it listens for data, end and error, pauses and resumes, and destroys what it no
// longer wants. Not a Readable: that would buffer once more and copy nothing of use.
class BodyStream extends EventEmitter implements BodyWriter {
  // Read by undici to learn that we clean up after ourselves and that the length is not known yet.
  readonly _readableState = { autoDestroy: true };
  destroyed = false;
  readonly #source: BodySource;
  #started = false;
  #ended = false;
  #paused = false;

  constructor(source: BodySource) {
    super();
    this.#source = source;
  }

  pipe(): never {
    throw new Error("never piped");
  }

  resume(): this {
    this.#paused = false;
    if (this.#started) {
      this.#source.resume();
    } else {
      this.#started = true;
      this.#source.start(this);
    }
    return this;
  }

  pause(): this {
    this.#paused = true;
    return this;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    if (!this.#ended) this.#source.stop();
    return this;
  }

  write(chunk: Uint8Array): boolean {
    this.emit("data", chunk);
    return !this.#paused;
  }

  end(): void {
    this.#ended = true;
    this.emit("end");
  }

  fail(error: GatewayError): void {
    this.#ended = true;
    if (!this.destroyed) this.emit("error", error);
  }
}
