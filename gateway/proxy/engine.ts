// The seam: how the gateway talks to one upstream target. Everything above it (forwarding, subrequests, retries,
// timeouts, health) is written against these few words; below it stands whichever HTTP/1.1 client is fastest.
// The behaviour tests run through this seam, so a new engine is right when they pass.
//
// Raw headers everywhere: flat arrays [name, value, name, value ...], as they came and as they go. Framing
// (Content-Length, Transfer-Encoding, Connection) belongs to the engine alone and is in no array given to it.
import type { GatewayError } from "../errors.ts";

/** Takes a request body, pushed by a BodySource. */
export interface BodyWriter {
  /** False: stop until the source's `resume()`. The chunk is a view: whoever keeps it past the call keeps a copy. */
  write(chunk: Uint8Array): boolean;
  end(): void;
  /** The source broke off: the request must not look complete to the upstream. */
  fail(error: GatewayError): void;
}

/** A request body that arrives over time. Started at most once, so a request that has one is never sent twice. */
export interface BodySource {
  /** null: unknown, sent chunked. */
  readonly lengthBytes: number | null;
  start(writer: BodyWriter): void;
  resume(): void;
  /** The engine wants no more of it (answered early, or broken). */
  stop(): void;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query, starting with a slash. */
  readonly path: string;
  /** Value of the Host field; null: the target's own name. */
  readonly host: string | null;
  readonly headers: readonly string[];
  readonly body: BodySource | Uint8Array | null;
}

/**
 * Hears the answer: onConnected?, onInformation*, onHead, onData*, and then exactly one of onEnd and onError,
 * which is the last. onError may come at any point, but never from within `send` itself.
 */
export interface ResponseSink {
  /** The request is being written on a connection: from here on the upstream may have seen it. */
  onSent(): void;
  /** 102, 103 and other interim answers except 100 and 101. */
  onInformation(status: number, headers: string[]): void;
  onHead(status: number, reason: string, headers: string[]): void;
  /**
   * False: stop until `resume()`; what was read already (64 KiB at most) may still come. The chunk is a view of a
   * buffer that is read into again: whoever keeps it past the call keeps a copy.
   */
  onData(chunk: Uint8Array): boolean;
  onEnd(trailers: string[]): void;
  onError(error: GatewayError): void;
}

/** A request under way. */
export interface EngineCall {
  resume(): void;
  /** Ends it; the connection is not used again. The sink hears `onError(error)` unless it heard its last already. */
  abort(error: GatewayError): void;
}

/** Connections to one target. */
export interface Engine {
  send(request: UpstreamRequest, sink: ResponseSink): EngineCall;
  /** Open connections, idle ones included. */
  readonly connections: number;
  /** Takes no new requests, lets running ones finish, then closes. */
  close(): Promise<void>;
  /** Ends everything now. */
  destroy(): void;
}
