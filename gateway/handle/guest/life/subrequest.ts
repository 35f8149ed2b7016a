/**
 * Requests that a handler makes: ctx.next(), bindings and fetch(). The host does the work and counts them; here
 * they are numbered, and their answers become Responses whose bodies stay with the host until somebody reads them.
 */
import { BODY_KIND, EFFECT } from "../../abi.ts";
import { host } from "../host.ts";
import { Body, type BodySource, takeSource } from "../http/body.ts";
import { HostSource, failBody } from "../http/host-source.ts";
import { type Request, requestBody, requestHead, requestSignal } from "../http/request.ts";
import { type Response, receivedResponse } from "../http/response.ts";
import { signals } from "../http/signal-support.ts";
import { forgetWith, leftovers } from "./leftovers.ts";
import { inPieces } from "./pieces.ts";
import { pump } from "./pump.ts";

const { subrequest, abort } = EFFECT;

export interface Answer {
  status: number;
  url: string;
  /** "name\nvalue\n..." */
  fields: string;
  body: Body | null;
  id: number;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(reason: unknown): void;
}

let last = 0;
/** Of the last one: what it asked with. */
let lastMethod = "";
let lastFollows = false;
const waiting = new Map<number, Waiting>();
/** By error: of which subrequest the handler has been told with it. */
let failures = new WeakMap<object, number>();

forgetWith(() => {
  last = 0;
  waiting.clear();
  failures = new WeakMap();
});

/** Sends a request, taking its body; rejects like fetch() does. */
export function send(target: string, request: Request): Promise<Answer> {
  const body = requestBody(request);
  const source = body === null ? null : takeSource(body, "This request cannot be sent");
  const signal = requestSignal(request);
  const aborted = signal && signals.aborted!(signal);
  if (aborted) return Promise.reject(aborted.reason);
  const id = ++last;
  leftovers.any = true;
  const answer = new Promise<Answer>((resolve, reject) => waiting.set(id, { resolve, reject }));
  const head = requestHead(request);
  lastMethod = methodOf(head);
  start(id, target, head, source);
  lastFollows = signal !== undefined;
  if (signal) followSignal(id, signal);
  return answer;
}

/** Of a head as the host has it. */
export function methodOf(head: string): string {
  return head.slice(0, head.indexOf("\n"));
}

/** The last subrequest if it is the only one that will be answered, and nobody's signal ends it; else 0. */
export function onlySubrequest(method: string): number {
  return waiting.size === 1 && waiting.has(last) && lastMethod === method && !lastFollows ? last : 0;
}

function start(id: number, target: string, head: string, source: BodySource | null): void {
  const body = source === null ? null : inPieces(source);
  if (body === null) host(subrequest, id, target, head, BODY_KIND.none);
  else if (typeof body === "string")
    host(subrequest, id, target, head, BODY_KIND.string, body.toWellFormed());
  else if (body instanceof Uint8Array) host(subrequest, id, target, head, BODY_KIND.bytes, body);
  else if (body instanceof HostSource) host(subrequest, id, target, head, BODY_KIND.host, body.id);
  else {
    host(subrequest, id, target, head, BODY_KIND.stream);
    pump(body, id, (error) => error === undefined || giveUp(id, error));
  }
}

/** An abort reaches the request until its body has been read to the end. */
function followSignal(id: number, signal: object): void {
  signals.onAbort!(signal, (reason) => giveUp(id, reason));
}

function giveUp(id: number, reason: unknown): void {
  host(abort, id);
  const found = waiting.get(id);
  waiting.delete(id);
  if (found) found.reject(reason);
  else failBody(id, reason);
}

export function onSubrequestHead(id: number, head: string, hasBody: boolean): void {
  const found = waiting.get(id);
  if (!found) return;
  waiting.delete(id);
  const url = head.indexOf("\n") + 1;
  const fields = head.indexOf("\n", url);
  found.resolve({
    id,
    status: Number(head.slice(0, url - 1)),
    url: fields < 0 ? head.slice(url) : head.slice(url, fields),
    fields: fields < 0 ? "" : head.slice(fields + 1),
    body: hasBody ? new Body(new HostSource(id)) : null,
  });
}

export function onSubrequestFailed(id: number, why: string): void {
  const found = waiting.get(id);
  waiting.delete(id);
  const error = new TypeError(`fetch failed: ${why}`);
  failures.set(error, id);
  found?.reject(error);
}

/** The subrequest whose failure this very error is; 0: none. */
export function failedSubrequest(error: unknown): number {
  return failures.get(error as object) ?? 0;
}

export function toResponse(answer: Answer, redirected: boolean, immutable: boolean): Response {
  const { status, url, fields, body } = answer;
  return receivedResponse(status, fields, body, {
    statusText: "",
    type: "basic",
    url,
    redirected,
    immutable,
  });
}

/** For an answer that nobody will read. */
export function giveUpBody(answer: Answer): void {
  if (answer.body) host(abort, answer.id);
}
