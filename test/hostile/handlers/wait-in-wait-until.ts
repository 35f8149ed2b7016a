import type { Handler } from "nea-gateway";

export default {
  fetch(_request, _env, ctx) {
    ctx.waitUntil(new Promise(() => setInterval(() => {}, 5)));
    return new Response("answered");
  },
} satisfies Handler;
