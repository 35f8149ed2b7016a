// WebSocket connections. http-proxy-3 makes the handshake with the upstream and joins the two sockets; around it
// stands what it lacks: clean header fields both ways, an exact path, an end for every way to end, timeouts.
// Owner: the exchange, which holds a slot from before the handshake until both sockets are closed. Bound: the
// buffers of two sockets (a full one pauses the other side). Released when both are closed; `done` hears it once.
//
// Repaired here, each with a test: a client that leaves during the handshake left the upstream request behind; an
// answer other than 101 was relayed without back-pressure and could hang; one side half-closed kept the other open
// for ever; hop-by-hop fields passed; paths were normalised ("/a/../b"); a 101 to another protocol was believed.
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import httpProxy from "http-proxy-3";
import { BACKLOG_BYTES } from "../accept/client-stream.ts";
import type { UpgradeExchange } from "../accept/exchange.ts";
import { GatewayError, type Code } from "../errors.ts";
import { IncomingMessage as RequestMessage } from "../shared/node-http.ts";
import type { TargetAddress } from "./connect.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import type { ForwardingPolicy } from "./headers.ts";
import type { Target } from "./target.ts";
import { relayPlainAnswer } from "./upgrade-declined.ts";
import { upgradeAnswerHeaders, upgradeRequestHeaders } from "./upgrade-headers.ts";
import type { Upstream } from "./upstream.ts";

export interface UpgradeOptions {
  readonly upstream: Upstream;
  readonly policy: ForwardingPolicy;
  /** From the upgrade request to the upstream's answer. */
  readonly handshakeMs: number;
  /** Longest time without a byte in either direction; 0: no limit. */
  readonly idleMs: number;
  readonly target?: string | undefined;
  readonly stickyKey?: string | null | undefined;
}

export interface UpgradeOutcome {
  /** null: opened and closed, or declined by the upstream with an ordinary answer. */
  readonly error: GatewayError | null;
  /** Something was written to the client, so nothing else may be. */
  readonly replied: boolean;
  /** 101, or the status of the upstream's ordinary answer; 0 if there was none. */
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly target: string | null;
  readonly durationMs: number;
}

/** Bytes of the new protocol that came with the head: they are on the stream already. */
const NOTHING_MORE = Buffer.alloc(0);

// Once one side has said its last, the other has this long to agree.
const LINGER_MS = 2000;

const proxy = httpProxy.createProxyServer({});
const tunnels = new WeakMap<IncomingMessage, Tunnel>();
proxy.on("proxyReqWs", (request, req) => tunnels.get(req)?.onRequest(request));
// Errors reach their own tunnel through listeners there; without this one they would end the process.
proxy.on("error", () => {});

/** Takes the upgrade to the upstream. Returns something that can be aborted. */
export function forwardUpgrade(
  exchange: UpgradeExchange,
  options: UpgradeOptions,
  done: (outcome: UpgradeOutcome) => void,
): Tunnel {
  const tunnel = new Tunnel(exchange, options, done);
  tunnel.open();
  return tunnel;
}

export class Tunnel implements UpgradeOutcome, Timed {
  place = -1;
  error: GatewayError | null = null;
  replied = false;
  status = 0;
  readonly #exchange: UpgradeExchange;
  readonly #options: UpgradeOptions;
  readonly #client: Socket;
  readonly #deadlines: Deadlines;
  readonly #startedMs = performance.now();
  #done: ((outcome: UpgradeOutcome) => void) | null;
  #target: Target | null = null;
  #request: ClientRequest | null = null;
  #upstream: Socket | null = null;
  #relaying = false;
  #movedMs = 0;
  #movedBytes = 0;
  #lingerUntilMs = 0;
  #endedMs = 0;

  constructor(exchange: UpgradeExchange, options: UpgradeOptions, done: (outcome: UpgradeOutcome) => void) {
    this.#exchange = exchange;
    this.#options = options;
    // A stream with the few methods of a socket that the library calls.
    this.#client = exchange.stream as unknown as Socket;
    this.#deadlines = options.upstream.deadlines;
    this.#done = done;
  }

  get bytesIn(): number {
    return this.#client.bytesRead;
  }

