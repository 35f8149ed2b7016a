import type { Handler } from "nea-gateway";

interface Env {
  /** How many of 100 new visitors see variant B. */
  PERCENT_B: string;
}

// Half of the visitors see variant A, half see B, and everybody sees the same one again: a cookie remembers it. The app
// behind hears which one it is in x-variant.
export default {
  async fetch(request, env, ctx) {
    const remembered = /(?:^|;\s*)variant=([AB])(?:;|$)/.exec(request.headers.get("cookie") ?? "")?.[1];
    const variant = remembered ?? (Math.random() * 100 < Number(env.PERCENT_B) ? "B" : "A");
    const headers = new Headers(request.headers);
    headers.set("x-variant", variant);
    const response = await ctx.next(new Request(request, { headers }));
    response.headers.append("vary", "cookie");
    if (!remembered) {
      response.headers.append(
        "set-cookie",
        `variant=${variant}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax`,
      );
    }
    return response;
  },
} satisfies Handler<Env>;
