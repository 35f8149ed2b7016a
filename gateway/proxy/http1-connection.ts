// One connection to a target: one request and its answer at a time. Owner: its engine. Bound: the socket's write
// buffer, the parser's unfinished head; what is read goes through one buffer that all connections share, because
// whoever receives a chunk must be done with it when the call returns.
import type { Socket } from "node:net";
import { GatewayError } from "../errors.ts";
import type { AnswerHead } from "./answer-head.ts";
import { AnswerParser, type AnswerEvents } from "./answer-parser.ts";
import { asLatin1 } from "../shared/latin1.ts";
import { writeLent } from "./chunk-pool.ts";
import { authorityOf, connect, type ConnectOptions, type TargetAddress } from "./connect.ts";
import type { BodyWriter, ResponseSink, UpstreamRequest } from "./engine.ts";
import { framingOf, writeRequestHead, type RequestFraming } from "./request-head.ts";

/** What the engine is told. */
export interface ConnectionOwner {
  /** It can take another request. */
  onIdle(connection: Http1Connection): void;
  onClose(connection: Http1Connection): void;
}

export interface ConnectionOptions extends ConnectOptions {
  /** Bytes of an answer's head. */
  readonly headBytes: number;
}

const READ_BYTES = 64 * 1024;
const shared = Buffer.allocUnsafeSlow(READ_BYTES);
/** Pieces up to this size are copied as a string; a larger one gets a chunk of the pool. */
const COPIED_BYTES = 4096;
const LINE_END = Buffer.from("\r\n");

export class Http1Connection implements AnswerEvents, BodyWriter {
  /** Until when the upstream keeps it idle, as far as it said. */
  keepAliveMs = Number.POSITIVE_INFINITY;
  idleSinceMs = 0;
  readonly #address: TargetAddress;
  readonly #owner: ConnectionOwner;
  readonly #parser: AnswerParser;
  readonly #socket: Socket;
  #connected = false;
  #request: UpstreamRequest | null = null;
  #sink: ResponseSink | null = null;
  #framing: RequestFraming = { kind: "none" };
  #unsent = 0;
  #requestEnded = true;
  #headed = false;
  #persistent = true;
  #paused = false;

