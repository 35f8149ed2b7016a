/** AbortController and AbortSignal (DOM standard, section 3). */
import { brand } from "../global.ts";
import { setTimeout } from "../features/timers.ts";
import { Event } from "./event.ts";
import { EventTarget, dispatchTrusted, eventHandler } from "./event-target.ts";

const CREATE = Symbol();

export let createSignal: () => AbortSignal;
export let abortSignal: (signal: AbortSignal, reason: unknown) => void;
/** Runs before the listeners; returns a function that takes it away again. */
export let onAbort: (signal: AbortSignal, callback: (reason: unknown) => void) => () => void;
/** A signal that is aborted when any of the sources is. */
export let dependentSignal: (sources: readonly AbortSignal[]) => AbortSignal;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown = undefined;
  #algorithms: ((reason: unknown) => void)[] = [];
  /** Only for signals made by any(): what they follow in the end. */
  #sources: AbortSignal[] | undefined = undefined;
  #dependents: AbortSignal[] = [];

  constructor(key: symbol) {
    super();
    if (key !== CREATE) throw new TypeError("Illegal constructor");
  }

  get aborted(): boolean {
    return this.#aborted;
  }
  get reason(): unknown {
    return this.#reason;
  }
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(CREATE);
    signal.#aborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    return signal;
  }

  static timeout(delayMs: number): AbortSignal {
    const delay = Math.trunc(Number(delayMs));
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError(`AbortSignal.timeout: ${String(delayMs)} is not a number of milliseconds`);
    }
    const signal = new AbortSignal(CREATE);
    const expire = () => abortSignal(signal, new DOMException("The operation timed out", "TimeoutError"));
    setTimeout(expire, Math.min(delay, 0x7fffffff));
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const sources = [...signals];
    for (const source of sources) {
      if (!(source instanceof AbortSignal))
        throw new TypeError("AbortSignal.any: an entry is not an AbortSignal");
    }
    return dependentSignal(sources);
  }

  static {
    createSignal = () => new AbortSignal(CREATE);
    dependentSignal = (sources) => {
      const signal = new AbortSignal(CREATE);
      const aborted = sources.find((source) => source.#aborted);
      if (aborted) {
        signal.#aborted = true;
        signal.#reason = aborted.#reason;
        return signal;
      }
      // Following sources of sources directly keeps the order of events that the standard describes.
      signal.#sources = [...new Set(sources.flatMap((source) => source.#sources ?? [source]))];
      for (const source of signal.#sources) source.#dependents.push(signal);
      return signal;
    };
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return;
      const all = [signal, ...signal.#dependents.filter((dependent) => !dependent.#aborted)];
      for (const each of all) {
        each.#aborted = true;
        each.#reason = reason;
      }
      for (const each of all) {
        for (const algorithm of each.#algorithms.splice(0)) algorithm(reason);
        dispatchTrusted(each, new Event("abort"));
      }
    };
    onAbort = (signal, callback) => {
      signal.#algorithms.push(callback);
      return () => {
        const at = signal.#algorithms.indexOf(callback);
        if (at >= 0) signal.#algorithms.splice(at, 1);
      };
    };
  }
}
brand(AbortSignal, "AbortSignal");
eventHandler(AbortSignal.prototype, "abort");

export class AbortController {
  #signal = createSignal();

  get signal(): AbortSignal {
    return this.#signal;
  }
  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason === undefined ? abortError() : reason);
  }
}
brand(AbortController, "AbortController");

export function abortError(): DOMException {
  return new DOMException("This operation was aborted", "AbortError");
}
