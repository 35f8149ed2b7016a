// Opens a connection to one target: TCP, TLS or a unix socket, within the connect timeout. Failures come back as
// GatewayErrors that say which part failed. Owner of the socket: the caller, from the callback on.
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { GatewayError } from "../errors.ts";

export interface TlsToTarget {
  /** PEM; undefined: the system's. */
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** Name asked for and checked; undefined: the host of the target. */
  readonly serverName?: string | undefined;
  /** Only for tests of a staging system; default true. */
  readonly verify?: boolean | undefined;
}

/** Where one target is. */
export interface TargetAddress {
  /** As the operator wrote it and as logs and metrics show it. */
  readonly label: string;
  readonly scheme: "http" | "https";
  /** IP address, name, or for unix sockets the path. */
  readonly host: string;
  readonly port: number;
  readonly unix: boolean;
  /** The name behind `host` when `host` was resolved from it: for Host, SNI and certificate checks. */
  readonly name: string;
  readonly tls?: TlsToTarget | undefined;
}

export interface ConnectOptions {
  readonly connectMs: number;
  /** Read and write high-water mark of the socket. */
  readonly bufferBytes: number;
  /** Reads into a buffer of the caller's instead of new ones. */
  readonly onread?:
    { readonly buffer: Uint8Array; readonly callback: (bytes: number) => boolean } | undefined;
}

/** What Host says when the target's own name is asked for (RFC 9110 section 7.2: no port when it is the default). */
export function authorityOf(address: TargetAddress): string {
  const name = address.name.includes(":") ? `[${address.name}]` : address.name;
  const usual = address.scheme === "https" ? 443 : 80;
  return address.unix || address.port === usual ? name : `${name}:${address.port}`;
}

/** Reads a target as it stands in the config: http://host:port, https://host, or unix:/path. */
export function targetAddress(text: string, tls?: TlsToTarget): TargetAddress {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    return { label: text, scheme: "http", host: path, port: 0, unix: true, name: "localhost", tls };
  }
  const url = new URL(text);
  const scheme = url.protocol === "https:" ? "https" : "http";
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
  return { label: text, scheme, host: name, port, unix: false, name, tls };
}

type Callback = (error: GatewayError | null, socket: Socket | null) => void;

export function connect(address: TargetAddress, options: ConnectOptions, callback: Callback): Socket {
  const socket = address.scheme === "https" ? openTls(address, options) : openTcp(address, options);
  let reached = false;
  socket.setNoDelay(true);
  const timer = setTimeout(() => {
    socket.destroy(new Error(`no connection within ${options.connectMs} ms`));
  }, options.connectMs);
  const settle = (error: Error | null): void => {
    clearTimeout(timer);
    socket.off("error", settle).off("close", onClose).off("connect", onTcp).off(ready, onReady);
    if (error === null) callback(null, socket);
    else callback(connectError(address, reached, error), null);
    // A socket that failed may fail again while it closes; nobody is interested.
    if (error !== null) socket.on("error", ignore);
  };
  const onTcp = (): void => void (reached = true);
  const onReady = (): void => settle(null);
  const onClose = (): void => settle(new Error("given up"));
  const ready = address.scheme === "https" ? "secureConnect" : "connect";
  socket.on("error", settle).on("close", onClose).on("connect", onTcp).on(ready, onReady);
  return socket;
}

function openTcp(address: TargetAddress, options: ConnectOptions): Socket {
  // Spread, because node's types do not list the option although net.Socket documents it.
  const buffer = { highWaterMark: options.bufferBytes, ...onreadOf(options) };
  if (address.unix) return connectTcp({ path: address.host, ...buffer });
  return connectTcp({ host: address.host, port: address.port, ...buffer });
}

function openTls(address: TargetAddress, options: ConnectOptions): TLSSocket {
  const tls = address.tls ?? {};
  const name = tls.serverName ?? address.name;
  const buffer = { highWaterMark: options.bufferBytes, ...onreadOf(options) };
  return connectTls({
    ...(address.unix ? { path: address.host } : { host: address.host, port: address.port }),
    // RFC 6066 section 3: no literal addresses in SNI; the certificate is still checked against the address.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    rejectUnauthorized: tls.verify ?? true,
    ALPNProtocols: ["http/1.1"],
    ...buffer,
  });
}

function onreadOf({ onread }: ConnectOptions): { onread?: OnReadOpts } {
  return onread === undefined ? {} : { onread };
}

function connectError(address: TargetAddress, reached: boolean, cause: Error): GatewayError {
  const code = address.scheme === "https" && reached ? "PROXY_TLS_FAILED" : "PROXY_CONNECT_FAILED";
  return new GatewayError(code, `${address.label}: ${cause.message}`, { cause });
}

function ignore(): void {}
