/** Random bytes from the system's generator, fetched 4 KiB at a time: eight bytes per request must cost next to nothing. */
import { randomFillSync } from "node:crypto";

const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/** Overwrites eight bytes at `address` with random ones, each handed out once. */
export function putRandomWord(target: Uint8Array, address: number): void {
  if (used === POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  for (let i = 0; i < 8; i++) {
    target[address + i] = pool[used]!;
    pool[used++] = 0;
  }
}
