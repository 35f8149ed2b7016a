/** One event in, effects out: what the host calls to advance a handler. */
import { CALL, EVENT, START_FLAG } from "../../abi.ts";
import { host } from "../host.ts";
import { onBodyChunk, onBodyEnd, onBodyFailed } from "../http/host-source.ts";
import { incomingRequest } from "../http/request.ts";
import { own } from "../url/parse-url.ts";
import { beginContext, configureContext, ctx, env, passOn } from "./context.ts";
import { features } from "./features.ts";
import { type FetchTarget, fetchTarget } from "./fetch-target.ts";
import { forgetLeftovers, leftovers } from "./leftovers.ts";
import { onWritable, onWriteFailed } from "./pump.ts";
import { beginReply, fail, reply, replyWith } from "./reply.ts";
import { onSubrequestFailed, onSubrequestHead } from "./subrequest.ts";

const {
  start,
  timer,
  subrequestHead,
  subrequestFailed,
  bodyChunk,
  bodyEnd,
  bodyFailed,
  writable,
  writeFailed,
  clientGone,
  idle,
} = EVENT;
const then = Promise.prototype.then;

let target: FetchTarget | undefined;
/** Of the handler's answer, if it was not there at once. */
let promised: Promise<unknown> | undefined;

function turn(event: number, id: number, a: unknown, b: unknown): void {
  if (event === start) return begin(a as string, b as number);
  if (event === subrequestHead) return onSubrequestHead(id, a as string, b === 1);
  if (event === bodyChunk) return onBodyChunk(id, a as Uint8Array);
  if (event === bodyEnd) return onBodyEnd(id);
  if (event === writable) return onWritable(id);
  if (event === timer) return features.onTimer?.();
  if (event === subrequestFailed) return onSubrequestFailed(id, a as string);
  if (event === bodyFailed) return onBodyFailed(id, a as string);
  if (event === writeFailed) return onWriteFailed(id);
  if (event === clientGone) return features.onClientGone?.();
  if (event === idle) return passOn(promised);
}

function begin(head: string, flags: number): void {
  beginReply();
  promised = undefined;
  if (leftovers.any) forgetLeftovers();
  own.isCanonical = (flags & START_FLAG.canonicalUrl) !== 0;
  const request = incomingRequest(head, (flags & START_FLAG.body) !== 0);
  beginContext(request);
  let answer: unknown;
  try {
    answer = target!.fetch(request, env, ctx);
  } catch (error) {
    return fail(error);
  }
  if (replyWith(answer)) return;
  promised = Promise.resolve(answer);
  then.call(promised, reply, fail);
}

function adopt(namespace: Record<string, unknown>): void {
  target = fetchTarget(namespace);
}

host(CALL.install, turn, configureContext, adopt);
