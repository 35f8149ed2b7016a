import type { Handler } from "nea-gateway";

// Catches everything and goes on.
export default {
  fetch() {
    const kept: string[] = [];
    for (;;) {
      try {
        kept.push("x".repeat(10_000) + kept.length);
      } catch {
        kept.push("caught");
      }
    }
  },
} satisfies Handler;
