/**
 * `ctx` and `env`. An arena runs one request at a time, so both are made once, with the image, and cost a request
 * nothing.
 */
import { CALL } from "../../abi.ts";
import { host } from "../host.ts";
import { Request, type RequestInit, isRequest, pathRequest, requestHead } from "../http/request.ts";
import type { Response } from "../http/response.ts";
import { waitUntil } from "./reply.ts";
import { configureSettings, settings } from "./settings.ts";
import { methodOf, onlySubrequest, send, toResponse } from "./subrequest.ts";
import { isAnythingUnderWay } from "./under-way.ts";

let current: Request | undefined;

/** What the last ctx.next() returned. */
let lastNext: Promise<Response> | undefined;

export function beginContext(request: Request): void {
  current = request;
  lastNext = undefined;
}

/**
 * `return ctx.next()`: if the handler answers with that promise, or with one that only waits for it, and nothing else is under way,
 * the request is passed on as if the route had no handler, and the arena is free. The host looks at the promises.
 */
export function passOn(answer: Promise<unknown> | undefined): void {
  if (lastNext === undefined || answer === undefined || isAnythingUnderWay()) return;
  const id = onlySubrequest(methodOf(requestHead(current!)));
  if (id > 0) host(CALL.passOn, id, lastNext, answer);
}

/** A request out of what fetch() takes; a path is enough where the host knows the origin. */
function requestFor(input: unknown, init: RequestInit | undefined): Request {
  if (input === undefined && init === undefined) return current!;
  if (isRequest(input) && init === undefined) return input;
  if (typeof input === "string" && input.startsWith("/")) return pathRequest(input, init);
  return new Request(input ?? current, init);
}

function sendTo(target: string, input: unknown, init: RequestInit | undefined): Promise<Response> {
  try {
    assertInRequest("fetch");
    return send(target, requestFor(input, init)).then(asMutableResponse);
  } catch (error) {
    return Promise.reject(error);
  }
}

const asMutableResponse = (answer: Parameters<typeof toResponse>[0]) => toResponse(answer, false, false);

/** What belongs to a request cannot happen while the module is loaded: every request would share it. */
export function assertInRequest(name: string): void {
  if (current !== undefined) return;
  throw new TypeError(`${name} is not available while the module is loaded: call it inside fetch()`);
}

function next(input?: unknown, init?: RequestInit): Promise<Response> {
  if (!settings.hasUpstream) {
    return Promise.reject(
      new TypeError("ctx.next(): this route has no upstream; name one under `upstream` in its route"),
    );
  }
  return (lastNext = sendTo("next", input, init));
}

const arena = {
  get bytes() {
    return host(CALL.arenaBytes) as number;
  },
  get usedBytes() {
    return host(CALL.usedBytes) as number;
  },
};

export const ctx = { next, waitUntil, arena };

export const env: Record<string, unknown> = {};

export function configureContext(json: string): void {
  configureSettings(json);
  Object.assign(env, settings.env);
  for (const name of settings.bindings) {
    const target = `binding ${name}`;
    env[name] = { fetch: (input: unknown, init?: RequestInit) => sendTo(target, input, init) };
  }
}
