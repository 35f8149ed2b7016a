import type { Handler } from "nea-gateway";

export default {
  async fetch(_request, _env, ctx) {
    const answer = await ctx.next("/a b\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n");
    return new Response(`${answer.status}`);
  },
} satisfies Handler;
