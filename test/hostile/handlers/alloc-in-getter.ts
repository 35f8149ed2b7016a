import type { Handler } from "nea-gateway";

// Overflows while the platform reads a property of the answer's init.
export default {
  fetch() {
    const init = {
      get status(): number {
        const kept: string[] = [];
        for (;;) kept.push("x".repeat(10_000) + kept.length);
      },
    };
    return new Response("x", init);
  },
} satisfies Handler;
