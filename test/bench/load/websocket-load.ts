/**
 * Messages over WebSockets: `node websocket-load.ts SPEC` (LoadSpec as JSON, `requests` being messages that came back);
 * each connection has one message under way. Prints a LoadResult.
 */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { Latencies } from "./latencies.ts";
import type { LoadSpec } from "./load.ts";
import { clientFrame, echoBytes } from "./websocket-frames.ts";

const PAYLOAD_BYTES = 64;

const spec = JSON.parse(process.argv[2] ?? "{}") as LoadSpec;
const frame = clientFrame(Buffer.alloc(PAYLOAD_BYTES, "m"), randomBytes(4));
const latencies = new Latencies();
const startMs = performance.now();
const endMs = startMs + spec.seconds * 1000;
const counts = { requests: 0, errors: 0, bytes: 0 };

const HANDSHAKE = [
  `GET ${spec.path} HTTP/1.1`,
  `host: 127.0.0.1:${spec.port}`,
  "connection: Upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  `sec-websocket-key: ${randomBytes(16).toString("base64")}`,
  "",
  "",
].join("\r\n");

function run(): void {
  const socket = connect({ port: spec.port, host: "127.0.0.1", noDelay: true });
  let upgraded = false;
  let head = "";
  let missing = 0;
  let sentMs = 0;
  const send = (): void => {
    sentMs = performance.now();
    missing = echoBytes(PAYLOAD_BYTES);
    socket.write(frame);
  };
  const arrive = (bytes: number): void => {
    counts.bytes += bytes;
    missing -= bytes;
    if (missing > 0) return;
    counts.requests++;
    latencies.add(performance.now() - sentMs);
    send();
  };
  const shake = (chunk: Buffer): void => {
    head += chunk.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    upgraded = head.startsWith("HTTP/1.1 101");
    if (upgraded) send();
    else socket.destroy();
  };
  socket.on("data", (chunk: Buffer) => (upgraded ? arrive(chunk.length) : shake(chunk)));
  socket.on("error", () => {});
  socket.on("close", () => counts.errors++);
  socket.write(HANDSHAKE);
}

function report(): void {
  const seconds = (performance.now() - startMs) / 1000;
  const [p50Ms, p99Ms] = latencies.percentiles(0.5, 0.99);
  process.stdout.write(`${JSON.stringify({ ...counts, seconds, p50Ms, p99Ms, maxMs: latencies.maxMs })}\n`);
  process.exit();
}

for (let i = 0; i < spec.connections; i++) run();
setTimeout(report, endMs - startMs);
