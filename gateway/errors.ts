/**
 * Every code the gateway answers or logs, once. A code is STAGE_WHAT: the stage of the request's life
 * in which it ended, and what ended it. Clients see status, title and code (RFC 9457 problem details);
 * `detail` is for the log only, because it may quote upstream addresses or handler internals.
 */
import { ExpectedError } from "./shared/expected-error.ts";

export interface CodeEntry {
  /** HTTP status (RFC 9110). For a `logOnly` code: what the access log shows. */
  readonly status: number;
  /** What the client is told, and the `title` of the problem document. */
  readonly title: string;
  /** What happened and what to look at, for operators. */
  readonly meaning: string;
  /** Sent as Retry-After unless the error carries a better estimate. Present: sending the request again later is sensible. */
  readonly retryAfterS?: number;
  /** No response carries it: the client is gone, or has had the head of the answer already. */
  readonly logOnly?: true;
}

const CODES = {
  ACCEPT_BAD_REQUEST: {
    status: 400,
    title: "The request is malformed or ambiguous",
    meaning:
      "Two parsers could read it differently (framing, Host, target, control characters), so nobody gets to read it.",
  },
  ACCEPT_HEAD_TIMED_OUT: {
    status: 408,
    title: "The request head did not arrive in time",
    meaning: "`limits.headTimeout` passed before the empty line that ends the head.",
  },
  ACCEPT_BODY_TIMED_OUT: {
    status: 408,
    title: "The request body stopped arriving",
    meaning: "`limits.bodyTimeout` passed without a byte of a body that was still being read.",
  },
  ACCEPT_BODY_TOO_LARGE: {
    status: 413,
    title: "The request body is too large",
    meaning: "More than the route's `limits.body`, by Content-Length or as counted on the way.",
  },
  ACCEPT_TARGET_TOO_LONG: {
    status: 414,
    title: "The request target is too long",
    meaning: "Longer than `limits.targetBytes`.",
  },
  ACCEPT_EXPECTATION_FAILED: {
    status: 417,
    title: "The expectation cannot be met",
    meaning: "An Expect header other than 100-continue (RFC 9110 section 10.1.1).",
  },
  ACCEPT_HEAD_TOO_LARGE: {
    status: 431,
    title: "The request head is too large",
    meaning: "More than `limits.headBytes` bytes or `limits.headers` fields.",
  },
  ACCEPT_UPGRADE_REFUSED: {
    status: 403,
    title: "This route does not take upgrades",
    meaning:
      "The route has no `upgrade: true`. 403 is what RFC 6455 section 4.2.2 suggests and what Envoy answers.",
  },
  ACCEPT_METHOD_REFUSED: {
    status: 501,
    title: "The method is not supported",
    meaning:
      "CONNECT and TRACE are never served: one would tunnel past admission, the other echoes credentials.",
  },
  ACCEPT_TOO_MANY_CONNECTIONS: {
    status: 503,
    title: "Too many connections",
    meaning:
      "`limits.connections` are open. Raise it (and the memory it costs, see `nea plan`) or add replicas.",
    retryAfterS: 1,
  },
  ACCEPT_VERSION_UNSUPPORTED: {
    status: 505,
    title: "The HTTP version is not supported",
    meaning: "Only HTTP/1.1 and HTTP/1.0 are spoken here.",
  },
  ADMIT_NO_ROUTE: {
    status: 404,
    title: "No route matches",
    meaning: "Nothing under `routes` matches host, path, method, headers and query.",
  },
  ADMIT_QUEUE_FULL: {
    status: 503,
    title: "The gateway is at capacity",
    meaning: "Every slot is taken and the queue is full. More slots, a longer queue, or more replicas.",
    retryAfterS: 1,
  },
  ADMIT_WAIT_EXPIRED: {
    status: 503,
    title: "The gateway is at capacity",
    meaning: "The request waited `queue.wait` without a slot becoming free.",
    retryAfterS: 1,
  },
  ADMIT_DRAINING: {
    status: 503,
    title: "The gateway is shutting down",
    meaning: "It came after the drain began to refuse, or was still queued at `drain.deadline`.",
    retryAfterS: 1,
  },
  ADMIT_CLIENT_GONE: {
    status: 499,
    title: "The client left while waiting",
    meaning: "The connection closed while the request was queued; its place went to the next.",
    logOnly: true,
  },
  ARENA_MEMORY_EXCEEDED: {
    status: 500,
    title: "The request needed more memory than it may have",
    meaning: "The handler outgrew its arena. The log names the source line; `nea profile` finds the rest.",
  },
  ARENA_TRAPPED: {
    status: 500,
    title: "The request could not be completed",
    meaning:
      "The engine trapped inside the arena (for example a native stack overflow). The slot was rebuilt.",
  },
  ARENA_THREAD_LOST: {
    status: 500,
    title: "The request could not be completed",
    meaning:
      "The arena thread ended under the request, which had outside effects already and so was not run again.",
  },
  ARENA_ROUTE_TRIPPED: {
    status: 503,
    title: "The route is resting after repeated failures",
    meaning:
      "The route's `breaker` is open: `failures` aborts within `window`. It is tried again after `cooldown`.",
    retryAfterS: 5,
  },
  HANDLE_THREW: {
    status: 500,
    title: "The handler failed",
    meaning: "It threw, or its promise was rejected, or its module has no usable default export.",
  },
  HANDLE_BAD_RESPONSE: {
    status: 500,
    title: "The handler gave no usable response",
    meaning: "Not a Response, or one that HTTP/1.1 cannot carry. The log has the reason.",
  },
  HANDLE_CPU_EXCEEDED: {
    status: 500,
    title: "The request needed more computing time than it may have",
    meaning: "More CPU than the route's `limits.cpu`.",
  },
  HANDLE_TIMED_OUT: {
    status: 504,
    title: "The handler did not answer in time",
    meaning: "No answer within the route's `limits.wall`.",
  },
  PROXY_CONNECT_FAILED: {
    status: 502,
    title: "The upstream could not be reached",
    meaning: "Connecting failed or took longer than `timeouts.connect`. Nothing had been sent.",
  },
  PROXY_TLS_FAILED: {
    status: 502,
    title: "The upstream could not be reached securely",
    meaning: "TLS to the target failed: certificate, name or protocol. See the upstream's `tls` keys.",
  },
  PROXY_RESET: {
    status: 502,
    title: "The upstream closed the connection",
    meaning: "The connection ended after the request was sent and before the head of an answer.",
  },
  PROXY_BAD_RESPONSE: {
    status: 502,
    title: "The upstream's answer is not valid HTTP",
    meaning: "The answer's head is malformed, ambiguous or too large.",
  },
  PROXY_TRUNCATED: {
    status: 502,
    title: "The upstream's answer ended early",
    meaning: "The upstream died within the body. The client's connection is closed so that it can tell.",
    logOnly: true,
  },
  PROXY_NO_TARGET: {
    status: 503,
    title: "No upstream target is available",
    meaning: "Every target is ejected, unhealthy, or has a name that resolves to nothing.",
    retryAfterS: 1,
  },
  PROXY_TARGETS_BUSY: {
    status: 503,
    title: "The upstream is at capacity",
    meaning: "Every target has `connections` in use and `pending` requests waiting for one.",
    retryAfterS: 1,
  },
  PROXY_TIMED_OUT: {
    status: 504,
    title: "The upstream did not answer in time",
    meaning:
      "No head within `timeouts.head`, a pause longer than `timeouts.idle`, or `timeouts.total` used up.",
  },
  REPLY_CLIENT_GONE: {
    status: 499,
    title: "The client left before the answer was complete",
    meaning: "The connection closed while the request was being handled or answered.",
    logOnly: true,
  },
  REPLY_TIMED_OUT: {
    status: 499,
    title: "The client stopped reading the answer",
    meaning: "`limits.replyTimeout` passed without the client taking a byte.",
    logOnly: true,
  },
  GATEWAY_FAULT: {
    status: 500,
    title: "The gateway made a mistake",
    meaning: "A fault of the gateway itself. The log has the stack; please report it.",
  },
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CODES;

/** The table by code, for anyone who must tell codes apart by more than their name. */
export const codes: Readonly<Record<Code, CodeEntry>> = CODES;

export function isCode(text: string): text is Code {
  return Object.hasOwn(CODES, text);
}

export interface GatewayErrorOptions extends ErrorOptions {
  /** Seconds, when the thrower knows better than the table (a full queue's estimate, a breaker's cooldown). */
  readonly retryAfterS?: number;
}

/** A request's end by something that is not our mistake. `message` is "CODE: detail" and belongs in the log only. */
export class GatewayError extends ExpectedError {
  override readonly name = "GatewayError";
  readonly code: Code;
  readonly detail: string;
  /** Whole seconds for Retry-After; undefined when sending the request again later is no remedy. */
  readonly retryAfterS: number | undefined;

  constructor(code: Code, detail = "", options: GatewayErrorOptions = {}) {
    super(detail === "" ? code : `${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
    this.retryAfterS = options.retryAfterS ?? codes[code].retryAfterS;
  }

  get status(): number {
    return codes[this.code].status;
  }

  get title(): string {
    return codes[this.code].title;
  }
}

/** The table as Markdown, for the README; a test there keeps the two equal. */
export function renderCodes(): string {
  const rows = Object.entries(codes).map(([code, entry]) => {
    const status = entry.logOnly ? `${entry.status} (log only)` : String(entry.status);
    return `| \`${code}\` | ${status} | ${entry.title} | ${entry.meaning} | ${entry.retryAfterS ? "yes" : ""} |`;
  });
  return [
    "| code | status | title | meaning | Retry-After |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
