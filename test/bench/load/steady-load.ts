/**
 * Innocent clients beside a hog: `node steady-load.ts SPEC` (SteadySpec as JSON); prints a SteadyResult. Each client asks,
 * waits for the answer, pauses, asks again. A first while without the hog is the comparison; then one connection
 * asks for the hog's path and waits for whatever comes.
 */
import { type Socket, connect } from "node:net";
import { type Answer, AnswerReader } from "./answer-reader.ts";
import { Latencies } from "./latencies.ts";
import { requestBytes } from "./request-bytes.ts";

export interface SteadySpec {
  port: number;
  path: string;
  hogPath: string;
  clients: number;
  pauseMs: number;
  quietSeconds: number;
  hogSeconds: number;
}

export interface SteadyPhase {
  answers: number;
  errors: number;
  p99Ms: number;
  /** The longest that any client waited for an answer, or was still waiting at the end. */
  longestMs: number;
}

export interface SteadyResult {
  quiet: SteadyPhase;
  beside: SteadyPhase;
  /** What the hog got: a status, or how its connection ended; null: nothing until the end. */
  hog: string | null;
  hogMs: number | null;
}

const RETRY_MS = 50;

class Phase {
  readonly #latencies = new Latencies();
  answers = 0;
  errors = 0;

  answered(status: number, ms: number): void {
    this.#latencies.add(ms);
    if (status === 200) this.answers++;
    else this.errors++;
  }

  result(waitingMs: number): SteadyPhase {
    const { answers, errors } = this;
    const [p99Ms = 0] = this.#latencies.percentiles(0.99);
    return { answers, errors, p99Ms, longestMs: Math.max(this.#latencies.maxMs, waitingMs) };
  }
}

const spec = JSON.parse(process.argv[2] ?? "{}") as SteadySpec;
const request = requestBytes({ port: spec.port, method: "GET", path: spec.path, body: null });
let phase = new Phase();

class Client {
  sentMs = 0;
  #socket!: Socket;
  #reader!: AnswerReader;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#connect();
  }

  #connect(): void {
    this.#reader = new AnswerReader((answer) => this.#answered(answer));
    this.#socket = connect({ port: spec.port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#reader.push(chunk));
    this.#socket.on("error", () => {});
    this.#socket.once("close", () => this.#lost());
    this.#send();
  }

  #send(): void {
    this.sentMs ||= performance.now();
    this.#socket.write(request);
  }

  #answered({ status }: Answer): void {
    phase.answered(status, performance.now() - this.sentMs);
    this.sentMs = 0;
    this.#timer = setTimeout(() => this.#send(), spec.pauseMs);
  }

  /** A connection that breaks or does not come about is an error; until the next answer it is all one wait. */
  #lost(): void {
    phase.errors++;
    clearTimeout(this.#timer);
    this.sentMs ||= performance.now();
    this.#timer = setTimeout(() => this.#connect(), RETRY_MS);
  }
}

function hog(done: (how: string) => void): void {
  const socket = connect({ port: spec.port, host: "127.0.0.1" });
  const reader = new AnswerReader(({ status }) => done(String(status)));
  socket.on("data", (chunk: Buffer) => reader.push(chunk));
  socket.on("error", () => {});
  socket.on("close", () => done("connection closed"));
  socket.write(requestBytes({ port: spec.port, method: "GET", path: spec.hogPath, body: null }));
}

const clients = Array.from({ length: spec.clients }, () => new Client());
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

await pause(spec.quietSeconds);
const quiet = phase.result(0);
phase = new Phase();
const result: SteadyResult = { quiet, beside: quiet, hog: null, hogMs: null };
const beganMs = performance.now();
hog((how) => {
  result.hogMs ??= performance.now() - beganMs;
  result.hog ??= how;
});
await pause(spec.hogSeconds);
const nowMs = performance.now();
const waiting = clients.map(({ sentMs }) => (sentMs === 0 ? 0 : nowMs - sentMs));
result.beside = phase.result(Math.max(...waiting));
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit();
