import type { Handler } from "nea-gateway";

// Smuggles a second request into the subrequest.
export default {
  async fetch(_request, _env, ctx) {
    try {
      return await ctx.next("/upstream", {
        headers: { "x-a": "b\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x" },
      });
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
