import type { Handler } from "nea-gateway";

export default {
  fetch(_request, _env, ctx) {
    for (let i = 0; i < 10_000; i++) ctx.waitUntil(Promise.resolve(i));
    return new Response("answered");
  },
} satisfies Handler;
