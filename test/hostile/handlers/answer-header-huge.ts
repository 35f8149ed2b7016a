import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return new Response("x", { headers: { "x-huge": "v".repeat(500_000) } });
  },
} satisfies Handler;
