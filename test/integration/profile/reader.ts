// Reads the request's body, and fails if it is asked to.
import type { Handler } from "nea-gateway";

export default {
  async fetch(request) {
    const body = await request.text();
    const who = request.headers.get("authorization");
    if (request.url.includes("fail=1")) throw new Error(`failed on ${body.slice(0, 20)} for ${who}`);
    return new Response("fine");
  },
} satisfies Handler;
