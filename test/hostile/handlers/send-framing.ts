import type { Handler } from "nea-gateway";

// The framing of a subrequest is the gateway's.
export default {
  async fetch(_request, _env, ctx) {
    const answer = await ctx.next("/upstream", {
      method: "POST",
      headers: { "content-length": "3", "transfer-encoding": "chunked", "connection": "x-secret, close" },
      body: "0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n",
    });
    return new Response(await answer.text());
  },
} satisfies Handler;
