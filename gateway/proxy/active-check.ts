// Asks every target of an upstream how it is, on its own schedule. Owner: the Upstream. Bound: one small request
// per target at a time; the answer's body is dropped unread.
import { GatewayError } from "../errors.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import type { EngineCall, ResponseSink } from "./engine.ts";
import type { Target } from "./target.ts";

export interface CheckOptions {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Answers in a row that change the verdict. */
  readonly healthyAfter: number;
  readonly unhealthyAfter: number;
}

interface Checked {
  readonly targets: readonly Target[];
  readonly deadlines: Deadlines;
}

export class ActiveCheck {
  readonly #upstream: Checked;
  readonly #options: CheckOptions;
  readonly #tallies = new WeakMap<Target, Tally>();
  readonly #timer: NodeJS.Timeout;

  constructor(upstream: Checked, options: CheckOptions) {
    this.#upstream = upstream;
    this.#options = options;
    this.#timer = setInterval(() => this.#round(), options.intervalMs).unref();
    this.#round();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #round(): void {
    for (const target of this.#upstream.targets) {
      let tally = this.#tallies.get(target);
      if (tally === undefined) this.#tallies.set(target, (tally = new Tally(target, this.#options)));
      if (!tally.asking) new Question(target, this.#options, this.#upstream.deadlines, tally);
    }
  }
}

class Tally {
  asking = false;
  #inARow = 0;
  #last: boolean | null = null;
  readonly #target: Target;
  readonly #options: CheckOptions;

  constructor(target: Target, options: CheckOptions) {
    this.#target = target;
    this.#options = options;
  }

  answered(good: boolean): void {
    this.asking = false;
    this.#inARow = good === this.#last ? this.#inARow + 1 : 1;
    this.#last = good;
    const needed = good ? this.#options.healthyAfter : this.#options.unhealthyAfter;
    if (this.#inARow === needed) this.#target.health.checked(good);
  }
}

class Question implements ResponseSink, Timed {
  place = -1;
  readonly #tally: Tally;
  readonly #deadlines: Deadlines;
  readonly #timeoutMs: number;
  readonly #askedMs = performance.now();
  readonly #call: EngineCall;
  #status = 0;

  constructor(target: Target, options: CheckOptions, deadlines: Deadlines, tally: Tally) {
    this.#tally = tally;
    this.#deadlines = deadlines;
    this.#timeoutMs = options.timeoutMs;
    tally.asking = true;
    deadlines.add(this);
    // Past the target's caps on purpose: a target whose every connection is busy still has to be asked.
    const headers = ["user-agent", "nea-gateway-check"];
    const request = { method: "GET", path: options.path, host: null, headers, body: null };
    this.#call = target.engine.send(request, this);
  }

  onSent(): void {}
  onInformation(): void {}

  onHead(status: number): void {
    this.#status = status;
  }

  onData(): boolean {
    return true;
  }

  onEnd(): void {
    this.#answer(this.#status >= 200 && this.#status < 400);
  }

  onError(_: GatewayError): void {
    this.#answer(false);
  }

  checkDeadline(nowMs: number): void {
    if (nowMs - this.#askedMs < this.#timeoutMs) return;
    this.#call.abort(new GatewayError("PROXY_TIMED_OUT", "health check"));
  }

  #answer(good: boolean): void {
    this.#deadlines.delete(this);
    this.#tally.answered(good);
  }
}
