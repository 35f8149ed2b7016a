/**
 * Redirects ("HTTP-redirect fetch", Fetch standard section 4.5). With `manual` the response itself is returned, as
 * server runtimes do, not an opaque one: there is no page to protect here.
 */
import { Headers } from "../http/headers.ts";
import { Request, type RequestInit, requestBody, requestSignal } from "../http/request.ts";
import type { Response } from "../http/response.ts";
import { parseUrl } from "../url/parse-url.ts";
import { type Answer, giveUpBody, send, toResponse } from "./subrequest.ts";
import { toJson } from "../json.ts";

const LIMIT = 20;
const REDIRECTS = [301, 302, 303, 307, 308];
const BODY_HEADERS = [
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
  "content-length",
];
const ORIGIN_HEADERS = ["authorization", "proxy-authorization", "cookie", "host"];

export async function followRedirects(first: Request): Promise<Response> {
  let request = first;
  for (let hops = 0; ; hops++) {
    assertHttp(request.url);
    const replay = replayOf(request);
    const answer = await send("url", request);
    const location = REDIRECTS.includes(answer.status) ? locationOf(answer, request.url) : undefined;
    if (location === undefined || request.redirect === "manual") return toResponse(answer, hops > 0, true);
    giveUpBody(answer);
    if (request.redirect === "error") throw failed(`${request.url} redirects, and redirect is "error"`);
    if (hops === LIMIT) throw failed(`more than ${LIMIT} redirects`);
    request = redirected(request, answer.status, location, replay);
  }
}

function failed(why: string): TypeError {
  return new TypeError(`fetch failed: ${why}`);
}

function assertHttp(url: string): void {
  if (!/^https?:/.test(url))
    throw failed(`only http and https can be reached, not ${url.slice(0, url.indexOf(":") + 1)}`);
}

/** Undefined without a location; the fragment is kept, as browsers do. */
function locationOf(answer: Answer, base: string): string | undefined {
  const fields = answer.fields.split("\n");
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== "location") continue;
    const location = parseUrl(fields[i + 1]!, base);
    if (location === undefined) throw failed(`the location ${toJson(fields[i + 1])} is not a URL`);
    const hash = base.indexOf("#");
    return hash < 0 || location.includes("#") ? location : location + base.slice(hash);
  }
  return undefined;
}

/** What a body can be sent from again; undefined for a stream, which is gone once sent. */
type Replay = { body: string | Uint8Array | null } | undefined;

function replayOf(request: Request): Replay {
  const body = requestBody(request);
  if (body === null) return { body };
  const { source } = body;
  return typeof source === "string" || source instanceof Uint8Array ? { body: source } : undefined;
}

function redirected(request: Request, status: number, location: string, replay: Replay): Request {
  const toGet =
    (status === 303 && request.method !== "GET" && request.method !== "HEAD") ||
    ((status === 301 || status === 302) && request.method === "POST");
  if (!toGet && replay === undefined) throw failed("a streamed body cannot be sent again after a redirect");
  const headers = new Headers(request.headers);
  if (toGet) for (const name of BODY_HEADERS) headers.delete(name);
  if (originOf(location) !== originOf(request.url)) for (const name of ORIGIN_HEADERS) headers.delete(name);
  const init: RequestInit = { method: toGet ? "GET" : request.method, headers, redirect: request.redirect };
  if (!toGet && replay!.body !== null) init.body = replay!.body;
  const signal = requestSignal(request);
  if (signal) init.signal = signal;
  return new Request(location, init);
}

function originOf(url: string): string {
  return url.slice(0, url.indexOf("/", url.indexOf("//") + 2));
}