  get bytesOut(): number {
    return this.#upstream?.bytesRead ?? 0;
  }

  get target(): string | null {
    return this.#target?.label ?? null;
  }

  get durationMs(): number {
    return this.#endedMs - this.#startedMs;
  }

  open(): void {
    const { upstream, stickyKey = null } = this.#options;
    if (this.#client.destroyed)
      return this.#failSoon(new GatewayError("REPLY_CLIENT_GONE", "before the upgrade"));
    const target = upstream.pick(stickyKey, null);
    if (target instanceof GatewayError) return this.#failSoon(target);
    this.#target = target;
    target.upgrades += 1;
    this.#deadlines.add(this);
    this.#client.on("close", () => this.#onClientClose());
    this.#client.on("end", () => this.#onClientEnd());
    this.#handshake(target.address);
  }

  /** Ends it from outside (drain deadline). */
  abort(error: GatewayError): void {
    this.#fail(error);
    this.#destroy();
  }

  onRequest(request: ClientRequest): void {
    this.#request = request;
    // Exactly what was asked for; the library would resolve dots and drop an empty query.
    request.path = this.#options.target ?? this.#exchange.target;
  }

  checkDeadline(nowMs: number): void {
    if (this.#lingerUntilMs > 0) {
      if (nowMs >= this.#lingerUntilMs) this.#destroy();
    } else if (this.#upstream === null) this.#checkHandshake(nowMs);
    else this.#checkIdle(nowMs, this.#upstream);
  }

  #handshake(address: TargetAddress): void {
    const req = this.#requestFor(address);
    tunnels.set(req, this);
    const tls = address.tls ?? {};
    // Certificates belong to the target: what the library finds of them in `ssl` it overwrites.
    const { ca, cert, key } = tls;
    const target = {
      protocol: `${address.scheme}:`,
      host: address.host,
      hostname: address.host,
      port: address.port,
      ...(address.unix ? { socketPath: address.host } : {}),
      ca,
      cert,
      key,
    };
    // What else stands in `ssl` becomes an option of the socket to the upstream, encrypted or not.
    const ssl = { servername: tls.serverName ?? address.name, highWaterMark: BACKLOG_BYTES };
    const options = { target, ssl, secure: tls.verify ?? true };
    try {
      proxy.ws(req, this.#client, NOTHING_MORE, options, (error) => this.#fail(this.#name(error)));
      this.#takeOver();
    } catch (cause) {
      // A client's bytes must not be able to end the process through somebody else's code.
      this.#failSoon(new GatewayError("GATEWAY_FAULT", String(cause), { cause }));
    }
  }

  /** The request as the library wants to see it. */
  #requestFor(address: TargetAddress): IncomingMessage {
    const { method, target, version } = this.#exchange.head;
    const req = new RequestMessage(this.#client);
    req.method = method;
    req.url = target;
    req.httpVersion = version;
    req.headers = upgradeRequestHeaders(this.#exchange, this.#options.policy, address);
    return req;
  }

  // The library listens for both answers by now. Its relay of an ordinary answer is replaced; its joining of the
  // sockets is kept, behind our check.
  #takeOver(): void {
    const request = this.#request;
    if (request === null) return;
    const join = request.listeners("upgrade")[0] as (
      answer: IncomingMessage,
      socket: Socket,
      head: Buffer,
    ) => void;
    request.removeAllListeners("upgrade").removeAllListeners("response");
    request.on("upgrade", (answer: IncomingMessage, socket: Socket, head: Buffer) => {
      if (!this.#accept(answer, socket)) return;
      join(answer, socket, head);
    });
    request.on("response", (answer: IncomingMessage) => this.#decline(answer));
  }

  #accept(answer: IncomingMessage, socket: Socket): boolean {
    this.#upstream = socket;
    socket.on("error", ignore);
    socket.on("close", () => this.#onUpstreamClose());
    socket.on("end", () => this.#linger());
    if (answer.headers.upgrade?.toLowerCase() !== "websocket") {
      this.#fail(new GatewayError("PROXY_BAD_RESPONSE", `101 to ${answer.headers.upgrade ?? "nothing"}`));
      socket.destroy();
      return false;
    }
    this.#target?.health.succeeded();
    this.#movedMs = performance.now();
    this.status = 101;
    this.replied = true;
    answer.headers = upgradeAnswerHeaders(answer, this.#exchange, this.#options.policy.response);
    return true;
  }

  #decline(answer: IncomingMessage): void {
    this.#target?.health.succeeded();
    this.status = answer.statusCode ?? 502;
    this.replied = true;
    this.#movedMs = performance.now();
    this.#upstream = answer.socket;
    this.#relaying = true;
    relayPlainAnswer(answer, this.#exchange, this.#options.policy.response, (error) => {
      this.#relaying = false;
      this.error ??= error;
      this.#linger();
      this.#finishWhenClosed();
    });
  }

  #checkHandshake(nowMs: number): void {
    const limitMs = this.#options.handshakeMs;
    if (nowMs - this.#startedMs < limitMs) return;
    this.#request?.destroy();
    this.#fail(
      new GatewayError("PROXY_TIMED_OUT", `${this.target}: no answer to the upgrade within ${limitMs} ms`),
    );
  }

  #checkIdle(nowMs: number, upstream: Socket): void {
    const bytes = this.#client.bytesRead + upstream.bytesRead;
    if (bytes !== this.#movedBytes) {
      this.#movedBytes = bytes;
      this.#movedMs = nowMs;
    }
    const limitMs = this.#options.idleMs;
    if (limitMs === 0 || nowMs - this.#movedMs < limitMs) return;
    this.error ??= new GatewayError("PROXY_TIMED_OUT", `upgraded connection idle for ${limitMs} ms`);
    this.#destroy();
  }

  #linger(): void {
    if (this.#lingerUntilMs === 0) this.#lingerUntilMs = performance.now() + LINGER_MS;
  }

  // Before the answer a closed half means that nobody waits for it any more.
  #onClientEnd(): void {
    if (this.#upstream === null) this.#client.destroy();
    else this.#linger();
  }

  #onClientClose(): void {
    this.#linger();
    if (this.#upstream === null) {
      this.#request?.destroy();
      this.#fail(new GatewayError("REPLY_CLIENT_GONE", "during the upgrade"));
    }
    this.#finishWhenClosed();
  }

  #onUpstreamClose(): void {
    this.#linger();
    this.#finishWhenClosed();
  }

  #destroy(): void {
    this.#request?.destroy();
    this.#upstream?.destroy();
    this.#client.destroy();
  }

  // Never from within `forwardUpgrade`: the caller does not hold the tunnel yet.
  #failSoon(error: GatewayError): void {
    queueMicrotask(() => this.#fail(error));
  }

  // Before the answer: the caller hears of it at once and may still speak to the client. After it: the sockets
  // close by themselves, and the caller hears when they have.
  #fail(error: GatewayError): void {
    if (this.replied) return;
    this.error ??= error;
    if (this.#target !== null && error.code.startsWith("PROXY_")) this.#options.upstream.failed(this.#target);
    this.#finish();
  }

  #finishWhenClosed(): void {
    if (!this.#relaying && this.#client.destroyed && (this.#upstream?.destroyed ?? true)) this.#finish();
  }

  #finish(): void {
    const done = this.#done;
    if (done === null) return;
    this.#done = null;
    this.#endedMs = performance.now();
    this.#deadlines.delete(this);
    if (this.#target !== null) this.#target.upgrades -= 1;
    done(this);
  }

  #name(error: NodeJS.ErrnoException): GatewayError {
    return new GatewayError(codeFor(error), `${this.target}: ${error.message}`, { cause: error });
  }
}

function codeFor({ code = "", syscall }: NodeJS.ErrnoException): Code {
  if (syscall === "connect" || syscall === "getaddrinfo") return "PROXY_CONNECT_FAILED";
  if (/^(ERR_(TLS|SSL)|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|EPROTO)/.test(code)) return "PROXY_TLS_FAILED";
  return code.startsWith("HPE_") ? "PROXY_BAD_RESPONSE" : "PROXY_RESET";
}

function ignore(): void {}
