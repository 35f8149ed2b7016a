import type { Handler } from "nea-gateway";

// Wakes up for ever and never answers.
export default {
  async fetch() {
    await new Promise(() => setInterval(() => {}, 5));
    return new Response("never");
  },
} satisfies Handler;
