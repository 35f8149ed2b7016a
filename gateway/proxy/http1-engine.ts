// The engine: HTTP/1.1 on bare sockets, because what costs most in a proxy is the client side of an HTTP library and
// the streams around it. Owner: a Target. Bound: as many connections as the target lets requests run at once, plus
// idle ones, together at most `connections`; they are kept for `keepAliveMs`, the last one used is used first.
import { GatewayError } from "../errors.ts";
import type { TargetAddress } from "./connect.ts";
import type { Engine, EngineCall, ResponseSink, UpstreamRequest } from "./engine.ts";
import { Http1Connection, type ConnectionOptions, type ConnectionOwner } from "./http1-connection.ts";

export interface EngineOptions extends ConnectionOptions {
  readonly connections: number;
  /** How long an idle connection is kept; below the upstream's own limit, or requests meet closed sockets. */
  readonly keepAliveMs: number;
}

export class Http1Engine implements Engine, ConnectionOwner {
  readonly #address: TargetAddress;
  readonly #options: EngineOptions;
  readonly #open = new Set<Http1Connection>();
  readonly #idle: Http1Connection[] = [];
  #timer: NodeJS.Timeout | null = null;
  #closing = false;
  #closed: (() => void) | null = null;

  constructor(address: TargetAddress, options: EngineOptions) {
    this.#address = address;
    this.#options = options;
  }

  get connections(): number {
    return this.#open.size;
  }

  send(request: UpstreamRequest, sink: ResponseSink): EngineCall {
    if (this.#closing) return refusedCall(sink);
    const connection = this.#takeIdle() ?? this.#connect();
    const call = new Http1Call(connection, sink);
    connection.send(request, call);
    return call;
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#closed = resolve));
    this.#stopTimer();
  }

  destroy(): void {
    this.#closing = true;
    for (const connection of [...this.#open]) connection.destroy();
    this.#stopTimer();
  }

  onIdle(connection: Http1Connection): void {
    if (this.#closing) return connection.destroy();
    connection.idleSinceMs = performance.now();
    this.#idle.push(connection);
    this.#timer ??= setInterval(() => this.#expire(), Math.max(50, this.#options.keepAliveMs / 4)).unref();
  }

  onClose(connection: Http1Connection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.#open.size === 0) this.#closed?.();
  }

  #connect(): Http1Connection {
    const connection = new Http1Connection(this.#address, this.#options, this);
    this.#open.add(connection);
    return connection;
  }

  #takeIdle(): Http1Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || !this.#stale(connection, performance.now())) return connection;
      connection.destroy();
    }
  }

  #stale({ idleSinceMs, keepAliveMs }: Http1Connection, nowMs: number): boolean {
    return nowMs - idleSinceMs >= Math.min(keepAliveMs, this.#options.keepAliveMs);
  }

  #expire(): void {
    const nowMs = performance.now();
    for (const connection of this.#idle.filter((one) => this.#stale(one, nowMs))) connection.destroy();
    if (this.#open.size === 0) this.#stopTimer();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

// Between a connection and a sink: knows when its request is over, so that a late resume or abort does not reach
// the next one on the same connection.
class Http1Call implements EngineCall, ResponseSink {
  #connection: Http1Connection | null;
  readonly #sink: ResponseSink;

  constructor(connection: Http1Connection, sink: ResponseSink) {
    this.#connection = connection;
    this.#sink = sink;
  }

  resume(): void {
    this.#connection?.resume();
  }

  abort(error: GatewayError): void {
    this.#connection?.abort(error);
  }

  onSent(): void {
    this.#sink.onSent();
  }

  onInformation(status: number, headers: string[]): void {
    this.#sink.onInformation(status, headers);
  }

  onHead(status: number, reason: string, headers: string[]): void {
    this.#sink.onHead(status, reason, headers);
  }

  onData(chunk: Uint8Array): boolean {
    return this.#sink.onData(chunk);
  }

  onEnd(trailers: string[]): void {
    this.#connection = null;
    this.#sink.onEnd(trailers);
  }

  onError(error: GatewayError): void {
    this.#connection = null;
    this.#sink.onError(error);
  }
}

function refusedCall(sink: ResponseSink): EngineCall {
  queueMicrotask(() =>
    sink.onError(new GatewayError("PROXY_CONNECT_FAILED", "the upstream is being closed")),
  );
  return { resume: () => {}, abort: () => {} };
}
