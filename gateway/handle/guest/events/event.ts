/** Event and its kinds that servers use (DOM standard, section 2.2). There is no tree: a target is its whole path. */
import { brand } from "../global.ts";

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

/** What dispatching needs to change about an event. */
export interface EventState {
  target: object | null;
  current: object | null;
  phase: number;
  dispatching: boolean;
  stopped: boolean;
  inPassive: boolean;
  trusted: boolean;
}

export let stateOf: (event: Event) => EventState;

export class Event {
  #type: string;
  #init: EventInit;
  #timeStamp = performance.now();
  #canceled = false;
  #state: EventState = {
    target: null,
    current: null,
    phase: 0,
    dispatching: false,
    stopped: false,
    inPassive: false,
    trusted: false,
  };
  #propagationStopped = false;

  constructor(type: string, init?: EventInit) {
    if (arguments.length === 0) throw new TypeError("Event: a type is needed");
    this.#type = `${type}`;
    this.#init = {
      bubbles: Boolean(init?.bubbles),
      cancelable: Boolean(init?.cancelable),
      composed: Boolean(init?.composed),
    };
  }

  get type(): string {
    return this.#type;
  }
  get target(): object | null {
    return this.#state.target;
  }
  get srcElement(): object | null {
    return this.#state.target;
  }
  get currentTarget(): object | null {
    return this.#state.current;
  }
  get eventPhase(): number {
    return this.#state.phase;
  }
  get bubbles(): boolean {
    return this.#init.bubbles!;
  }
  get cancelable(): boolean {
    return this.#init.cancelable!;
  }
  get composed(): boolean {
    return this.#init.composed!;
  }
  get defaultPrevented(): boolean {
    return this.#canceled;
  }
  get returnValue(): boolean {
    return !this.#canceled;
  }
  get isTrusted(): boolean {
    return this.#state.trusted;
  }
  get timeStamp(): number {
    return this.#timeStamp;
  }
  get cancelBubble(): boolean {
    return this.#propagationStopped;
  }
  set cancelBubble(value: boolean) {
    if (value) this.#propagationStopped = true;
  }
  composedPath(): object[] {
    return this.#state.current === null ? [] : [this.#state.current];
  }
  stopPropagation(): void {
    this.#propagationStopped = true;
  }
  stopImmediatePropagation(): void {
    this.#propagationStopped = true;
    this.#state.stopped = true;
  }
  preventDefault(): void {
    if (this.#init.cancelable && !this.#state.inPassive) this.#canceled = true;
  }

  static {
    stateOf = (event) => event.#state;
  }
}
brand(Event, "Event");
for (const target of [Event, Event.prototype]) {
  ["NONE", "CAPTURING_PHASE", "AT_TARGET", "BUBBLING_PHASE"].forEach((name, value) =>
    Object.defineProperty(target, name, { value, enumerable: true }),
  );
}

/** A kind of event that only adds properties, with their defaults. */
function eventKind<T extends object>(name: string, defaults: T): typeof Event {
  const kind = class extends Event {
    #values: T;
    constructor(type: string, init?: EventInit & Partial<T>) {
      super(type, init);
      const values = { ...defaults };
      for (const key of Object.keys(defaults) as (keyof T)[]) {
        if (init?.[key] !== undefined) values[key] = init[key] as T[keyof T];
      }
      this.#values = values;
    }
    static {
      for (const key of Object.keys(defaults)) {
        Object.defineProperty(this.prototype, key, {
          get(this: InstanceType<typeof kind>) {
            return this.#values[key as keyof T];
          },
          configurable: true,
        });
      }
    }
  };
  brand(kind, name);
  return kind;
}

export const CustomEvent = eventKind("CustomEvent", { detail: null as unknown });
export const MessageEvent = eventKind("MessageEvent", {
  data: null as unknown,
  origin: "",
  lastEventId: "",
  source: null as unknown,
  ports: [] as unknown[],
});
export const ErrorEvent = eventKind("ErrorEvent", {
  message: "",
  filename: "",
  lineno: 0,
  colno: 0,
  error: undefined as unknown,
});
export const PromiseRejectionEvent = eventKind("PromiseRejectionEvent", {
  promise: undefined as unknown,
  reason: undefined as unknown,
});
