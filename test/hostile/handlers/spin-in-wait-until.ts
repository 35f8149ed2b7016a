import type { Handler } from "nea-gateway";

// Answers, and spins afterwards.
export default {
  async fetch(_request, _env, ctx) {
    const later = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (;;);
    };
    ctx.waitUntil(later());
    return new Response("answered");
  },
} satisfies Handler;
