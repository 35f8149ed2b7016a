import type { Handler } from "nea-gateway";

// Overflows while the platform turns a thrown value into text.
export default {
  fetch() {
    const bomb = {
      toString(): string {
        const kept: string[] = [];
        for (;;) kept.push("x".repeat(10_000) + kept.length);
      },
    };
    console.log(bomb, `${bomb}`);
    return new Response("never");
  },
} satisfies Handler;
