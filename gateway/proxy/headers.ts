// Header fields on their way through: what stays on this hop, what is added for the next one. Works on raw arrays
// from end to end; the common case is one walk and no objects.
import { Field, fieldOf } from "../accept/field.ts";
import type { Arrival } from "../accept/exchange.ts";

export interface HeaderRules {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
  /** Lower case. */
  readonly remove: readonly string[];
}

export interface ForwardingPolicy {
  /** Which forwarding fields the upstream gets: X-Forwarded-*, Forwarded (RFC 7239), or both. */
  readonly forwarded: "both" | "x-forwarded" | "forwarded" | "none";
  /** Our name in Via (RFC 9110 section 7.6.3); null: leave Via as it came. */
  readonly via: string | null;
  /** null: keep the client's Host. "target": the target's own. Anything else is sent as it stands. */
  readonly host: string | null;
  readonly request: HeaderRules | null;
  readonly response: HeaderRules | null;
}

export const plainPolicy: ForwardingPolicy = {
  forwarded: "both",
  via: "nea",
  host: null,
  request: null,
  response: null,
};

/** The Host to send, in the form that UpstreamRequest wants it. */
export function hostFor(exchange: Arrival, policy: ForwardingPolicy): string | null {
  if (policy.host === "target") return null;
  return policy.host ?? exchange.head.host;
}

/** What goes to the upstream in place of `raw`, the fields that came from the client (or from a handler). */
export function requestHeaders(
  exchange: Arrival,
  policy: ForwardingPolicy,
  raw: readonly string[] = exchange.head.fields,
): string[] {
  const came = new Came();
  const out = came.copyRequest(raw, exchange.head.connectionNames);
  addForwarding(out, came, exchange, policy);
  out.push("x-request-id", exchange.requestId);
  // A new trace makes an old tracestate meaningless (Trace Context section 3.3).
  if (came.tracestate !== null && exchange.traceparent === exchange.head.traceparent) {
    out.push("tracestate", came.tracestate);
  }
  out.push("traceparent", exchange.traceparent);
  return policy.request === null ? out : applyRules(out, policy.request);
}

// What was met on the walk and is needed after it. Repeated fields are one list (RFC 9110 section 5.3).
class Came {
  via: string | null = null;
  forwarded: string | null = null;
  forwardedFor: string | null = null;
  forwardedHost: string | null = null;
  forwardedProto: string | null = null;
  tracestate: string | null = null;

  copyRequest(raw: readonly string[], named: readonly string[] | null): string[] {
    const out: string[] = [];
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] as string;
      const value = raw[i + 1] as string;
      const field = fieldOf(name);
      if (field === Field.other) {
        if (named === null || !named.includes(name.toLowerCase())) out.push(name, value);
      } else if (named === null || !named.includes(name.toLowerCase())) {
        this.#note(field, name, value, out);
      }
    }
    return out;
  }

  #note(field: Field, name: string, value: string, out: string[]): void {
    switch (field) {
      case Field.via:
        this.via = joined(this.via, value);
        return;
      case Field.forwarded:
        this.forwarded = joined(this.forwarded, value);
        return;
      case Field.forwardedFor:
        this.forwardedFor = joined(this.forwardedFor, value);
        return;
      case Field.forwardedHost:
        this.forwardedHost ??= value;
        return;
      case Field.forwardedProto:
        this.forwardedProto ??= value;
        return;
      case Field.tracestate:
        this.tracestate = joined(this.tracestate, value);
        return;
      case Field.te:
        // RFC 9110 section 10.1.4: only the wish for trailers may travel on.
        if (/(^|,)\s*trailers\s*($|[,;])/i.test(value)) out.push("te", "trailers");
        return;
      case Field.date:
        out.push(name, value);
        return;
      default:
        // Connection, Keep-Alive, Proxy-*, Transfer-Encoding, Upgrade, Trailer: end here (RFC 9110 section 7.6.1).
        // Content-Length and Host are the engine's. Expect was answered by us. The rest is written anew.
        return;
    }
  }
}

