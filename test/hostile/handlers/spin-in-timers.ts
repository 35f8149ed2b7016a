import type { Handler } from "nea-gateway";

// Every timer uses a little; together they use too much.
export default {
  async fetch() {
    setInterval(() => {
      const endMs = performance.now() + 10;
      while (performance.now() < endMs);
    }, 1);
    await new Promise(() => {});
    return new Response("never");
  },
} satisfies Handler;
