import type { Handler } from "nea-gateway";

// Nobody awaits it: it is logged, and the request goes on.
export default {
  async fetch() {
    setTimeout(() => {
      throw new Error("in a timer");
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return new Response("still here");
  },
} satisfies Handler;
