/**
 * `ctx` and `env`. An arena runs one request at a time, so both are made once, with the image, and cost a request
 * nothing.
 */
import { CALL } from "../../abi.ts";
import { host } from "../host.ts";
import { Request, type RequestInit, isRequest, pathRequest } from "../http/request.ts";
import type { Response } from "../http/response.ts";
import { waitUntil } from "./reply.ts";
import { configureSettings, settings } from "./settings.ts";
import { send, toResponse } from "./subrequest.ts";

let current: Request | undefined;

export function beginContext(request: Request): void {
  current = request;
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
  return sendTo("next", input, init);
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
