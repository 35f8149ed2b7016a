/**
 * The answer leaves: a Response becomes EFFECT.respond. It is final unless its body is still being written or
 * ctx.waitUntil() waits for something; then EFFECT.done follows.
 */
import { BODY_KIND, EFFECT, LOG_LEVEL } from "../../abi.ts";
import { host } from "../host.ts";
import { type Body, type BodySource, takeSource } from "../http/body.ts";
import { HostSource } from "../http/host-source.ts";
import { answer, readResponse } from "../http/response.ts";
import { describe, stackOf } from "./describe.ts";
import { inPieces } from "./pieces.ts";
import { pump } from "./pump.ts";
import { failedSubrequest } from "./subrequest.ts";
import { underWayWhile } from "./under-way.ts";

const { respond, done, threw, badResponse, log } = EFFECT;
const { none, string, bytes, host: hostBody, stream } = BODY_KIND;
const then = Promise.prototype.then;

/** What must settle before the arena may be reset: promises of waitUntil, and the body while it is written. */
let pending = 0;
let responded = false;
/** Counts requests: what an earlier one (a warm request) left pending must not count for this one. */
let generation = 0;

underWayWhile(() => responded || pending > 0);

export function beginReply(): void {
  pending = 0;
  responded = false;
  generation++;
}

/** Answers with what the handler's promise resolved to. */
export function reply(value: unknown): void {
  if (!responded && !replyWith(value)) refuse(`fetch() answered with ${kindOf(value)}, not with a Response`);
}

/** Answers with a Response; false if it is none. */
export function replyWith(value: unknown): boolean {
  if (!readResponse(value)) return false;
  const { status, fields, body } = answer;
  if (status === 0) {
    refuse("fetch() answered with Response.error()");
    return true;
  }
  responded = true;
  const final = pending === 0 ? 1 : 0;
  if (typeof body === "string" && final) host(respond, status, fields, string, body.toWellFormed(), final);
  else if (body === null) host(respond, status, fields, none, undefined, final);
  else replyBody(status, fields, body, final);
  return true;
}

function replyBody(status: number, fields: string, body: Body | string, final: number): void {
  let source: BodySource;
  try {
    source =
      typeof body === "string"
        ? body
        : takeSource(body, "fetch() answered with a Response that cannot be sent");
  } catch (error) {
    return refuse((error as Error).message);
  }
  // A final answer is sent from the arena as it is. If the handler goes on, it is copied out, piece by piece.
  if (!final) source = inPieces(source);
  if (typeof source === "string") host(respond, status, fields, string, source.toWellFormed(), final);
  else if (source instanceof Uint8Array) host(respond, status, fields, bytes, source, final);
  else if (source instanceof HostSource) host(respond, status, fields, hostBody, source.id, final);
  else {
    pending++;
    host(respond, status, fields, stream, undefined, 0);
    pump(source, 0, settled(generation));
  }
}

function refuse(why: string): void {
  responded = true;
  host(badResponse, why);
}

export function fail(error: unknown): void {
  if (responded) return;
  responded = true;
  host(threw, failedSubrequest(error), describe(error), stackOf(error));
}

/** ctx.waitUntil: the slot is kept until the promise settles; the wall limit bounds it. */
export function waitUntil(promise: unknown): void {
  pending++;
  const settle = settled(generation);
  then.call(Promise.resolve(promise), settle, (error) => {
    host(log, LOG_LEVEL.error, `waitUntil: ${describe(error)}\n${stackOf(error)}`);
    settle();
  });
}

function settled(of: number): () => void {
  return () => {
    if (of === generation && --pending === 0 && responded) host(done);
  };
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value).slice(0, 80);
  const name: unknown = (value as object).constructor?.name;
  return typeof name === "string" && name !== "" ? `an object of class ${name.slice(0, 80)}` : "an object";
}
