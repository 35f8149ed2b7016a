import type { Handler } from "nea-gateway";

// One string larger than any arena.
export default {
  fetch() {
    return new Response("x".repeat(200_000_000));
  },
} satisfies Handler;
