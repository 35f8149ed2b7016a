// Waits in every way there is (timers, its upstream, the request's body), and gives an answer that proves it lost nothing.
import type { Handler } from "nea-gateway";

let turns = 0;

export default {
  async fetch(request, _env, ctx) {
    const { searchParams } = new URL(request.url);
    const name = searchParams.get("name");
    const heard: string[] = [];
    if (request.method === "POST") heard.push(`${(await request.text()).length} bytes`);
    for (let i = 0; i < Number(searchParams.get("timers")); i++) {
      await new Promise((resolve) => setTimeout(resolve, 3));
      turns++;
    }
    heard.push(`${turns} timers`);
    for (let i = 0; i < Number(searchParams.get("calls")); i++) {
      heard.push(await (await ctx.next(`/upstream/${name}/${i}`)).text());
    }
    return new Response(`${name}: ${heard.join(", ")}`);
  },
} satisfies Handler;
