/**
 * A warm request: run while the image is made, so that what a handler builds on first use (a router, a parser table)
 * is part of the image. There is no client and no upstream: its answer is thrown away, subrequests fail, the body is
 * empty, and timers fire at once in their order: nobody waits, but the request's clock moves on as if somebody had, or
 * the guest, which looks whether a timer is due, would ask for the same one again and again.
 */
import { BODY_KIND, EFFECT, EVENT } from "../handle/abi.ts";
import { MAILBOX } from "./control.ts";
import type { EffectList } from "./effect-list.ts";
import type { HostCalls } from "./host-calls.ts";
import { type Effect, effectText } from "./letters.ts";
import type { Vm } from "./vm.ts";

/** A warm request that has not answered after this many turns is given up. */
const MAX_TURNS = 1000;

interface Event {
  event: number;
  id: number;
  text?: string;
  /** Of a timer: when it is due, by the clock of the request. */
  dueMs?: number;
}

export class WarmRun {
  readonly logs: string[] = [];
  readonly #vm: Vm;
  readonly #effects: EffectList;
  readonly #calls: HostCalls;
  readonly #turn: number;
  readonly #startClock: () => void;

  constructor(vm: Vm, effects: EffectList, calls: HostCalls, turn: number, startClock: () => void) {
    this.#vm = vm;
    this.#effects = effects;
    this.#calls = calls;
    this.#turn = turn;
    this.#startClock = startClock;
  }

  /** Runs one request to its end; returns what came of it, in words. Aborts are thrown. */
  run(head: string): string {
    this.#startClock();
    this.#calls.startedAtMs = performance.timeOrigin + performance.now();
    const queue: Event[] = [{ event: EVENT.start, id: 0, text: head }];
    let answer = "no answer";
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      const event = queue.shift();
      if (!event) return answer;
      this.#deliver(event);
      for (const effect of this.#list()) answer = this.#take(effect, queue) ?? answer;
      if (this.#effects.final) {
        this.#effects.release();
        return answer;
      }
    }
    return `${answer} after ${MAX_TURNS} turns`;
  }

  #deliver({ event, id, text, dueMs }: Event): void {
    if (dueMs !== undefined) this.#calls.startedAtMs -= Math.max(0, dueMs - this.#nowMs());
    this.#effects.release();
    const start = this.#vm.layout.mailboxStart + MAILBOX.bytes;
    const textBytes = text === undefined ? -1 : this.#vm.bytes.write(text, start, "utf8");
    this.#effects.callTurn(this.#turn, { event, id, textBytes, dataBytes: -1, flag: 0 });
    const { exports } = this.#vm;
    while (!this.#effects.final && exports.qjs_is_job_pending()) {
      if (exports.qjs_execute_pending_job() < 0) exports.qjs_free_value(exports.qjs_get_exception());
    }
    this.#calls.reportFloating();
  }

  #nowMs(): number {
    return performance.timeOrigin + performance.now() - this.#calls.startedAtMs;
  }

  /** What the module logged while it was evaluated. */
  readLogs(): void {
    this.#calls.reportFloating();
    for (const effect of this.#list()) if (effect.effect === EFFECT.log) this.#take(effect, []);
  }

  #list(): Effect[] {
    return Array.from({ length: this.#effects.count }, (_, index) =>
      this.#effects.letter.effect(index, this.#vm.bytes),
    );
  }

  /** What the outside world says to an effect; returns the answer's description once there is one. */
  #take(effect: Effect, queue: Event[]): string | undefined {
    const text = () => effectText(this.#vm.bytes, effect.textPointer, effect.textBytes);
    switch (effect.effect) {
      case EFFECT.respond:
        return effect.b === BODY_KIND.host ? `${effect.a}, a body from elsewhere` : `${effect.a}`;
      case EFFECT.threw:
        return `threw ${text()}`;
      case EFFECT.badResponse:
        return `bad response: ${text()}`;
      case EFFECT.log:
        this.logs.push(text());
        break;
      case EFFECT.timer:
        if (effect.a >= 0) queue.push({ event: EVENT.timer, id: 0, dueMs: this.#nowMs() + effect.a });
        break;
      case EFFECT.pull:
        queue.push({ event: EVENT.bodyEnd, id: effect.a });
        break;
      case EFFECT.write:
        queue.push({ event: EVENT.writable, id: effect.a });
        break;
      case EFFECT.subrequest:
        queue.push({
          event: EVENT.subrequestFailed,
          id: effect.a,
          text: "there is no upstream while warming up",
        });
        break;
    }
    return undefined;
  }
}
