/** Event, EventTarget and the kinds of events that servers meet. */
import { CustomEvent, ErrorEvent, Event, MessageEvent, PromiseRejectionEvent } from "../events/event.ts";
import { EventTarget } from "../events/event-target.ts";
import { defineGlobals } from "../global.ts";

defineGlobals({ Event, EventTarget, CustomEvent, ErrorEvent, MessageEvent, PromiseRejectionEvent });
