import type { Handler } from "nea-gateway";

export default {
  async fetch(_request, _env, ctx) {
    return ctx.next("/upstream", { headers: { "x-huge": "v".repeat(200_000) } });
  },
} satisfies Handler;
