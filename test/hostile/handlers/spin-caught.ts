import type { Handler } from "nea-gateway";

// Catches everything and goes on.
export default {
  fetch() {
    for (;;) {
      try {
        null!.length;
      } catch {
        continue;
      }
    }
  },
} satisfies Handler;
