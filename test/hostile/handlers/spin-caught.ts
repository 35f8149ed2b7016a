import type { Handler } from "nea-gateway";

// Catches everything and goes on.
export default {
  fetch() {
    for (;;) {
      try {
        (undefined as unknown as () => void)();
      } catch {
        continue;
      }
    }
  },
} satisfies Handler;
