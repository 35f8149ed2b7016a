// The proxy itself: the client's request goes upstream as it arrives, the answer comes back as it arrives. What is
// bounded and who stops whom is told in delivery.ts and call.ts; here the two are joined.
import type { Exchange } from "../accept/exchange.ts";
import type { CallTimeouts } from "./call.ts";
import { Delivery, type Outcome } from "./delivery.ts";
import type { UpstreamRequest } from "./engine.ts";
import { hostFor, requestHeaders, type ForwardingPolicy } from "./headers.ts";
import type { Upstream } from "./upstream.ts";

/** What goes on of the client's request; its method does in any case. */
export interface ForwardedRequest {
  /** Path and query. */
  readonly path: string;
  /** Names and values in turn; what belongs to this hop is left out, what the next one is to know is added. */
  readonly headers: readonly string[];
  readonly body: UpstreamRequest["body"];
}

export interface ForwardOptions {
  readonly upstream: Upstream;
  readonly policy: ForwardingPolicy;
  /** Longest time without the client taking a byte of the answer; 0: no limit. */
  readonly replyIdleMs: number;
  readonly request: ForwardedRequest;
  readonly timeouts?: CallTimeouts | undefined;
  readonly stickyKey?: string | null | undefined;
}

/** The client's request, but for the path. */
export function asItCame({ head, body }: Exchange, path: string): ForwardedRequest {
  return { path, headers: head.fields, body };
}

/** Sends the client's request upstream and the answer back. Returns something that can be aborted. */
export function forward(
  exchange: Exchange,
  options: ForwardOptions,
  done: (outcome: Outcome) => void,
): Delivery {
  const { upstream, policy, replyIdleMs } = options;
  const { path, headers, body } = options.request;
  const delivery = new Delivery(
    exchange,
    { deadlines: upstream.deadlines, replyIdleMs, rules: policy.response },
    done,
  );
  const request: UpstreamRequest = {
    method: exchange.method,
    path,
    host: hostFor(exchange, policy),
    headers: requestHeaders(exchange, policy, headers),
    body,
  };
  const { timeouts, stickyKey = null } = options;
  delivery.attach(upstream.send(request, delivery, { timeouts, stickyKey }));
  return delivery;
}
