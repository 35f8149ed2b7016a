/** AbortController and AbortSignal, and what requests do with them. */
import {
  AbortController,
  AbortSignal,
  abortError,
  abortSignal,
  createSignal,
  dependentSignal,
  onAbort,
} from "../events/abort.ts";
import { defineGlobals } from "../global.ts";
import { signals } from "../http/signal-support.ts";
import { features } from "../life/features.ts";
import { forgetWith, leftovers } from "../life/leftovers.ts";
import { underWayWhile } from "../life/under-way.ts";

/** request.signal of the current request: made when asked for; the client may be gone by then. */
let client: AbortSignal | undefined;
let gone = false;

signals.follow = (sources) => dependentSignal(sources as AbortSignal[]);
signals.isSignal = (value): value is object => value instanceof AbortSignal;
signals.aborted = (signal) => {
  const { aborted, reason } = signal as AbortSignal;
  return aborted ? { reason } : undefined;
};
signals.onAbort = (signal, callback) => onAbort(signal as AbortSignal, callback);
signals.clientSignal = () => {
  leftovers.any = true;
  client ??= createSignal();
  if (gone) abortSignal(client, abortError());
  return client;
};

forgetWith(() => {
  client = undefined;
  gone = false;
});
underWayWhile(() => client !== undefined);
features.onClientGone = () => {
  leftovers.any = true;
  gone = true;
  if (client) abortSignal(client, abortError());
};

defineGlobals({ AbortController, AbortSignal });
