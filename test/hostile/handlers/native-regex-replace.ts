import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const text = "a".repeat(100_000);
    for (;;) text.replace(/a(?=a*b)/g, "c");
  },
} satisfies Handler;
