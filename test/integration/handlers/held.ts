// Waits for its upstream, reading the request's body first if it is asked to.
import type { Handler } from "nea-gateway";

export default {
  async fetch(request, _env, ctx) {
    const body = request.method === "POST" ? await request.text() : "";
    const answer = await ctx.next("/held", { method: "GET" });
    return new Response(`${body}${await answer.text()}`);
  },
} satisfies Handler;
