import type { Handler } from "nea-gateway";

// There is no time for last words.
export default {
  fetch() {
    const kept: string[] = [];
    const fill = (): void => {
      try {
        for (;;) kept.push("x".repeat(10_000) + kept.length);
      } finally {
        fill();
      }
    };
    fill();
    return new Response("never");
  },
} satisfies Handler;
