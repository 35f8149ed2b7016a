import type { Handler } from "nea-gateway";

/** Begins four answers and reads none. */
export default {
  async fetch(request, _env, ctx) {
    const kept = [];
    for (let i = 0; i < 4; i++) kept.push(await ctx.next(request.url));
    await new Promise((resolve) => setTimeout(resolve, 3_000_000));
    return kept[0]!;
  },
} satisfies Handler;
