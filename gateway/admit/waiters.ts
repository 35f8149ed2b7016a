/**
 * A queue of waiters for one lane of a gate (gate.ts): first in, first out, and removal from anywhere in constant
 * time, because clients that give up while queued are exactly what a full queue is full of. The links are in the
 * waiters themselves. Bound: the gate's `queueLength` over all lanes together.
 */
import { assert } from "../shared/assert.ts";
import type { GatewayError } from "../errors.ts";
import type { Permit } from "./permit.ts";

export class Waiter {
  /** Order of arrival over all lanes. */
  readonly arrival: number;
  readonly sinceMs: number;
  deadlineMs: number;
  readonly promise: Promise<Permit>;
  readonly resolve: (permit: Permit) => void;
  readonly reject: (error: GatewayError) => void;
  /** Undoes what was set up for this waiter alone (its abort listener). */
  forget: () => void = () => {};
  previous: Waiter | null = null;
  next: Waiter | null = null;

  constructor(arrival: number, sinceMs: number, deadlineMs: number) {
    this.arrival = arrival;
    this.sinceMs = sinceMs;
    this.deadlineMs = deadlineMs;
    const { promise, resolve, reject } = Promise.withResolvers<Permit>();
    this.promise = promise;
    this.resolve = resolve;
    this.reject = reject;
  }
}

export class Waiters {
  #first: Waiter | null = null;
  #last: Waiter | null = null;
  #length = 0;

  get first(): Waiter | null {
    return this.#first;
  }

  get length(): number {
    return this.#length;
  }

  append(waiter: Waiter): void {
    waiter.previous = this.#last;
    if (this.#last === null) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.#length++;
  }

  remove(waiter: Waiter): void {
    assert(waiter.previous !== null || this.#first === waiter, "a waiter leaves the queue it is in, once");
    if (waiter.previous === null) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === null) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.previous = null;
    waiter.next = null;
    this.#length--;
  }

  /** In order of arrival. The waiter in hand may be removed meanwhile. */
  *[Symbol.iterator](): Generator<Waiter> {
    let waiter = this.#first;
    while (waiter !== null) {
      const following: Waiter | null = waiter.next;
      yield waiter;
      waiter = following;
    }
  }
}
