import type { Handler } from "nea-gateway";

// Fails, and tries again at once: every failure is an event that wakes it.
export default {
  async fetch() {
    for (;;) await fetch("http://undeclared.invalid/").catch(() => {});
  },
} satisfies Handler;
