/**
 * The gateway's log, read back by request: what a test learns about a request is what the log says about it.
 *
 * Owner: one test arena. Holds what requests under way have logged; released when their result is handed out.
 */
import { type Logger, pino } from "pino";
import type { Culprit, LogEntry } from "./types.ts";

/** A line of the log; which fields it has says what it is. */
interface Line {
  level: number;
  msg?: string;
  requestId?: string;
  console?: string;
  cause?: string;
  code?: string | null;
  detail?: string;
  at?: string | null;
  function?: string | null;
  precision?: Culprit["precision"];
  stack?: string[];
  codeFrame?: string;
  arenaPeakBytes?: number | null;
  cpu?: number | null;
}

export interface LoggedRequest {
  peakBytes: number;
  cpuMs: number;
  logs: LogEntry[];
  code: string | null;
  detail: string | null;
  culprit: Culprit | null;
}

interface Entry {
  logs: LogEntry[];
  culprit: Culprit | null;
  ended: Promise<LoggedRequest>;
  end(logged: LoggedRequest): void;
}

export class RequestLog {
  readonly logger: Logger;
  readonly #entries = new Map<string, Entry>();

  constructor() {
    const write = (line: string) => this.#take(JSON.parse(line) as Line);
    this.logger = pino({ level: "debug", base: null, timestamp: false }, { write });
  }

  /** Resolves when the request is over: its answer was sent, and its arena is clean. */
  async ended(requestId: string): Promise<LoggedRequest> {
    const logged = await this.#entryOf(requestId).ended;
    this.#entries.delete(requestId);
    return logged;
  }

  #entryOf(requestId: string): Entry {
    let entry = this.#entries.get(requestId);
    if (!entry) {
      const { promise, resolve } = Promise.withResolvers<LoggedRequest>();
      entry = { logs: [], culprit: null, ended: promise, end: resolve };
      this.#entries.set(requestId, entry);
    }
    return entry;
  }

  #take(line: Line): void {
    if (line.requestId === undefined) return;
    const entry = this.#entryOf(line.requestId);
    if (line.console !== undefined) entry.logs.push({ level: levelOf(line), text: line.console });
    else if (line.cause !== undefined) entry.culprit = culpritOf(line);
    else if (line.msg === "request") entry.end(loggedRequest(line, entry));
  }
}

function levelOf({ level }: Line): LogEntry["level"] {
  return pino.levels.labels[level] as LogEntry["level"];
}

function culpritOf({ at, function: name, precision, stack, codeFrame }: Line): Culprit {
  return {
    at: at ?? null,
    function: name ?? null,
    precision: precision ?? null,
    stack: stack ?? [],
    codeFrame: codeFrame ?? "",
  };
}

function loggedRequest({ arenaPeakBytes, cpu, code, detail }: Line, { logs, culprit }: Entry): LoggedRequest {
  return {
    peakBytes: arenaPeakBytes ?? 0,
    cpuMs: cpu ?? 0,
    logs,
    code: code ?? null,
    detail: detail ?? null,
    culprit,
  };
}
