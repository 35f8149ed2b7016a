/**
 * The log: pino, JSON lines on standard output, written asynchronously. Owner: the process. Bound: pino's buffer
 * (LOG_BUFFER_BYTES); while standard output does not take lines fast enough, further ones are dropped and counted.
 */
import { type Logger, destination, pino } from "pino";
import { LOG_BUFFER_BYTES } from "../limits.ts";

export { LOG_BUFFER_BYTES } from "../limits.ts";

export type { Logger } from "pino";

/** Lines are gathered up to this size before a write, which takes 16 KiB at most, and some thirty of them... */
const WRITE_BYTES = 12_288;
/** ...but no longer than this. */
const FLUSH_MS = 200;

export interface Log {
  readonly logger: Logger;
  /** Lines that standard output did not take in time. */
  readonly dropped: number;
  /** Writes what waits, synchronously: for the end of the process. */
  flush(): void;
}

export function openLog(level: string, fd = 1): Log {
  const stream = destination({ fd, sync: false, minLength: WRITE_BYTES, maxLength: LOG_BUFFER_BYTES });
  let dropped = 0;
  let waitingBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  stream.on("drop", (line: string) => {
    dropped++;
    waitingBytes -= Buffer.byteLength(line);
  });
  stream.on("write", (bytes: number) => (waitingBytes -= bytes));
  // A closed pipe must not end the gateway: it serves on without a log.
  stream.on("error", () => {});
  // Only while lines wait: a flush of nothing is a write as well, on a thread of libuv's.
  const flush = (): void => {
    if (waitingBytes > 0) return stream.flush();
    clearInterval(timer);
    timer = undefined;
  };
  const gathered = {
    write(line: string): void {
      waitingBytes += Buffer.byteLength(line);
      timer ??= setInterval(flush, FLUSH_MS).unref();
      stream.write(line);
    },
    flushSync: () => stream.flushSync(),
  };
  const logger = pino({ level, base: null, timestamp: isoTime }, gathered);
  return {
    logger,
    get dropped() {
      return dropped;
    },
    flush() {
      try {
        stream.flushSync();
      } catch {
        // Not open yet, or closed: there is nobody to tell.
      }
    },
  };
}

let toldMs = 0;
let told = "";

/** pino's time stamp in ISO 8601; under load many lines share a millisecond, and the text is made once for all of them. */
function isoTime(): string {
  const nowMs = Date.now();
  if (nowMs !== toldMs) told = `,"time":"${new Date(nowMs).toISOString()}"`;
  toldMs = nowMs;
  return told;
}
