import type { Handler } from "nea-gateway";

// A few hundred at once.
export default {
  async fetch() {
    let fired = 0;
    for (let i = 0; i < 200; i++) setTimeout(() => fired++, i % 7);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return new Response(`${fired > 0}`);
  },
} satisfies Handler;
