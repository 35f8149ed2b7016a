import type { Handler } from "nea-gateway";

// Spins while the platform describes what was thrown.
export default {
  fetch() {
    throw Object.defineProperty(new Error("slow"), "message", {
      get() {
        for (;;);
      },
    });
  },
} satisfies Handler;
