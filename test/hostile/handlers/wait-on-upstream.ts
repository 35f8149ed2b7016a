import type { Handler } from "nea-gateway";

// The upstream never answers.
export default {
  async fetch(_request, _env, ctx) {
    return await ctx.next();
  },
} satisfies Handler;
