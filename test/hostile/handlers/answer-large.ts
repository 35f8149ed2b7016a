import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return new Response("x".repeat(700_000));
  },
} satisfies Handler;
