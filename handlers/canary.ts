import type { Fetcher, Handler } from "nea-gateway";

interface Env {
  /** The new version; the route's upstream is the one that everybody knows. */
  CANARY: Fetcher;
  /** How many of 100 users get the new version. */
  PERCENT: string;
}

// The new version for who asks for it (x-canary: always or never) and for a part of the users: always the same ones,
// because who belongs to it follows from the user's id. When the new version fails, the old one answers.
export default {
  async fetch(request, env, ctx) {
    const wish = request.headers.get("x-canary");
    const user = request.headers.get("x-user") ?? "";
    const chosen = wish ? wish === "always" : user !== "" && bucketOf(user) < Number(env.PERCENT);
    // A body can be sent once: a request with one has no second try.
    if (!chosen || request.body) return chosen ? env.CANARY.fetch(request) : ctx.next();
    try {
      const response = await env.CANARY.fetch(request);
      if (response.status < 500) return response;
      console.warn("the canary answered", response.status, request.url);
    } catch (error) {
      console.warn("the canary failed", error);
    }
    return ctx.next();
  },
} satisfies Handler<Env>;

/** 0 to 99, FNV-1a (RFC 9923). */
function bucketOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % 100;
}
