import type { Handler } from "nea-gateway";

// Sorting a large array needs a copy of it.
export default {
  fetch() {
    const numbers = Array.from({ length: 120_000 }, (_, i) => (i * 7919) % 120_011);
    const kept: number[][] = [];
    for (;;) kept.push([...numbers].sort((a, b) => a - b));
  },
} satisfies Handler;
