import type { Handler } from "nea-gateway";

// A few lines each turn, for ever.
export default {
  async fetch() {
    setInterval(() => {
      for (let i = 0; i < 50; i++) console.error("x".repeat(4000));
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    return new Response("logged");
  },
} satisfies Handler;
