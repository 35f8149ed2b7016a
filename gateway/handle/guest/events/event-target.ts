/** EventTarget (DOM standard, section 2.7). */
import { brand } from "../global.ts";
import { reportException } from "../life/report.ts";
import { Event, stateOf } from "./event.ts";

export type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

export interface ListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: ListenerSignal;
}

/** AbortSignal, seen from here: it is an EventTarget itself. */
interface ListenerSignal {
  readonly aborted: boolean;
  addEventListener(type: string, listener: () => void, options: ListenerOptions): void;
}

interface Entry {
  type: string;
  listener: Listener;
  capture: boolean;
  once: boolean;
  passive: boolean;
  removed: boolean;
}

/** Dispatches an event of the platform's own. */
export let dispatchTrusted: (target: EventTarget, event: Event) => void;

export class EventTarget {
  #entries: Entry[] = [];

  addEventListener(type: string, listener: Listener | null, options?: ListenerOptions | boolean): void {
    const { capture = false, once = false, passive = false, signal } = normalize(options);
    if (signal?.aborted || !checkListener(listener)) return;
    const name = `${type}`;
    if (
      this.#entries.some((e) => e.type === name && e.listener === listener && e.capture === Boolean(capture))
    )
      return;
    this.#entries.push({
      type: name,
      listener,
      capture: Boolean(capture),
      once: Boolean(once),
      passive: Boolean(passive),
      removed: false,
    });
    signal?.addEventListener("abort", () => this.removeEventListener(name, listener, { capture }), {
      once: true,
    });
  }

  removeEventListener(type: string, listener: Listener | null, options?: ListenerOptions | boolean): void {
    const { capture = false } = normalize(options);
    const name = `${type}`;
    const at = this.#entries.findIndex(
      (e) => e.type === name && e.listener === listener && e.capture === Boolean(capture),
    );
    if (at < 0) return;
    this.#entries[at]!.removed = true;
    this.#entries.splice(at, 1);
  }

  dispatchEvent(event: Event): boolean {
    if (!(event instanceof Event)) throw new TypeError("dispatchEvent: the argument is not an Event");
    if (stateOf(event).dispatching) {
      throw new DOMException("The event is already being dispatched", "InvalidStateError");
    }
    stateOf(event).trusted = false;
    this.#dispatch(event);
    return !event.defaultPrevented;
  }

  #dispatch(event: Event): void {
    const state = stateOf(event);
    state.dispatching = true;
    state.target = this;
    state.current = this;
    state.phase = 2;
    const { type } = event;
    // A copy, because listeners may come and go while it runs; capturing ones are first at the target too.
    const entries = this.#entries.filter((entry) => entry.type === type);
    for (const capture of [true, false]) {
      for (const entry of entries) {
        if (entry.capture === capture && !entry.removed && !state.stopped) this.#invoke(entry, event);
      }
    }
    state.dispatching = false;
    state.current = null;
    state.phase = 0;
    state.stopped = false;
  }

  #invoke(entry: Entry, event: Event): void {
    if (entry.once) this.removeEventListener(entry.type, entry.listener, entry.capture);
    const state = stateOf(event);
    state.inPassive = entry.passive;
    try {
      if (typeof entry.listener === "function") entry.listener.call(this, event);
      else entry.listener.handleEvent(event);
    } catch (error) {
      reportException(error, `A listener of "${entry.type}" threw`);
    }
    state.inPassive = false;
  }

  static {
    dispatchTrusted = (target, event) => {
      stateOf(event).trusted = true;
      target.#dispatch(event);
    };
  }
}
brand(EventTarget, "EventTarget");

function normalize(options: ListenerOptions | boolean | undefined): ListenerOptions {
  return typeof options === "object" && options !== null ? options : { capture: Boolean(options) };
}

function checkListener(listener: Listener | null): listener is Listener {
  if (listener === null || listener === undefined) return false;
  if (typeof listener === "function" || typeof listener === "object") return true;
  throw new TypeError("addEventListener: the listener is neither a function nor an object");
}

/** The `onNAME` attribute of a target: a listener with a fixed place in the order. */
export function eventHandler(prototype: object, type: string): void {
  const handlers = new WeakMap<object, { value: unknown; listener: (event: Event) => void }>();
  Object.defineProperty(prototype, `on${type}`, {
    get(this: EventTarget) {
      return handlers.get(this)?.value ?? null;
    },
    set(this: EventTarget, value: unknown) {
      const old = handlers.get(this);
      const usable = typeof value === "function" ? value : null;
      if (old) old.value = usable;
      else if (usable) {
        const handler = {
          value: usable as unknown,
          listener: (event: Event) => call(handler.value, this, event),
        };
        handlers.set(this, handler);
        this.addEventListener(type, handler.listener);
      }
    },
    enumerable: true,
    configurable: true,
  });
}

function call(handler: unknown, target: object, event: Event): void {
  if (typeof handler === "function") handler.call(target, event);
}
