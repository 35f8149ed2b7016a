/**
 * What crosses between the host and a handler's arena. Both sides import these numbers; nothing else is shared.
 *
 * A handler advances in *turns*: the host calls the guest's turn function with one event, the guest runs until its
 * job queue is empty, and the effects it asked for take place when the turn is over. Effects of a turn that was
 * aborted never take place. Nothing the guest says is trusted: the host checks every number and string.
 *
 * Heads are strings of fields separated by "\n" (no field may contain one; neither methods, URLs nor header values
 * can). Strings are what the engine converts fastest, and splitting is left to whoever needs the parts.
 */

/**
 * The most bytes that leave an arena by copy in one piece: a written chunk, a subrequest's body, an answer after which
 * the handler goes on. Larger bodies are written piece by piece; a final answer is sent from the arena itself.
 */
export const PIECE_BYTES = 65_536;

/** Host to guest: the first argument of `turn(event, id, a, b)`. */
export const EVENT = {
  /** A request. id: 0. a: "METHOD\nURL\nname\nvalue\nname\nvalue..." b: START_FLAGs. */
  start: 1,
  /** The time asked for with EFFECT.timer has come. */
  timer: 2,
  /** A subrequest was answered. id: its id. a: "STATUS\nURL\nname\nvalue..." b: 1 if it has a body, else 0. */
  subrequestHead: 3,
  /** A subrequest failed before its head. id: its id. a: why, in words an author understands. */
  subrequestFailed: 4,
  /** A chunk that was pulled. id: 0 for the request's body, else the subrequest's. a: a fresh Uint8Array. */
  bodyChunk: 5,
  /** The pulled body is at its end. id as above. */
  bodyEnd: 6,
  /** The pulled body broke off. id as above. a: why. */
  bodyFailed: 7,
  /** What was written with EFFECT.write has been taken. id as there. */
  writable: 8,
  /** Nobody reads what is written with this id any more (client gone, upstream gone). */
  writeFailed: 9,
  /** The client is gone: request.signal is aborted. */
  clientGone: 10,
  /**
   * Nothing is left to do in a turn that sent a subrequest to "next". Not a turn of its own: the moment for CALL.passOn. Runs no code of
   * the handler's.
   */
  idle: 11,
} as const;

/** What the host has seen of a request; flags. */
export const START_FLAG = {
  /** It has a body. */
  body: 1,
  /** Parsing its URL would leave it as it is: guest/url/canonical.ts. */
  canonicalUrl: 2,
} as const;

/** Guest to host: the first argument of `host(effect, ...)`. They take place when the turn is over. */
export const EFFECT = {
  /**
   * respond(status, head, bodyKind, body, final). head: "name\nvalue\nname\nvalue..." (may be ""). final: 1 when
   * nothing more will come of this request (no waitUntil pending, body complete): the slot may be reset.
   */
  respond: 1,
  /** write(id, chunk): a chunk (string or Uint8Array) of a streamed body. id: 0 response, n subrequest's body. */
  write: 2,
  /** writeEnd(id) */
  writeEnd: 3,
  /** writeAbort(id): the stream errored; what was promised cannot be delivered. */
  writeAbort: 4,
  /**
   * subrequest(id, target, head, bodyKind, body). target: "next", "binding NAME" or "url". head as in
   * EVENT.start, its URL absolute, or for "next" and bindings absolute or a path. ids count up from 1.
   */
  subrequest: 5,
  /** abort(id): gives a subrequest (or its unread body) up. id 0: the request's own body is not wanted. */
  abort: 6,
  /** pull(id): one chunk of a body, please; answered by bodyChunk, bodyEnd or bodyFailed. */
  pull: 7,
  /** timer(delayMs): wake me after this long with EVENT.timer; replaces the last one; -1: no longer. */
  timer: 8,
  /** log(level, text). level: LOG_LEVEL. */
  log: 9,
  /** done(): everything handed to waitUntil has settled and the response is complete. */
  done: 10,
  /**
   * threw(id, description, stack): the handler threw or rejected. id: of the subrequest whose failure it passed on, just as that
   * had reached it; else 0.
   */
  threw: 11,
  /** badResponse(why): the handler's answer is no valid response. */
  badResponse: 12,
  /** Instead of `subrequest`, and as there: the handler's answer is what the upstream answers. Comes of CALL.passOn. */
  passOn: 13,
} as const;

/** Guest to host, answered at once: `host(call, ...)` returns a value. */
export const CALL = {
  /** install(turn, usedHook): the platform's turn function; once, while the image is made. */
  install: 32,
  /** randomBytes(uint8Array): filled in place from the system's generator. At most 65,536 bytes. */
  randomBytes: 33,
  /** usedBytes(): returns the arena's bytes in use, now. */
  usedBytes: 34,
  /** now(): milliseconds since the request began, a float. */
  now: 35,
  /** crypto(operation, parametersJson, ...bytes): see crypto-host.ts; returns a string or Uint8Array, or throws. */
  crypto: 36,
  /** arenaBytes(): returns the size of the arena. Not part of the image: one image may run in pools of several sizes. */
  arenaBytes: 37,
  /**
   * passOn(id, next, answer): of the subrequest `id` of this turn, the promise that the handler got, and the one that it answered
   * with. If the first only settles the second, and no body is to be written, the effect becomes EFFECT.passOn, and the request is
   * complete.
   */
  passOn: 38,
} as const;

export const BODY_KIND = {
  none: 0,
  string: 1,
  /** A Uint8Array. */
  bytes: 2,
  /** body is the id of a host body that passes by the arena: 0 the request's own, n a subrequest's answer. */
  host: 3,
  /** Chunks follow by EFFECT.write. */
  stream: 4,
} as const;

export const LOG_LEVEL = { debug: 0, info: 1, warn: 2, error: 3 } as const;
