/**
 * The built-in load client: `node http-load.ts SPEC` (LoadSpec as JSON); prints a LoadResult. Each connection has one
 * request under way, as with wrk. A connection that breaks is counted and opened again.
 */
import { type Socket, connect } from "node:net";
import { type Answer, AnswerReader } from "./answer-reader.ts";
import { Latencies } from "./latencies.ts";
import type { LoadSpec } from "./load.ts";
import { requestBytes } from "./request-bytes.ts";

const READ_BYTES = 64 * 1024;

const spec = JSON.parse(process.argv[2] ?? "{}") as LoadSpec;
const request = requestBytes(spec);
const latencies = new Latencies();
const startMs = performance.now();
const endMs = startMs + spec.seconds * 1000;
const counts = { requests: 0, errors: 0, bytes: 0 };
let open = spec.connections;

class Client {
  #reader!: AnswerReader;
  #socket!: Socket;
  #sentMs = 0;

  constructor() {
    this.#connect();
  }

  #connect(): void {
    this.#reader = new AnswerReader((answer) => this.#answered(answer));
    const onread = {
      buffer: Buffer.alloc(READ_BYTES),
      callback: (bytes: number, buffer: Uint8Array) => this.#read(buffer as Buffer, bytes),
    };
    this.#socket = connect({ port: spec.port, host: "127.0.0.1", noDelay: true, onread });
    this.#socket.on("error", () => {});
    this.#socket.once("close", () => this.#closed());
    this.#send();
  }

  #send(): void {
    this.#sentMs = performance.now();
    this.#socket.write(request);
  }

  #read(buffer: Buffer, bytes: number): boolean {
    counts.bytes += bytes;
    try {
      this.#reader.push(buffer.subarray(0, bytes));
    } catch {
      this.#socket.destroy();
    }
    return true;
  }

  #answered({ status, headers }: Answer): void {
    const nowMs = performance.now();
    latencies.add(nowMs - this.#sentMs);
    if (status >= 200 && status < 300) counts.requests++;
    else counts.errors++;
    this.#sentMs = 0;
    if (nowMs >= endMs || headers["connection"] === "close") this.#socket.destroy();
    else this.#send();
  }

  #closed(): void {
    if (performance.now() < endMs) {
      if (this.#sentMs !== 0) counts.errors++;
      return void setTimeout(() => this.#connect(), 1);
    }
    if (--open === 0) report();
  }
}

function report(): void {
  const seconds = (performance.now() - startMs) / 1000;
  const [p50Ms, p99Ms] = latencies.percentiles(0.5, 0.99);
  process.stdout.write(`${JSON.stringify({ ...counts, seconds, p50Ms, p99Ms, maxMs: latencies.maxMs })}\n`);
  process.exit();
}

for (let i = 0; i < spec.connections; i++) new Client();
// What has not been answered by then is not waited for.
setTimeout(report, spec.seconds * 1000 + 500);
