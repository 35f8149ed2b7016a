/**
 * Answers of the admin port. Owner: the admin server. Bound: ADMIN_REPLY_BYTES of answers that clients have not taken
 * yet; one more is refused with 503. Released when the answer has been sent or its connection is gone.
 */
import type { ServerResponse } from "node:http";
import { ADMIN_REPLY_BYTES } from "./bounds.ts";

/**
 * For everything this port says. The page has no inline script or style and talks to this port only; nobody may frame it
 * or read it from elsewhere.
 */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

export function head(
  res: ServerResponse,
  status: number,
  contentType: string,
  more: Record<string, string | number> = {},
): void {
  res.writeHead(status, { ...HEADERS, "content-type": contentType, ...more });
}

export class Replies {
  refused = 0;
  #heldBytes = 0;

  send(
    res: ServerResponse,
    status: number,
    contentType: string,
    body: Buffer,
    more: Record<string, string> = {},
  ): void {
    if (this.#heldBytes + body.length > ADMIN_REPLY_BYTES)
      return this.refuse(res, "busy with other answers\n");
    this.#heldBytes += body.length;
    res.once("close", () => (this.#heldBytes -= body.length));
    head(res, status, contentType, { "content-length": body.length, ...more });
    res.end(body);
  }

  text(res: ServerResponse, status: number, text: string, more: Record<string, string> = {}): void {
    this.send(res, status, "text/plain; charset=utf-8", Buffer.from(text), more);
  }

  refuse(res: ServerResponse, why: string): void {
    this.refused++;
    head(res, 503, "text/plain; charset=utf-8", { "content-length": why.length, "retry-after": 1 });
    res.end(why);
  }
}
