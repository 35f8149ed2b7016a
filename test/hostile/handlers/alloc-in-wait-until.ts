import type { Handler } from "nea-gateway";

// Answers, and overflows afterwards.
export default {
  async fetch(_request, _env, ctx) {
    const kept: string[] = [];
    const later = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (;;) kept.push("x".repeat(10_000) + kept.length);
    };
    ctx.waitUntil(later());
    return new Response("answered");
  },
} satisfies Handler;
