import type { Handler } from "nea-gateway";

export default {
  async fetch(_request, _env, ctx) {
    try {
      return await ctx.next("/upstream", { method: "GET /smuggled HTTP/1.1\r\nx:" });
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
