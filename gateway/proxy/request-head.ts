// The head of a request as bytes. The last place where a value could break out of its line: everything is checked
// here once more, because some of it comes from handlers and from configuration.
import type { UpstreamRequest } from "./engine.ts";

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PATH = /^\/[!-"$-~]*$/;
const HOST = /^[!-~]+$/;
const NAME = METHOD;
// Characters beyond one byte would be cut to their low byte on the way out, and some of those are line ends.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Methods for which the absence of a body is said aloud (RFC 9110 section 8.6). */
const EXPECTS_BODY = new Set(["POST", "PUT", "PATCH"]);

export type RequestFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

export function framingOf({ method, body }: UpstreamRequest): RequestFraming {
  if (body === null) return EXPECTS_BODY.has(method) ? { kind: "length", bytes: 0 } : NONE;
  if (body instanceof Uint8Array) return { kind: "length", bytes: body.length };
  return body.lengthBytes === null ? CHUNKED : { kind: "length", bytes: body.lengthBytes };
}

const NONE: RequestFraming = { kind: "none" };
const CHUNKED: RequestFraming = { kind: "chunked" };

/** The head with its empty line, or null if it cannot be written safely. */
export function writeRequestHead(
  request: UpstreamRequest,
  host: string,
  framing: RequestFraming,
): string | null {
  const { method, path, headers } = request;
  if (!METHOD.test(method) || !PATH.test(path) || !HOST.test(host)) return null;
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!NAME.test(name) || !VALUE.test(value)) return null;
    head += `${name}: ${value}\r\n`;
    // RFC 9110 section 10.1.4: TE is for this hop, and has to say so.
    if (name === "te") head += "connection: te\r\n";
  }
  if (framing.kind === "chunked") return `${head}transfer-encoding: chunked\r\n\r\n`;
  if (framing.kind === "length") return `${head}content-length: ${framing.bytes}\r\n\r\n`;
  return `${head}\r\n`;
}
