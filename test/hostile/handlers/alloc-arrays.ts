import type { Handler } from "nea-gateway";

// Nested arrays, kept.
export default {
  fetch() {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(1000).fill(kept.length));
  },
} satisfies Handler;
