import { Checks } from "../check.ts";

export const abort = new Checks();

abort.add(
  "a controller aborts its signal once, with a reason",
  () => {
    const c = new AbortController();
    const seen: unknown[] = [];
    c.signal.addEventListener("abort", (event) =>
      seen.push(event.type, event.target === c.signal, event.isTrusted),
    );
    c.signal.onabort = () => seen.push("onabort");
    const before = [c.signal.aborted, c.signal.reason];
    c.abort("why");
    c.abort("again");
    return [...before, c.signal.aborted, c.signal.reason, seen];
  },
  [false, null, true, "why", ["abort", true, true, "onabort"]],
);

abort.add(
  "without a reason it is an AbortError",
  () => {
    const c = new AbortController();
    c.abort();
    const reason = c.signal.reason as DOMException;
    return [
      reason instanceof DOMException,
      reason.name,
      reason.code,
      (AbortSignal.abort().reason as Error).name,
      AbortSignal.abort(1).reason,
    ];
  },
  [true, "AbortError", 20, "AbortError", 1],
);

abort.add(
  "throwIfAborted throws the reason itself",
  () => {
    const reason = { mine: true };
    const signal = AbortSignal.abort(reason);
    try {
      signal.throwIfAborted();
    } catch (error) {
      return [error === reason, new AbortController().signal.throwIfAborted() === undefined];
    }
  },
  [true, true],
);

abort.add("a signal cannot be constructed", (t) => t.thrown(() => new AbortSignal()), "TypeError");

abort.add(
  "timeout aborts with a TimeoutError",
  async () => {
    const signal = AbortSignal.timeout(5);
    const before = signal.aborted;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return [before, signal.aborted, (signal.reason as DOMException).name];
  },
  [false, true, "TimeoutError"],
);

abort.addUnlikeNode(
  "a timeout that is no number of milliseconds is a TypeError",
  "Node.js throws RangeErrors; Web IDL's [EnforceRange] asks for TypeErrors",
  (t) => [-1, Number.NaN, Infinity].map((delay) => t.thrown(() => AbortSignal.timeout(delay))),
  ["TypeError", "TypeError", "TypeError"],
);

abort.add(
  "any follows the first of its sources",
  () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const any = AbortSignal.any([a.signal, b.signal]);
    const before = any.aborted;
    b.abort("b");
    a.abort("a");
    return [before, any.aborted, any.reason];
  },
  [false, true, "b"],
);

abort.add(
  "any of an aborted signal, of none, of others",
  () => [
    AbortSignal.any([new AbortController().signal, AbortSignal.abort(2), AbortSignal.abort(3)]).reason,
    AbortSignal.any([]).aborted,
  ],
  [2, false],
);

abort.add(
  "any of any follows the sources of its sources",
  () => {
    const c = new AbortController();
    const outer = AbortSignal.any([AbortSignal.any([c.signal])]);
    const order: string[] = [];
    c.signal.addEventListener("abort", () => order.push("source"));
    outer.addEventListener("abort", () => order.push("outer"));
    c.abort("x");
    return [outer.reason, order];
  },
  ["x", ["source", "outer"]],
);

abort.add(
  "listeners: once, removal, doubles, objects, order",
  () => {
    const target = new EventTarget();
    const seen: string[] = [];
    const twice = () => seen.push("twice");
    const gone = () => seen.push("gone");
    target.addEventListener("e", () => seen.push("once"), { once: true });
    target.addEventListener("e", twice);
    target.addEventListener("e", twice);
    target.addEventListener("e", gone);
    target.removeEventListener("e", gone);
    target.addEventListener("e", { handleEvent: () => seen.push("object") });
    target.addEventListener("e", null as unknown as () => void);
    target.dispatchEvent(new Event("e"));
    target.dispatchEvent(new Event("e"));
    return seen;
  },
  ["once", "twice", "object", "twice", "object"],
);

abort.add(
  "preventDefault counts for cancelable events only",
  () => {
    const target = new EventTarget();
    target.addEventListener("e", (event) => event.preventDefault());
    const [yes, no] = [new Event("e", { cancelable: true }), new Event("e")];
    return [target.dispatchEvent(yes), yes.defaultPrevented, target.dispatchEvent(no), no.defaultPrevented];
  },
  [false, true, true, false],
);

abort.add(
  "stopImmediatePropagation ends the dispatch",
  () => {
    const target = new EventTarget();
    const seen: string[] = [];
    target.addEventListener("e", (event) => {
      seen.push("first");
      event.stopImmediatePropagation();
    });
    target.addEventListener("e", () => seen.push("second"));
    target.dispatchEvent(new Event("e"));
    return seen;
  },
  ["first"],
);

abort.add(
  "a listener's signal takes it away",
  () => {
    const [target, c] = [new EventTarget(), new AbortController()];
    let count = 0;
    target.addEventListener("e", () => count++, { signal: c.signal });
    target.dispatchEvent(new Event("e"));
    c.abort();
    target.dispatchEvent(new Event("e"));
    return count;
  },
  1,
);

abort.add(
  "events know their target and phase only while they are dispatched",
  () => {
    const target = new EventTarget();
    const event = new Event("e");
    let during: unknown[] = [];
    target.addEventListener(
      "e",
      () => (during = [event.currentTarget === target, event.eventPhase, event.composedPath().length]),
    );
    target.dispatchEvent(event);
    return [
      during,
      event.target === target,
      event.currentTarget,
      event.eventPhase,
      event.isTrusted,
      event.composedPath(),
    ];
  },
  [[true, 2, 1], true, null, 0, false, []],
);

abort.addUnlikeNode(
  "what is no event cannot be dispatched, nor one that is being dispatched",
  "Node.js throws a plain Error with a code for the latter",
  (t) => {
    const target = new EventTarget();
    const results: string[] = [];
    target.addEventListener("e", (event) => results.push(t.thrown(() => target.dispatchEvent(event))));
    target.dispatchEvent(new Event("e"));
    return [...results, t.thrown(() => target.dispatchEvent({} as Event))];
  },
  ["InvalidStateError", "TypeError"],
);

abort.add(
  "CustomEvent has a detail",
  () => {
    const event = new CustomEvent("c", { detail: { a: 1 }, cancelable: true });
    return [
      event.type,
      event.detail,
      event.cancelable,
      new CustomEvent("c").detail,
      event instanceof Event,
      Object.prototype.toString.call(event),
    ];
  },
  ["c", { a: 1 }, true, null, true, "[object CustomEvent]"],
);

abort.add(
  "a class can extend EventTarget",
  () => {
    class Bus extends EventTarget {
      sent = 0;
      send() {
        this.dispatchEvent(new Event("sent"));
      }
    }
    const bus = new Bus();
    bus.addEventListener("sent", function (this: EventTarget) {
      (this as Bus).sent++;
    });
    bus.send();
    return bus.sent;
  },
  1,
);

abort.add(
  "fetch with an aborted signal rejects with its reason",
  async () => {
    try {
      await fetch("http://127.0.0.1:9/", { signal: AbortSignal.abort("stop") });
    } catch (error) {
      return error;
    }
  },
  "stop",
);