  constructor(address: TargetAddress, options: ConnectionOptions, owner: ConnectionOwner) {
    this.#address = address;
    this.#owner = owner;
    this.#parser = new AnswerParser(options.headBytes, this);
    const onread = { buffer: shared, callback: (bytes: number) => this.#onRead(bytes) };
    this.#socket = connect(address, { ...options, onread }, (error) => this.#onConnect(error));
    this.#socket.on("close", () => this.#onClose());
  }

  /** Sends a request; only while no other is under way. Before the connection stands, as soon as it does. */
  send(request: UpstreamRequest, sink: ResponseSink): void {
    this.#request = request;
    this.#sink = sink;
    if (this.#connected) this.#begin(request, sink);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Ends the request under way and the connection with it. */
  abort(error: GatewayError): void {
    this.#fail(error);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // BodyWriter: the request's body -------------------------------------------------------------------------------

  write(chunk: Uint8Array): boolean {
    if (this.#sink === null || chunk.length === 0) return true;
    const counted = this.#framing.kind === "length";
    if (counted) this.#unsent -= chunk.length;
    if (this.#unsent < 0) {
      this.#fail(new GatewayError("HANDLE_BAD_RESPONSE", "request body longer than announced"));
      return true;
    }
    // One piece at most waits behind what the socket has not taken: it counts bytes, but each piece takes more than its bytes.
    const behind = this.#socket.writableLength > 0;
    const taken = behind ? this.#onTaken : undefined;
    const more = counted ? this.#writePiece(chunk, taken) : this.#writeChunk(chunk, taken);
    return more && !behind;
  }

  end(): void {
    if (this.#sink === null) return;
    if (this.#framing.kind === "chunked") this.#socket.write("0\r\n\r\n", "latin1");
    this.#requestEnded = true;
    if (this.#unsent > 0)
      this.#fail(new GatewayError("HANDLE_BAD_RESPONSE", "request body shorter than announced"));
  }

  fail(error: GatewayError): void {
    this.#fail(error);
  }

  #writeChunk(chunk: Uint8Array, taken?: () => void): boolean {
    const size = `${chunk.length.toString(16)}\r\n`;
    const socket = this.#socket;
    if (chunk.length <= COPIED_BYTES) return socket.write(`${size}${asLatin1(chunk)}\r\n`, "latin1", taken);
    socket.cork();
    socket.write(size, "latin1");
    writeLent(socket, chunk);
    const more = socket.write(LINE_END, taken);
    socket.uncork();
    return more;
  }

  // A view: what the socket does not take at once must not be read into again.
  #writePiece(chunk: Uint8Array, taken?: () => void): boolean {
    if (chunk.length > COPIED_BYTES) return writeLent(this.#socket, chunk, taken);
    return this.#socket.write(asLatin1(chunk), "latin1", taken);
  }

  // AnswerEvents -------------------------------------------------------------------------------------------------

  onAnswerHead(head: AnswerHead): void {
    const sink = this.#sink;
    if (sink === null || head.status === 100) return;
    if (head.status === 101) {
      this.#fail(
        new GatewayError(
          "PROXY_BAD_RESPONSE",
          `${this.#address.label}: switches to a protocol nobody asked for`,
        ),
      );
    } else if (head.status < 200) {
      sink.onInformation(head.status, head.headers);
    } else {
      this.#headed = true;
      this.#persistent = head.persistent && this.#mayReuse();
      if (head.keepAliveS !== null) this.keepAliveMs = Math.max(0, head.keepAliveS - 1) * 1000;
      sink.onHead(head.status, head.reason, head.headers);
    }
  }

  onAnswerData(chunk: Uint8Array): void {
    if (this.#sink !== null && !this.#sink.onData(chunk)) this.#paused = true;
  }

  onAnswerEnd(trailers: string[], clean: boolean): void {
    const sink = this.#sink;
    if (sink === null) return;
    const reusable = clean && this.#persistent && this.#requestEnded;
    this.#release();
    if (reusable) this.#owner.onIdle(this);
    else this.#socket.destroy();
    sink.onEnd(trailers);
  }

  // A body where none is usual, and an answer that must not have one: if the other side sees it differently, what
  // it reads or writes next is not what we think it is. Such a connection is not used again.
  #mayReuse(): boolean {
    const method = this.#request?.method;
    if (method === "HEAD") return false;
    return this.#framing.kind === "none" || method === "POST" || method === "PUT" || method === "PATCH";
  }

  // The socket ---------------------------------------------------------------------------------------------------

  #onConnect(error: GatewayError | null): void {
    if (error !== null) return this.#fail(error);
    this.#connected = true;
    this.#socket.on("error", (cause: NodeJS.ErrnoException) =>
      this.#fail(this.#broken(cause.message, cause)),
    );
    this.#socket.on("end", () => this.#onEnd());
    this.#socket.on("drain", () => this.#onDrain());
    if (this.#request !== null && this.#sink !== null) this.#begin(this.#request, this.#sink);
    else this.#owner.onIdle(this);
  }

  #begin(request: UpstreamRequest, sink: ResponseSink): void {
    this.#framing = framingOf(request);
    const head = writeRequestHead(request, request.host ?? authorityOf(this.#address), this.#framing);
    if (head === null) return this.#refuse(sink);
    const { body } = request;
    this.#headed = false;
    this.#parser.expect(request.method);
    sink.onSent();
    this.#requestEnded = body === null || body instanceof Uint8Array;
    this.#unsent = this.#framing.kind === "length" && !this.#requestEnded ? this.#framing.bytes : 0;
    this.#write(head, body);
  }

  #write(head: string, body: UpstreamRequest["body"]): void {
    const socket = this.#socket;
    if (body === null) {
      socket.write(head, "latin1");
      return;
    }
    socket.cork();
    socket.write(head, "latin1");
    // The head does not wait for the body's first bytes, but leaves with them if they are there already.
    process.nextTick(uncork, socket);
    if (body instanceof Uint8Array) socket.write(body);
    else body.start(this);
  }

  // Nothing was written: the connection is as good as before.
  #refuse(sink: ResponseSink): void {
    this.#release();
    this.#owner.onIdle(this);
    queueMicrotask(() =>
      sink.onError(new GatewayError("GATEWAY_FAULT", "a request head that cannot be written")),
    );
  }

  #onRead(bytes: number): boolean {
    const fault =
      this.#sink === null ? "bytes that belong to no answer" : this.#parser.feed(shared.subarray(0, bytes));
    if (fault !== null)
      this.#fail(new GatewayError("PROXY_BAD_RESPONSE", `${this.#address.label}: ${fault}`));
    return !this.#paused;
  }

  #onEnd(): void {
    if (this.#sink !== null && this.#parser.end()) return;
    this.#fail(this.#broken("closed by the upstream"));
  }

  readonly #onTaken = (): void => this.#onDrain();

  #onDrain(): void {
    const body = this.#request?.body;
    if (!this.#requestEnded && body !== null && body !== undefined && !(body instanceof Uint8Array))
      body.resume();
  }

  #onClose(): void {
    this.#fail(this.#broken("connection lost"));
    this.#owner.onClose(this);
  }

  #broken(what: string, cause?: Error): GatewayError {
    const code = this.#headed ? "PROXY_TRUNCATED" : "PROXY_RESET";
    return new GatewayError(code, `${this.#address.label}: ${what}`, cause === undefined ? {} : { cause });
  }

  #fail(error: GatewayError): void {
    const sink = this.#sink;
    this.#parser.stop();
    this.#release();
    this.#socket.destroy();
    sink?.onError(this.#headed && error.code === "PROXY_BAD_RESPONSE" ? this.#broken(error.detail) : error);
  }

  #release(): void {
    const body = this.#request?.body;
    const stop = !this.#requestEnded && body !== null && body !== undefined && !(body instanceof Uint8Array);
    this.#request = null;
    this.#sink = null;
    this.#paused = false;
    this.#requestEnded = true;
    if (stop) body.stop();
  }
}

function uncork(socket: Socket): void {
  socket.uncork();
}
