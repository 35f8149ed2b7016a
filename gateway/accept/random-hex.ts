// Random hex digits, cut from a pool that is filled in one system call. Asking the kernel for eight bytes per
// request costs more than the rest of the identifier. Bound: one pool of 4 KiB for the process.
import { randomFillSync } from "node:crypto";

const pool = Buffer.alloc(4096);
let offset = pool.length;

/** `bytes` random bytes as lower-case hex; unpredictable, so safe to show to clients. */
export function randomHex(bytes: number): string {
  if (offset + bytes > pool.length) {
    randomFillSync(pool);
    offset = 0;
  }
  const start = offset;
  offset += bytes;
  return pool.toString("hex", start, offset);
}
