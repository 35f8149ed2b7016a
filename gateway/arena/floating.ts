/**
 * Promises that were rejected while nobody listened. What is still unheard when a turn is over goes to the log, as the
 * HTML standard has it (section 8.1.5.7, "notify about rejected promises").
 *
 * Owner: one HostCalls. Bound: FLOATING_MAX promises a turn, further ones are not reported. It holds references into
 * the arena for the length of one turn only: between turns a thread holds nothing.
 */
import type { Vm } from "./vm.ts";

const FLOATING_MAX = 32;

interface Rejection {
  promise: number;
  reason: number;
}

export class Floating {
  readonly #vm: Vm;
  #rejections: Rejection[] = [];

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  get any(): boolean {
    return this.#rejections.length > 0;
  }

  /** The engine's report; both values are ours to free. `isHandled`: somebody has come to listen after all. */
  heard(promise: number, reason: number, isHandled: boolean): void {
    if (isHandled) this.#settle(promise);
    else if (this.#rejections.length < FLOATING_MAX) {
      this.#rejections.push({ promise, reason });
      return;
    }
    this.#free({ promise, reason });
  }

  /** Hands out the reasons of what nobody listens to, and forgets them. */
  take(report: (reason: number) => void): void {
    const rejections = this.#rejections;
    this.#rejections = [];
    for (const { reason } of rejections) report(reason);
    for (const rejection of rejections) this.#free(rejection);
  }

  /** The arena has been restored, or is about to be. */
  forget(): void {
    this.#rejections = [];
  }

  #settle(promise: number): void {
    const index = this.#rejections.findIndex((rejection) => this.#isSame(rejection.promise, promise));
    if (index < 0) return;
    for (const rejection of this.#rejections.splice(index, 1)) this.#free(rejection);
  }

  /** Both are boxes with a value in them; the same object has the same value. */
  #isSame(a: number, b: number): boolean {
    const { words } = this.#vm;
    return words[a >>> 2] === words[b >>> 2] && words[(a >>> 2) + 1] === words[(b >>> 2) + 1];
  }

  #free({ promise, reason }: Rejection): void {
    this.#vm.exports.qjs_free_value(promise);
    this.#vm.exports.qjs_free_value(reason);
  }
}
