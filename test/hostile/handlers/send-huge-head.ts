import type { Handler } from "nea-gateway";

export default {
  async fetch(_request, _env, ctx) {
    try {
      return await ctx.next("/upstream", { headers: { "x-huge": "v".repeat(200_000) } });
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