function addForwarding(out: string[], came: Came, exchange: Arrival, policy: ForwardingPolicy): void {
  const connection = exchange.connection;
  const kept = connection.peerTrusted; // What an untrusted peer claims about its past is dropped, not appended to.
  const host = exchange.head.host;
  if (policy.forwarded === "both" || policy.forwarded === "x-forwarded") {
    out.push("x-forwarded-for", joined(kept ? came.forwardedFor : null, connection.peerAddress));
    out.push("x-forwarded-proto", (kept ? came.forwardedProto : null) ?? connection.scheme);
    const forwardedHost = (kept ? came.forwardedHost : null) ?? host;
    if (forwardedHost !== null) out.push("x-forwarded-host", forwardedHost);
  }
  if (policy.forwarded === "both" || policy.forwarded === "forwarded") {
    const hop = forwardedElement(connection.peerAddress, host, connection.scheme);
    out.push("forwarded", joined(kept ? came.forwarded : null, hop));
  }
  const version = exchange.head.version;
  if (policy.via !== null) out.push("via", joined(came.via, `${version} ${policy.via}`));
  else if (came.via !== null) out.push("via", came.via);
}

/** One hop in the words of RFC 7239 section 4; an IPv6 address is quoted and bracketed (section 6). */
export function forwardedElement(address: string, host: string | null, scheme: string): string {
  const node = address.includes(":") ? `"[${address}]"` : address;
  const named = host === null ? "" : /^[\w.-]+$/.test(host) ? `;host=${host}` : `;host="${host}"`;
  return `for=${node}${named};proto=${scheme}`;
}

function joined(before: string | null, value: string): string {
  return before === null || before === "" ? value : `${before}, ${value}`;
}

/** What goes back to the client in place of `raw`, the fields that came from the upstream (or from a handler). */
export function responseHeaders(
  raw: readonly string[],
  exchange: Arrival,
  status: number,
  rules: HeaderRules | null,
): string[] {
  const out: string[] = [];
  let connection: string | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const field = fieldOf(name);
    if (field === Field.other || passesBack(field, status)) out.push(name, value);
    else if (field === Field.connection) connection = joined(connection, value);
  }
  if (connection !== null && connection !== "keep-alive" && connection !== "close")
    dropNamed(out, connection);
  out.push("x-request-id", exchange.requestId);
  return rules === null ? out : applyRules(out, rules);
}

function passesBack(field: Field, status: number): boolean {
  switch (field) {
    case Field.contentLength:
      return status !== 204; // RFC 9110 section 8.6
    case Field.date:
    case Field.via:
    case Field.traceparent:
    case Field.tracestate:
    case Field.host:
    case Field.expect:
    case Field.forwarded:
    case Field.forwardedFor:
    case Field.forwardedHost:
    case Field.forwardedProto:
      return true;
    default:
      return false;
  }
}

const USUAL_CONNECTION = new Set(["", "close", "keep-alive", "upgrade"]);

function dropNamed(headers: string[], connection: string): void {
  for (const part of connection.split(",")) {
    const name = part.trim().toLowerCase();
    // A sender must not name end-to-end fields here; Content-Length gone would change where the message ends.
    if (!USUAL_CONNECTION.has(name) && name !== "content-length") removeField(headers, name);
  }
}

function removeField(headers: string[], lowerName: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if ((headers[i] as string).toLowerCase() === lowerName) headers.splice(i, 2);
  }
}

function applyRules(headers: string[], rules: HeaderRules): string[] {
  for (const name of rules.remove) removeField(headers, name);
  for (const [name, value] of rules.set) {
    removeField(headers, name.toLowerCase());
    headers.push(name, value);
  }
  for (const [name, value] of rules.add) headers.push(name, value);
  return headers;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// RFC 9110 section 5.5: visible characters, obs-text, and spaces or tabs between them.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What is wrong with fields that came from a handler; null: nothing. */
export function faultOfFields(headers: readonly string[]): string | null {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1];
    if (!TOKEN.test(name)) return `invalid field name ${JSON.stringify(name.slice(0, 64))}`;
    if (value === undefined || !VALUE.test(value)) return `invalid value of field ${name}`;
  }
  return null;
}
