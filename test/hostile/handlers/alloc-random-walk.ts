import type { Handler } from "nea-gateway";

// Random sizes, some of them let go of: fragments the heap.
export default {
  fetch() {
    const kept: Uint8Array[] = [];
    for (;;) {
      kept.push(new Uint8Array(1 + Math.floor(Math.random() * 20_000)));
      if (kept.length % 3 === 0) kept.splice(Math.floor(Math.random() * kept.length), 1);
    }
  },
} satisfies Handler;
