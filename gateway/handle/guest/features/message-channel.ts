/** MessageChannel and MessagePort (HTML standard, section 9.4), within the arena: messages are cloned, then timed. */
import { structuredClone } from "../clone/structured-clone.ts";
import { MessageEvent } from "../events/event.ts";
import { EventTarget, dispatchTrusted, eventHandler } from "../events/event-target.ts";
import { brand, defineGlobals } from "../global.ts";
import { setTimeout } from "./timers.ts";

const CREATE = Symbol();

class MessagePort extends EventTarget {
  #other: MessagePort | undefined = undefined;
  /** Messages that came before start(). */
  #waiting: unknown[] | undefined = [];

  constructor(key: symbol) {
    super();
    if (key !== CREATE) throw new TypeError("Illegal constructor");
  }

  postMessage(message: unknown, options?: { transfer?: Iterable<unknown> } | Iterable<unknown>): void {
    const transfer =
      options && Symbol.iterator in options ? { transfer: options as Iterable<unknown> } : options;
    const data = structuredClone(message, transfer);
    const other = this.#other;
    if (other) setTimeout(() => other.#deliver(data), 0);
  }

  #deliver(data: unknown): void {
    if (this.#waiting) this.#waiting.push(data);
    else dispatchTrusted(this, new MessageEvent("message", { data } as object));
  }

  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const data of waiting) setTimeout(() => this.#deliver(data), 0);
  }

  close(): void {
    if (this.#other) this.#other.#other = undefined;
    this.#other = undefined;
  }

  static pair(): [MessagePort, MessagePort] {
    const [left, right] = [new MessagePort(CREATE), new MessagePort(CREATE)];
    left.#other = right;
    right.#other = left;
    return [left, right];
  }
}
const { pair } = MessagePort;
delete (MessagePort as { pair?: unknown }).pair;
brand(MessagePort, "MessagePort");
eventHandler(MessagePort.prototype, "message");
eventHandler(MessagePort.prototype, "messageerror");

// Setting onmessage starts the port, as the standard says.
const onmessage = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage")!;
Object.defineProperty(MessagePort.prototype, "onmessage", {
  ...onmessage,
  set(this: MessagePort, value: unknown) {
    onmessage.set!.call(this, value);
    this.start();
  },
});

class MessageChannel {
  #ports = pair();

  get port1(): MessagePort {
    return this.#ports[0];
  }
  get port2(): MessagePort {
    return this.#ports[1];
  }
}
brand(MessageChannel, "MessageChannel");

defineGlobals({ MessageChannel, MessagePort, MessageEvent });
