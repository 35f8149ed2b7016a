import type { Handler } from "nea-gateway";

// Functions that hold on to what they were made in.
export default {
  fetch() {
    const kept: (() => number[])[] = [];
    for (;;) {
      const held = new Array(100).fill(kept.length);
      kept.push(() => held);
    }
  },
} satisfies Handler;
