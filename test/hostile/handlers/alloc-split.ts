import type { Handler } from "nea-gateway";

// A string into as many strings as it has characters, again and again.
export default {
  fetch() {
    const kept: string[][] = [];
    for (;;) kept.push("0123456789".repeat(1000).split(""));
  },
} satisfies Handler;
