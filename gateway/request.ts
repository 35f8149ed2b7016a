/** What is gathered about one request on its way, until it ends. */
import type { Passage } from "./admit/breaker.ts";
import type { GatewayError } from "./errors.ts";
import type { Served } from "./handle/served.ts";
import type { RequestRecord } from "./observer.ts";

/** Ends once. */
export class Request implements RequestRecord {
  route: string | null = null;
  handler: string | null = null;
  pool: string | null = null;
  gate: string | null = null;
  target: string | null = null;
  waitMs = 0;
  handlerMs: number | null = null;
  status = 0;
  error: GatewayError | null = null;
  bytesIn = 0;
  bytesOut = 0;
  arenaPeakBytes: number | null = null;
  cpuMs: number | null = null;
  /** By which it got past its route's breaker, if there is one. */
  passage: Passage | null = null;
  /** The handler's last run was aborted. */
  aborted = false;
  readonly #answer: (error: GatewayError) => void;
  readonly #onEnd: () => void;

  constructor(answer: (error: GatewayError) => void, onEnd: () => void) {
    this.#answer = answer;
    this.#onEnd = onEnd;
  }

  refuse(error: GatewayError): void {
    this.#answer(error);
    this.end(error.status, error, 0);
  }

  endHandled(served: Served): void {
    const { status, error, bytesOut } = served;
    this.handled(served);
    this.end(status || (error?.status ?? 0), error, bytesOut);
  }

  /** A run is over; there may be another one. */
  handled({ arenaPeakBytes, handlerMs, cpuUs, cause }: Served): void {
    this.arenaPeakBytes = Math.max(this.arenaPeakBytes ?? 0, arenaPeakBytes);
    this.handlerMs = (this.handlerMs ?? 0) + handlerMs;
    this.cpuMs = (this.cpuMs ?? 0) + cpuUs / 1000;
    this.aborted = cause !== null;
  }

  end(status: number, error: GatewayError | null, bytesOut: number): void {
    this.status = status;
    this.error = error;
    this.bytesOut = bytesOut;
    this.#onEnd();
  }
}
